/** A tally of faults that any host can cause without bound: all are counted, few are logged. */

/** Counts of faults by reason. */
export class FaultTally<Reason extends string> {
  readonly #everyMs: number;
  readonly #counts = new Map<Reason, number>();
  readonly #toldAtMs = new Map<Reason, number>();

  /** `everyMs`: pause between two log lines of one reason. */
  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** By reason, those that have happened. */
  counts(): Readonly<Partial<Record<Reason, number>>> {
    const counts: Partial<Record<Reason, number>> = {};
    for (const [reason, count] of this.#counts) counts[reason] = count;
    return counts;
  }

  count(reason: Reason): number {
    const count = (this.#counts.get(reason) ?? 0) + 1;
    this.#counts.set(reason, count);
    return count;
  }

  /** Counts it; `tell` hears how many there were so far, when it is time again. */
  note(reason: Reason, nowMs: number, tell: (count: number) => void): void {
    const count = this.count(reason);
    if (nowMs - (this.#toldAtMs.get(reason) ?? -Infinity) < this.#everyMs) return;
    this.#toldAtMs.set(reason, nowMs);
    tell(count);
  }
}
