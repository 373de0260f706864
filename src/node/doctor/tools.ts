/** Runs a tool of the system: an argv array without a shell, bounded in time and output. */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { doctor } from '../../chat/doctor/limits.js';
import { doctorShell as limits } from './limits.js';

/** The outcome of a tool. */
export type Ran =
  | { readonly state: 'done'; readonly text: string }
  | { readonly state: 'missing' }
  /** The tool did not run, since only an administrator may run it. */
  | { readonly state: 'denied' }
  | { readonly state: 'failed'; readonly reason: string };

/** Runs a tool by name. Tools for administrators are searched in `/usr/sbin` and `/sbin`, too. */
export async function runTool(name: string, args: readonly string[]): Promise<Ran> {
  const file = await find(name);
  if (file === null) return { state: 'missing' };
  return new Promise((resolve) => {
    const options = {
      timeout: limits.toolMs,
      killSignal: 'SIGKILL',
      maxBuffer: doctor.outputBytesMax,
      windowsHide: true,
      env: { ...process.env, LC_ALL: 'C', LANG: 'C' },
    } as const;
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve({ state: 'done', text: stdout });
      const words = `${stderr} ${stdout}`.trim();
      if (
        /permission denied|not permitted|must be root|need to be root|authorization failed|EACCES/i.test(
          words,
        )
      )
        return resolve({ state: 'denied' });
      const [line = ''] = words.split('\n');
      const late = error.killed === true ? `it did not end within ${limits.toolMs / 1_000} s` : '';
      resolve({ state: 'failed', reason: late || line.slice(0, limits.reasonCharsMax) || error.message });
    });
  });
}

async function find(name: string): Promise<string | null> {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  for (const directory of directories) {
    if (directory === '') continue;
    for (const suffix of process.platform === 'win32' ? ['.exe'] : ['']) {
      const file = join(directory, `${name}${suffix}`);
      const isThere = await access(file, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (isThere) return file;
    }
  }
  return null;
}
