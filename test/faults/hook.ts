/**
 * A node whose workers fail on order, by hand: each line of the standard input names a worker and a fault.
 *
 *   node dist/test/faults/hook.js HOME
 *   session throw        workers: files broadcast discovery session transport history
 *   history exit         faults: handler throw reject exit loop heap off-heap
 *
 * Prints the log of the node.
 */
import { createInterface } from 'node:readline';
import { startNode } from '../../src/node/root.js';
import { allWorkers } from '../support/fault-rounds.js';
import { allFaults, faultyWorkers } from '../support/faulty/order.js';

const [home] = process.argv.slice(2);
if (home === undefined) {
  process.stderr.write('hook: give the folder of a home\n');
  process.exit(2);
}
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const workers = faultyWorkers();
const started = await startNode(
  { home, log: (level, event, fields) => say(`${level} ${event} ${JSON.stringify(fields)}`) },
  workers.entries,
);
if (started.isErr()) {
  say(JSON.stringify(started.error));
  process.exit(1);
}
say('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [name, failure] = line.trim().split(/\s+/u);
  const worker = allWorkers.find((each) => each === name);
  const fault = allFaults.find((each) => each === failure);
  if (worker === undefined || fault === undefined)
    say(`give a worker of ${allWorkers.join(', ')} and a fault of ${allFaults.join(', ')}`);
  else workers.fail(worker, fault);
}
workers.close();
await started.value.close();
