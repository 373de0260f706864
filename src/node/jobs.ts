/**
 * Jobs: CPU work that would block the node's thread for tens of milliseconds. A pool of threads, which exists only
 * while it is needed, runs them.
 */
import { ResultAsync } from 'neverthrow';
import type { RuntimeError } from '../runtime/errors.js';
import type { Pool } from '../runtime/pool.js';

/** The functions of `workers/jobs.ts`. */
export type JobNames = {
  readonly safetyNumber: { readonly task: SafetyTask; readonly result: string };
};

/** The identity keys of a pair, 32 bytes each. */
export interface SafetyTask {
  readonly own: Uint8Array;
  readonly other: Uint8Array;
}

/** The jobs of a node. */
export interface Jobs {
  /**
   * Computes the safety number of a pair: sixty digits in groups of five, equal on both sides. Errors: `runtime/…`.
   */
  safetyNumber(own: Uint8Array, other: Uint8Array): ResultAsync<string, RuntimeError>;
  close(): Promise<void>;
}

/** Prepares the pool, whose threads start with the first job. `entry`: the code of the worker. */
export function openJobs(entry: URL): Jobs {
  let pool: Promise<Pool<JobNames>> | null = null;
  // The pool is loaded with the first job: most runs need none, and start sooner without it.
  const opened = (): Promise<Pool<JobNames>> =>
    (pool ??= import('../runtime/pool.js').then(({ createPool }) =>
      createPool<JobNames>({ entry, threadsMax: 1 }),
    ));
  return {
    safetyNumber: (own, other) =>
      ResultAsync.fromSafePromise(opened()).andThen((jobs) => jobs.run('safetyNumber', { own, other })),
    async close() {
      await (await pool)?.close();
    },
  };
}
