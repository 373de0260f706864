/** How often a supervisor may restart its children, and how long it waits before each try. Pure. */
import { runtime as limits } from '../limits.js';

/** Restarts in a sliding window. */
export class RestartWindow {
  readonly #max: number;
  readonly #windowMs: number;
  #times: number[] = [];
  #lastCause: unknown = null;

  constructor(max: number, windowMs: number) {
    this.#max = max;
    this.#windowMs = windowMs;
  }

  /** Counts a restart; false when it is one too many. Crashes of one cause (a thread with many actors) count once. */
  allow(nowMs: number, cause: unknown): boolean {
    if (cause !== null && cause === this.#lastCause) return true;
    this.#lastCause = cause;
    this.#times = this.#times.filter((atMs) => nowMs - atMs < this.#windowMs);
    this.#times.push(nowMs);
    return this.#times.length <= this.#max;
  }

  /** Takes the time of a start out of the window: a slow machine must not look like a quiet one. */
  skip(fromMs: number, toMs: number): void {
    this.#times = this.#times.map((atMs) => Math.min(atMs + (toMs - fromMs), toMs));
  }
}

/** Delay before the n-th restart in a row (from 1), ms: doubled each time, between half of it and all of it. */
export function restartDelayMs(
  inARow: number,
  random: number,
  maxMs: number = limits.restartDelayMaxMs,
): number {
  const full = Math.min(limits.restartDelayMinMs * 2 ** (inARow - 1), maxMs);
  return full * (0.5 + random / 2);
}
