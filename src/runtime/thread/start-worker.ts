/** Starts a worker as its placement says. */
import { Worker } from 'node:worker_threads';
import type { ThreadPlacement } from '../actor.js';
import type { ThreadStart } from './thread.js';

/** Throws when Node refuses the entry or an option. */
export function startWorker(name: string, placement: ThreadPlacement, birth: ThreadStart): Worker {
  const { entry, env, execArgv, resourceLimits, stdout } = placement;
  if (entry === undefined) throw new Error(`the thread ${name} has no entry`);
  const worker = new Worker(entry, {
    name,
    // A worker does not see the parameters of its URL.
    workerData: { ...birth, module: entry.searchParams.get('module') },
    transferList: [birth.control, birth.events],
    resourceLimits: {
      maxOldGenerationSizeMb: birth.limits.workerHeapMbMax,
      maxYoungGenerationSizeMb: birth.limits.workerYoungHeapMbMax,
      ...resourceLimits,
    },
    ...(env === undefined ? {} : { env: { ...env } }),
    ...(execArgv === undefined ? {} : { execArgv: [...execArgv] }),
    ...(stdout === undefined ? {} : { stdout: true }),
  });
  stdout?.(worker.stdout);
  return worker;
}
