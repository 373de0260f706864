/**
 * Stateless CPU work on a pool of threads. The only importer of piscina. Its queue is bounded, and its faults are
 * values. Work with state belongs to an actor.
 */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Transferable } from 'node:worker_threads';
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import { Piscina } from 'piscina';
import type { RuntimeError } from './errors.js';
import { runtime as limits } from './limits.js';

/** The manifest of a pool: name → task and result, both plain data. Each name is an exported function of its entry. */
export type Jobs = { readonly [name: string]: { readonly task: unknown; readonly result: unknown } };

/** Arguments of a pool. */
export interface PoolOptions {
  /** Module whose named exports do the jobs. */
  readonly entry: URL;
  /** Default: as many as the machine runs at once. */
  readonly threadsMax?: number;
  /** Tasks that may wait for a thread. Default: `poolQueuePerThreadMax` for each thread. */
  readonly queueMax?: number;
}

/** A pool of threads for the jobs `J`. */
export interface Pool<J extends Jobs> {
  /**
   * Errors: `runtime/pool-full` (nothing was queued), `runtime/deadline` (the thread that worked on it was replaced),
   * `runtime/failed` (it threw, its thread died, or the pool is closed).
   */
  run<N extends keyof J & string>(
    name: N,
    task: J[N]['task'],
    options?: { readonly deadlineMs?: number; readonly transfer?: readonly Transferable[] },
  ): ResultAsync<J[N]['result'], RuntimeError>;
  stats(): { readonly threads: number; readonly waiting: number; readonly done: number };
  /** Ends the threads; waiting and running tasks fail. */
  close(): Promise<void>;
}

/** Creates a pool, whose threads start with the first task. */
export function createPool<J extends Jobs>(options: PoolOptions): Pool<J> {
  const threadsMax = options.threadsMax ?? availableParallelism();
  const queueMax = options.queueMax ?? threadsMax * limits.poolQueuePerThreadMax;
  const piscina = new Piscina({
    filename: fileURLToPath(options.entry),
    minThreads: 0,
    maxThreads: threadsMax,
    idleTimeout: limits.threadIdleMs,
    maxQueue: Infinity,
    // Waiting by `Atomics.wait` saves microseconds and keeps a thread from everything else it has to do.
    atomics: 'disabled',
  });
  let openTasks = 0;
  let isClosed = false;

  const work = async (
    name: string,
    task: unknown,
    deadlineMs: number,
    transfer: readonly Transferable[],
  ): Promise<Result<never, RuntimeError>> => {
    if (isClosed) return err({ code: 'runtime/failed', what: name, detail: 'the pool is closed' });
    if (openTasks >= threadsMax + queueMax) return err({ code: 'runtime/pool-full', limit: queueMax });
    openTasks += 1;
    const signal = AbortSignal.timeout(deadlineMs);
    try {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- piscina's list of transferables is a narrower type
      const transferList = [...transfer] as never[];
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the manifest says what the entry's function returns
      return ok((await piscina.run(task, { name, signal, transferList })) as never);
    } catch (error) {
      if (signal.aborted) return err({ code: 'runtime/deadline', actor: 'pool', name, deadlineMs });
      const detail = error instanceof Error ? error.message : String(error);
      return err({ code: 'runtime/failed', what: name, detail });
    } finally {
      openTasks -= 1;
    }
  };

  return {
    run: (name, task, { deadlineMs = limits.callDeadlineMs, transfer = [] } = {}) =>
      new ResultAsync(work(name, task, deadlineMs, transfer)),
    stats: () => ({
      threads: piscina.threads.length,
      waiting: piscina.queueSize,
      done: piscina.completed,
    }),
    async close() {
      isClosed = true;
      await piscina.destroy();
    },
  };
}
