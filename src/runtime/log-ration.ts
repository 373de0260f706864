/**
 * A ration of log lines for faults that many sources can cause without bound. In each period each source is logged
 * once, at most `sourcesMax` sources are, and the rest is counted and logged at the end. Pure.
 */
export interface FaultRationOptions {
  /** Length of a period. */
  readonly everyMs: number;
  /** Sources that are logged in one period. */
  readonly sourcesMax: number;
}

/** The ration of one kind of fault. */
export class FaultRation {
  readonly #options: FaultRationOptions;
  readonly #told = new Set<string>();
  #sinceMs = Number.NEGATIVE_INFINITY;
  #untold = 0;

  constructor(options: FaultRationOptions) {
    this.#options = options;
  }

  /** `first-untold`: of those since `takeUntold`; somebody has to ask for their number later. */
  note(source: string, nowMs: number): 'told' | 'first-untold' | 'untold' {
    if (nowMs - this.#sinceMs >= this.#options.everyMs) {
      this.#sinceMs = nowMs;
      this.#told.clear();
    }
    if (!this.#told.has(source) && this.#told.size < this.#options.sourcesMax) {
      this.#told.add(source);
      return 'told';
    }
    this.#untold += 1;
    return this.#untold === 1 ? 'first-untold' : 'untold';
  }

  /** Returns the suppressed faults since the last call. */
  takeUntold(): number {
    const untold = this.#untold;
    this.#untold = 0;
    return untold;
  }
}
