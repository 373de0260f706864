/** When things happen: clock, timers and dice of a supervision tree, and deadlines that a standstill does not use up. */
import { runtime as limits } from './limits.js';

/** Clock, timers and dice of a supervision tree; a test passes its own. */
export interface Timers {
  /** Monotonic, ms. */
  now(): number;
  /** Runs `job` later; returns the function that calls it off. */
  after(ms: number, job: () => void): () => void;
  /** 0 (inclusive) to 1 (exclusive). */
  random(): number;
}

/** A planned job. Like a timer of Node it keeps the process alive, except after `unref`. */
export interface Timer {
  cancel(): void;
  ref(): void;
  unref(): void;
}

/** When things run in one thread: its event loop, or a simulated one in a test. */
export interface Loop {
  /** Monotonic, ms. */
  now(): number;
  /** Before anything that comes from outside. */
  soon(job: () => void): void;
  /** After what has come from outside. */
  turn(job: () => void): void;
  timer(ms: number, job: () => void): Timer;
}

/** The longest delay that Node's timers keep, 24 days; a longer one would fire at once. */
export const timerMsMax = 2 ** 31 - 1;

/** A delay as Node's timers keep it. The one place where delays are bounded. */
export const timerMs = (ms: number): number => (ms > 0 ? Math.min(ms, timerMsMax) : 0);

/**
 * Jobs that one microtask or one turn of the loop runs, in the order in which they were planned. Node makes an object
 * for each `queueMicrotask` and each `setImmediate`, which costs more than a small message.
 */
export class Agenda {
  readonly #plan: (run: () => void) => void;
  #jobs: (() => void)[] = [];

  /** `plan`: has `run` called once, later. */
  constructor(plan: (run: () => void) => void) {
    this.#plan = plan;
  }

  add(job: () => void): void {
    if (this.#jobs.push(job) === 1) this.#plan(this.#run);
  }

  /** Jobs that are added meanwhile belong to the next run, and so do those behind one that throws. */
  readonly #run = (): void => {
    const jobs = this.#jobs;
    this.#jobs = [];
    let done = 0;
    try {
      for (const job of jobs) {
        done += 1;
        job();
      }
    } finally {
      if (done < jobs.length) {
        if (this.#jobs.length === 0) this.#plan(this.#run);
        this.#jobs.unshift(...jobs.slice(done));
      }
    }
  };
}

const soon = new Agenda((run) => queueMicrotask(run));
const turns = new Agenda((run) => void setImmediate(run));

/** The event loop of the machine. */
export const systemLoop: Loop = {
  now: () => performance.now(),
  soon: (job) => soon.add(job),
  turn: (job) => turns.add(job),
  timer(ms, job) {
    const timer = setTimeout(job, timerMs(ms));
    return {
      cancel: () => clearTimeout(timer),
      ref: () => void timer.ref(),
      unref: () => void timer.unref(),
    };
  },
};

/** The timers, clock and dice of the machine. */
export const systemTimers: Timers = {
  now: () => performance.now(),
  after(ms, job) {
    const timer = setTimeout(job, timerMs(ms));
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};

/**
 * Runs `job` once `delayMs` have passed while the process was awake. Returns the function that cancels it. After a
 * standstill of the process the awaited event may lie unread, so the whole time starts again.
 */
export function afterAwake(delayMs: number, job: () => void, loop: Loop = systemLoop): () => void {
  const ms = timerMs(delayMs);
  let timer: Timer;
  const begin = (): void => {
    const dueMs = loop.now() + ms;
    timer = loop.timer(ms, () => (isStandstill(dueMs, loop.now()) ? begin() : job()));
  };
  begin();
  return () => timer.cancel();
}

/** Does a timer that was due at `dueMs` fire so late that the process must have stood still? */
export const isStandstill = (dueMs: number, nowMs: number): boolean => nowMs - dueMs >= limits.standstillMs;
