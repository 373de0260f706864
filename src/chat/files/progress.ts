/** The rate of a transfer, and when it will be done. Pure. */
import { times as limits } from './limits.js';

/** The progress of one transfer. */
export class Progress {
  readonly #totalBytes: number;
  #doneBytes: number;
  #atMs: number;
  readonly #sinceMs: number;
  #bytesPerSecond = 0;

  constructor(totalBytes: number, doneBytes: number, nowMs: number) {
    this.#totalBytes = totalBytes;
    this.#doneBytes = doneBytes;
    this.#atMs = nowMs;
    this.#sinceMs = nowMs;
  }

  /** Notes how much is done now. */
  at(doneBytes: number, nowMs: number): void {
    const elapsedMs = nowMs - this.#atMs;
    if (elapsedMs < limits.reportEveryMs / 2) return;
    const rate = (Math.max(0, doneBytes - this.#doneBytes) * 1_000) / elapsedMs;
    // At first the average would be far below the truth.
    const pastMs = Math.min(limits.rateOverMs, Math.max(0, this.#atMs - this.#sinceMs));
    const weight = Math.exp(-elapsedMs / Math.max(1, pastMs));
    this.#bytesPerSecond = rate * (1 - weight) + this.#bytesPerSecond * weight;
    this.#doneBytes = doneBytes;
    this.#atMs = nowMs;
  }

  get bytesPerSecond(): number {
    return Math.round(this.#bytesPerSecond);
  }

  /** Time until the end, in seconds; null: not known. */
  etaSeconds(nowMs: number): number | null {
    if (nowMs - this.#sinceMs < limits.etaAfterMs || this.#bytesPerSecond < 1) return null;
    return Math.ceil((this.#totalBytes - this.#doneBytes) / this.#bytesPerSecond);
  }
}
