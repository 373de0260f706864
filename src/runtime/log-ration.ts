/**
 * Faults of many sources, each of which can cause as many as it likes: each source is told of once in a while, and of all
 * together no more than fit into one; the rest is counted, and that is told at its end. Pure.
 */
export interface FaultRationOptions {
  /** Length of a while. */
  readonly everyMs: number;
  /** Sources told of in one while. */
  readonly sourcesMax: number;
}

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

  /** How many were not told since this was last asked. */
  takeUntold(): number {
    const untold = this.#untold;
    this.#untold = 0;
    return untold;
  }
}
