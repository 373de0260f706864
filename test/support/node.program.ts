/** The script of a node process, started by `spawnNode`: says what happens as lines of JSON and takes orders. */
import { createInterface } from 'node:readline';
import { serve, type NodeOrder, type Said, type SpawnOptions } from './node-process.js';

/** One write per line: what was said before a kill was said whole. */
const print = (said: Said): void => void process.stdout.write(`${JSON.stringify(said)}\n`);

const served = await serve(JSON.parse(process.argv[2] ?? '{}') as SpawnOptions, print);
if (served === null) {
  process.exitCode = 1;
  process.stdin.destroy();
} else {
  process.on('SIGTERM', () => void served.node.close().then(() => process.exit(0)));
  createInterface({ input: process.stdin }).on('line', (line) => served.obey(JSON.parse(line) as NodeOrder));
}
