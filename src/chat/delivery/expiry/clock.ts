/**
 * The clock by which texts disappear. It follows the wall clock when that runs ahead, as after a sleep of the machine,
 * and the monotonic clock when the wall clock is set back, so that the smaller remainder counts. It never goes back
 * while the program runs. Pure.
 */
import type { Clocks } from '../../turn.js';

/** Reads both clocks as one. */
export class ExpiryClock {
  #last: { readonly atMs: number; readonly monotonicMs: number } | null = null;

  /** Returns the time, ms; at the start of the program that of the wall clock. */
  read({ wallMs, monotonicMs }: Clocks): number {
    const last = this.#last ?? { atMs: wallMs, monotonicMs };
    const atMs = Math.max(wallMs, last.atMs + Math.max(0, monotonicMs - last.monotonicMs));
    this.#last = { atMs, monotonicMs };
    return Math.ceil(atMs);
  }
}
