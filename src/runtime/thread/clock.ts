/**
 * Reads from outside what a thread did with its time, also while the thread is in an endless loop: from /proc on Linux,
 * by `worker.cpuUsage` where Node has it (24.6 and later), otherwise not at all.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { runtime as limits } from '../limits.js';
import type { ThreadTimes } from './patience.js';

/** USER_HZ, which is 100 on every Linux that Node runs on. */
const msPerTick = 10;
const nsPerMs = 1e6;
const usPerMs = 1e3;

/** Number by which the system knows the calling thread; 0 where it does not tell. */
export function ownThreadId(): number {
  try {
    return Number(/\/task\/(\d+)$/.exec(readlinkSync('/proc/thread-self'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** The times of a thread that the system reports; `idleMs` comes from Node. */
export type SystemTimes = Omit<ThreadTimes, 'idleMs'>;

/**
 * `stat` and `schedstat` as in /proc/PID/task/TID; `schedstat` is empty where the kernel has none. Null when `stat` is
 * not of this form.
 */
export function parseProc(stat: string, schedstat: string): SystemTimes | null {
  // The second field, a name in parentheses, may itself contain blanks and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = '', userTicks, systemTicks] = [fields[0], fields[11], fields[12]];
  if (userTicks === undefined || systemTicks === undefined) return null;
  const [ranNs, waitedNs] = schedstat.split(' ');
  const isExact = ranNs !== undefined && waitedNs !== undefined;
  return {
    ranMs: isExact ? Number(ranNs) / nsPerMs : (Number(userTicks) + Number(systemTicks)) * msPerTick,
    waitedMs: isExact ? Number(waitedNs) / nsPerMs : 0,
    // R: runs or is ready to; D: waits for a disk.
    isHeldUp: state === 'R' || state === 'D',
  };
}

/** The part of a `Worker` that is read; `cpuUsage` is missing in older Nodes and in their types. */
export interface Measured {
  readonly performance: { eventLoopUtilization(): { readonly idle: number } };
  readonly cpuUsage?: () => Promise<unknown>;
}

/** The clock of one thread. */
export class ThreadClock {
  readonly #worker: Measured;
  readonly #threadId: () => number;
  #latest: ThreadTimes | null = null;
  #readAtMs = -Infinity;
  #isAsking = false;

  /** `threadId`: what `ownThreadId` says in that thread; 0 until it is known. */
  constructor(worker: Measured, threadId: () => number) {
    this.#worker = worker;
    this.#threadId = threadId;
  }

  /** The latest times; null while nothing tells them. */
  read(): ThreadTimes | null {
    const nowMs = performance.now();
    if (nowMs - this.#readAtMs < limits.threadTimesEveryMs) return this.#latest;
    this.#readAtMs = nowMs;
    const threadId = this.#threadId();
    if (threadId > 0) this.#heard(readProc(threadId));
    else this.#ask();
    return this.#latest;
  }

  #heard(times: SystemTimes | null): void {
    this.#latest = times && { ...times, idleMs: this.#worker.performance.eventLoopUtilization().idle };
  }

  /** The answer is there at a later look; a thread without processor answers late, and the last answer stays. */
  #ask(): void {
    if (this.#worker.cpuUsage === undefined || this.#isAsking) return;
    this.#isAsking = true;
    const answered = (): void => {
      this.#isAsking = false;
    };
    this.#worker
      .cpuUsage()
      .then((usage) => this.#heard(usageOf(usage)))
      .then(answered, answered);
  }
}

function readProc(threadId: number): SystemTimes | null {
  const folder = `/proc/self/task/${threadId}`;
  let stat: string;
  try {
    stat = readFileSync(`${folder}/stat`, 'latin1');
  } catch {
    return null;
  }
  try {
    return parseProc(stat, readFileSync(`${folder}/schedstat`, 'latin1'));
  } catch {
    return parseProc(stat, '');
  }
}

function usageOf(usage: unknown): SystemTimes | null {
  if (typeof usage !== 'object' || usage === null || !('user' in usage) || !('system' in usage)) return null;
  const ranMs = (Number(usage.user) + Number(usage.system)) / usPerMs;
  return Number.isFinite(ranMs) ? { ranMs, waitedMs: 0, isHeldUp: false } : null;
}
