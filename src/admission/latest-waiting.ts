/** The latest addresses that had to wait for a slot. Pure; times are monotonic ms. */
import { admission as limits } from './limits.js';

/** Remembers two addresses, the later one last: of two, one differs from the address that asks. */
export class LatestWaiting {
  readonly #waited = new Map<string, number>();

  note(source: string, nowMs: number): void {
    this.#waited.delete(source);
    this.#waited.set(source, nowMs);
    const [oldest] = this.#waited.keys();
    if (this.#waited.size > 2 && oldest !== undefined) this.#waited.delete(oldest);
  }

  /** Whether an address other than `source` waits. */
  hasOther(source: string, nowMs: number): boolean {
    return [...this.#waited].some(([other, atMs]) => other !== source && nowMs - atMs < limits.wantedForMs);
  }
}
