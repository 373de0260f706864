/**
 * A ration of log lines for faults that many sources can cause without bound. In each period each source is logged
 * once, and at most `sourcesMax` sources are. The other faults are suppressed: their number is logged at the end. Pure.
 */

/** The bounds of a ration. */
export interface LogRationOptions {
  /** Length of a period, ms. */
  readonly everyMs: number;
  /** Sources that are logged in one period. */
  readonly sourcesMax: number;
}

/** The ration of one kind of fault. */
export class LogRation {
  readonly #options: LogRationOptions;
  /** Sources that were logged in this period. */
  readonly #loggedSources = new Set<string>();
  #sinceMs = Number.NEGATIVE_INFINITY;
  /** Faults that were not logged since `takeSuppressed`. */
  #suppressed = 0;

  constructor(options: LogRationOptions) {
    this.#options = options;
  }

  /** Notes a fault. `first-suppressed`: the first one since `takeSuppressed`; the caller plans the next such call. */
  note(source: string, nowMs: number): 'logged' | 'first-suppressed' | 'suppressed' {
    if (nowMs - this.#sinceMs >= this.#options.everyMs) {
      this.#sinceMs = nowMs;
      this.#loggedSources.clear();
    }
    if (!this.#loggedSources.has(source) && this.#loggedSources.size < this.#options.sourcesMax) {
      this.#loggedSources.add(source);
      return 'logged';
    }
    this.#suppressed += 1;
    return this.#suppressed === 1 ? 'first-suppressed' : 'suppressed';
  }

  /** Returns the suppressed faults since the last call. */
  takeSuppressed(): number {
    const count = this.#suppressed;
    this.#suppressed = 0;
    return count;
  }
}
