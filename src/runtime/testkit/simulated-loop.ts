/**
 * An event loop under virtual time. Which of the jobs that may run now comes next is a throw of dice, so that a seed
 * stands for one order of everything; time passes only when nothing is left to do.
 */
import { timerMs, type Loop, type Timer, type Timers } from '../timers.js';

interface Planned {
  readonly dueMs: number;
  /** Of two that are due together, the older one fires first. */
  readonly nth: number;
  readonly job: () => void;
  isAwaited: boolean;
}

/** Numbers from 0 (inclusive) to 1 (exclusive): mulberry32. */
export function diceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An event loop under virtual time. */
export class SimulatedLoop implements Loop {
  readonly #random: () => number;
  #nowMs = 0;
  #made = 0;
  readonly #jobs: (() => void)[] = [];
  readonly #planned = new Set<Planned>();
  #idlers: (() => void)[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  /** For supervisors, which have the same time. */
  get timers(): Timers {
    return {
      now: () => this.#nowMs,
      after: (ms, job) => {
        const timer = this.timer(ms, job);
        return () => timer.cancel();
      },
      random: this.#random,
    };
  }

  now(): number {
    return this.#nowMs;
  }

  soon(job: () => void): void {
    this.#jobs.push(job);
  }

  turn(job: () => void): void {
    this.#jobs.push(job);
  }

  timer(ms: number, job: () => void): Timer {
    this.#made += 1;
    const planned: Planned = { dueMs: this.#nowMs + timerMs(ms), nth: this.#made, job, isAwaited: true };
    this.#planned.add(planned);
    return {
      cancel: () => void this.#planned.delete(planned),
      ref() {
        planned.isAwaited = true;
      },
      unref() {
        planned.isAwaited = false;
      },
    };
  }

  /** Resolves the next time that nothing can happen before time passes. */
  idle(): Promise<void> {
    return new Promise((resolve) => this.#idlers.push(resolve));
  }

  /** Does the next thing; false when nothing is left that anybody waits for. */
  step(): boolean {
    const { length } = this.#jobs;
    if (length > 0) {
      const [job] = this.#jobs.splice(Math.floor(this.#random() * length), 1);
      job?.();
      return true;
    }
    if (this.#idlers.length > 0) {
      const idlers = this.#idlers;
      this.#idlers = [];
      for (const resolve of idlers) resolve();
      return true;
    }
    return this.#passTime();
  }

  #passTime(): boolean {
    let next: Planned | null = null;
    for (const planned of this.#planned)
      if (planned.isAwaited && (next === null || isBefore(planned, next))) next = planned;
    if (next === null) return false;
    this.#planned.delete(next);
    this.#nowMs = Math.max(this.#nowMs, next.dueMs);
    next.job();
    return true;
  }
}

const isBefore = (a: Planned, b: Planned): boolean =>
  a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.nth < b.nth);
