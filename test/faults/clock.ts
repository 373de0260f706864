/**
 * The program with a wall clock that jumps: as many ms as stand in a file, now and whenever the file changes.
 *
 *   echo -86400000 > offset; node dist/test/faults/clock.js offset serve --home /tmp/home
 *
 * The monotonic clock is left alone, in every thread.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve, join } from 'node:path';
import { mainFile } from '../support/program.js';

const [file = '', ...args] = process.argv.slice(2);
if (file === '' || args.length === 0) {
  process.stderr.write('clock: give a file with an offset in ms, and the arguments of the program\n');
  process.exit(2);
}
const shifted = join(import.meta.dirname, '..', 'support', 'shifted-clock.js');
const child = spawn(process.execPath, ['--import', shifted, mainFile, ...args], {
  stdio: 'inherit',
  env: { ...process.env, SHIFTED_CLOCK_FILE: resolve(file) },
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void child.kill(signal));
const [code] = (await once(child, 'close')) as [number | null];
process.exitCode = code ?? 143;
