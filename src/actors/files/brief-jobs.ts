/**
 * Many brief jobs of a disk. While the disk answers at once they run one after the other by synchronous calls, in slices
 * after which the thread hears its messages. On a slow disk they run side by side in the pool of Node.
 *
 * A call of the pool costs ten times the work of the system for a small file, and files that are made side by side in
 * one folder wait for each other in the kernel.
 */
import { setImmediate } from 'node:timers/promises';
import type { Slices } from '../../chat/files/slices.js';
import { files as limits } from './limits.js';

/** Does work in slices, after which the thread hears its messages. */
export async function inSlices<R>(slices: Slices<R>): Promise<R> {
  let startedMs = performance.now();
  for (;;) {
    const step = slices.next();
    if (step.done === true) return step.value;
    if (performance.now() - startedMs < limits.sliceMs) continue;
    await setImmediate();
    startedMs = performance.now();
  }
}

/** Runs a few jobs at a time. */
export async function sideBySide<T>(items: readonly T[], job: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += limits.sideBySide)
    await Promise.all(items.slice(at, at + limits.sideBySide).map(job));
}

/** The two ways of one job. */
export interface BriefJob<T> {
  /** Does the job at once. False: it needs the patient way. */
  quick(item: T): boolean;
  patient(item: T): Promise<void>;
}

/** Runs jobs on one disk, and remembers whether it is slow. */
export class BriefJobs {
  readonly #nowMs: () => number;
  #slowUntilMs = Number.NEGATIVE_INFINITY;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  get isSlow(): boolean {
    return this.#nowMs() < this.#slowUntilMs;
  }

  /** Runs all jobs. Throws what a job throws. */
  async run<T>(items: readonly T[], job: BriefJob<T>): Promise<void> {
    const left: T[] = [];
    let spentMs = 0;
    let at = 0;
    while (at < items.length && !this.isSlow) {
      if (at > 0) await setImmediate();
      const startedMs = this.#nowMs();
      let sliceMs = 0;
      do {
        const item = items[at];
        at += 1;
        if (item !== undefined && !job.quick(item)) left.push(item);
        sliceMs = this.#nowMs() - startedMs;
      } while (at < items.length && sliceMs < limits.sliceMs);
      spentMs += sliceMs;
      const isSlow = spentMs > limits.slowAfterMs && spentMs / at > limits.slowJobMs;
      if (isSlow) this.#slowUntilMs = this.#nowMs() + limits.slowForMs;
    }
    await sideBySide([...left, ...items.slice(at)], (item) => job.patient(item));
  }
}
