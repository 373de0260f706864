/** Clock, timers and dice of a supervision tree; a test passes its own. */
export interface Timers {
  /** Monotonic, ms. */
  now(): number;
  /** Runs `job` later; returns the function that calls it off. */
  after(ms: number, job: () => void): () => void;
  /** 0 (inclusive) to 1 (exclusive). */
  random(): number;
}

/** Those of the machine. */
export const systemTimers: Timers = {
  now: () => performance.now(),
  after(ms, job) {
    const timer = setTimeout(job, ms);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};
