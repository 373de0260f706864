/**
 * CPU work that would hold up the node's thread for tens of milliseconds, done on a pool of threads that exists only
 * while it is needed.
 */
import { ResultAsync } from 'neverthrow';
import type { RuntimeError } from '../runtime/errors.js';
import type { Pool } from '../runtime/pool.js';

/** What `workers/jobs.ts` does. */
export type JobNames = {
  readonly safetyNumber: { readonly task: SafetyTask; readonly result: string };
  readonly ownSafetyCode: { readonly task: { readonly own: Uint8Array }; readonly result: string };
};

export interface SafetyTask {
  readonly own: Uint8Array;
  readonly other: Uint8Array;
}

export interface Jobs {
  /** Sixty digits in groups of five, the same on both sides. Errors: `runtime/…`. */
  safetyNumber(own: Uint8Array, other: Uint8Array): ResultAsync<string, RuntimeError>;
  /** Our thirty digits of every such number. */
  ownSafetyCode(own: Uint8Array): ResultAsync<string, RuntimeError>;
  close(): Promise<void>;
}

export function openJobs(entry: URL): Jobs {
  let pool: Promise<Pool<JobNames>> | null = null;
  // Loaded with the first job: most runs of the program have none, and start the sooner for it.
  const opened = (): Promise<Pool<JobNames>> =>
    (pool ??= import('../runtime/pool.js').then(({ createPool }) =>
      createPool<JobNames>({ entry, threadsMax: 1 }),
    ));
  return {
    safetyNumber: (own, other) =>
      ResultAsync.fromSafePromise(opened()).andThen((jobs) => jobs.run('safetyNumber', { own, other })),
    ownSafetyCode: (own) =>
      ResultAsync.fromSafePromise(opened()).andThen((jobs) => jobs.run('ownSafetyCode', { own })),
    async close() {
      await (await pool)?.close();
    },
  };
}
