/** A tally of faults that any host can cause without bound: all are counted, few are logged. */

/** Counts of faults by reason. */
export class LogTally<Reason extends string> {
  readonly #everyMs: number;
  readonly #counts = new Map<Reason, number>();
  /** Time of the last log line of each reason. */
  readonly #loggedAtMs = new Map<Reason, number>();

  /** `everyMs`: pause between two log lines of one reason. */
  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** Returns the counts of the reasons that have occurred. */
  counts(): Readonly<Partial<Record<Reason, number>>> {
    const counts: Partial<Record<Reason, number>> = {};
    for (const [reason, count] of this.#counts) counts[reason] = count;
    return counts;
  }

  /** Counts a fault that is not logged. Returns the count so far. */
  count(reason: Reason): number {
    const count = (this.#counts.get(reason) ?? 0) + 1;
    this.#counts.set(reason, count);
    return count;
  }

  /** Counts a fault. When a log line of its reason is due, calls `log` with the count so far. */
  note(reason: Reason, nowMs: number, log: (count: number) => void): void {
    const count = this.count(reason);
    if (nowMs - (this.#loggedAtMs.get(reason) ?? -Infinity) < this.#everyMs) return;
    this.#loggedAtMs.set(reason, nowMs);
    log(count);
  }
}
