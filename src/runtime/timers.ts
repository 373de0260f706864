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

/** The longest delay that Node's timers keep, 24 days; a longer one would fire at once. */
export const timerMsMax = 2 ** 31 - 1;

/** A delay as Node's timers keep it. The one place where delays are bounded. */
export const timerMs = (ms: number): number => (ms > 0 ? Math.min(ms, timerMsMax) : 0);

/** Those of the machine. */
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
export function afterAwake(delayMs: number, job: () => void): () => void {
  const ms = timerMs(delayMs);
  let timer: NodeJS.Timeout;
  const begin = (): void => {
    const dueMs = performance.now() + ms;
    timer = setTimeout(() => (isStandstill(dueMs, performance.now()) ? begin() : job()), ms);
  };
  begin();
  return () => clearTimeout(timer);
}

/** Does a timer that was due at `dueMs` fire so late that the process must have stood still? */
export const isStandstill = (dueMs: number, nowMs: number): boolean => nowMs - dueMs >= limits.standstillMs;
