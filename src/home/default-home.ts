/** Which home a command means: `--home`, else `PARLANCE_HOME`, else the platform's data directory. */
import { resolve } from 'node:path';

/** Returns the directory of the home. */
export async function homeOf(
  flag: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const wanted = flag ?? env['PARLANCE_HOME'];
  if (wanted !== undefined && wanted !== '') return resolve(wanted);
  const { default: envPaths } = await import('env-paths');
  return envPaths('parlance', { suffix: '' }).data;
}
