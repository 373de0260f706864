/** One timer for all sessions of a thread: a wake-up of the thread costs more than the check of a silent session. */

/** Calls jobs at an interval, and sleeps while there are none. */
export class Ticker {
  readonly #everyMs: number;
  readonly #jobs = new Set<() => void>();
  #timer: NodeJS.Timeout | null = null;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** Calls `job` at each tick. Returns the function that ends it. A job must not throw: others wait behind it. */
  add(job: () => void): () => void {
    this.#jobs.add(job);
    this.#timer ??= setInterval(() => {
      for (const each of this.#jobs) each();
    }, this.#everyMs);
    return () => {
      this.#jobs.delete(job);
      if (this.#jobs.size > 0 || this.#timer === null) return;
      clearInterval(this.#timer);
      this.#timer = null;
    };
  }
}
