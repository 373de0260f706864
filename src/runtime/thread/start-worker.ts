/** Starts a worker as its placement says. */
import { Worker } from 'node:worker_threads';
import type { ThreadPlacement } from '../actor.js';
import type { ThreadBirth } from './thread.js';

/** Throws when Node refuses the entry or an option. */
export function startWorker(name: string, placement: ThreadPlacement, birth: ThreadBirth): Worker {
  const { entry, env, execArgv, resourceLimits, stdout } = placement;
  const worker = new Worker(entry, {
    name,
    workerData: birth,
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
