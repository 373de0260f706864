/** Threads that do nothing but compute: what a machine is like on which others work too. */
import { Worker } from 'node:worker_threads';

/** However the test ends, they are gone after this. */
const busyMsMax = 60_000;

/** Returns the function that ends it. */
export async function busyMachine(threads: number): Promise<() => Promise<void>> {
  const source = `const { parentPort } = require('node:worker_threads');
    parentPort.postMessage('busy');
    const endMs = performance.now() + ${busyMsMax};
    while (performance.now() < endMs);`;
  const workers = Array.from({ length: threads }, () => new Worker(source, { eval: true }));
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
  return async () => {
    await Promise.all(workers.map((worker) => worker.terminate()));
  };
}
