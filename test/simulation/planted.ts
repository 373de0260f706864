/**
 * Shows that the simulation bites: plants each fault of `planted/` into a copy of the sources, builds the copy, and runs
 * the histories there. Exit code 1 if a planted fault is not found within a minute of CPU.
 * Run with `npm run simulate:planted`, or for one patch with `-- PART` of its name; needs git.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../house/sources.js';
import { childrenCpuMs } from '../support/children-cpu.js';

const patches = join(root, 'test/simulation/planted');
/** CPU time, of which a busy machine gives less than the clock shows. */
const cpuMsMax = 60_000;
const deadlineMs = 8 * cpuMsMax;

/** The names of the planted faults. */
export const planted: readonly string[] = readdirSync(patches).toSorted();

/** Whether the histories fail in a copy with the fault within a minute of CPU, and after which time. */
export function find(patch: string): { readonly isFound: boolean; readonly tookMs: number } {
  const copy = mkdtempSync(join(tmpdir(), 'parlance-planted-'));
  try {
    for (const name of ['src', 'workers', 'test', 'bench', 'tsconfig.json', 'package.json'])
      cpSync(join(root, name), join(copy, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    const run = (command: string, args: readonly string[], timeout?: number) =>
      spawnSync(command, args, {
        cwd: copy,
        encoding: 'utf8',
        env: { ...process.env, PARLANCE_PLANTED: '1' },
        ...(timeout === undefined ? {} : { timeout }),
      });
    const applied = run('git', ['apply', join(patches, patch)]);
    if (applied.status !== 0) throw new Error(`${patch} does not fit the sources: ${applied.stderr}`);
    const built = run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.']);
    if (built.status !== 0) throw new Error(`${patch} does not compile: ${built.stdout}`);
    const startedMs = childrenCpuMs();
    const { status, stdout } = run(
      process.execPath,
      ['dist/test/run.js', 'simulation/histories'],
      deadlineMs,
    );
    const tookMs = childrenCpuMs() - startedMs;
    return { isFound: status === 1 && /\([IB]\d\)/.test(stdout) && tookMs <= cpuMsMax, tookMs };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function main([part = '']: readonly string[]): void {
  for (const patch of planted.filter((name) => name.includes(part))) {
    const { isFound, tookMs } = find(patch);
    process.stdout.write(
      `${patch}: ${isFound ? 'found' : 'NOT FOUND'} after ${(tookMs / 1_000).toFixed(1)} s of CPU\n`,
    );
    if (!isFound) process.exitCode = 1;
  }
}

if (process.argv[1] === import.meta.filename) main(process.argv.slice(2));
