/** The view that watchdogs have of an actor: its envelope in hand, and whether its handler runs or waits. */
import type { LinkReceiver } from '../link/receiver.js';
import type { CellHost } from './cell-host.js';

/** The attention of one actor. */
export class Attention {
  readonly #slot: number;
  readonly #host: CellHost;
  #waitingSinceMs = Infinity;

  constructor(slot: number, host: CellHost) {
    this.#slot = slot;
    this.#host = host;
  }

  /** Takes an envelope in hand; `end` is null for one of the actor to itself. */
  take(end: LinkReceiver | null, seq: number): void {
    this.#host.note(this.#slot, end?.link.id ?? 0, seq);
  }

  drop(): void {
    this.#host.note(this.#slot, 0, 0);
  }

  /** A function of the actor has the thread from now on. */
  enter(): void {
    this.#host.running(this.#slot);
  }

  leave(): void {
    this.#host.running(0);
  }

  /** A function of the actor waits for a promise from now on. */
  wait(): void {
    this.#waitingSinceMs = performance.now();
  }

  goOn(): void {
    this.#waitingSinceMs = Infinity;
  }

  waitsLongerThan(ms: number, nowMs: number): boolean {
    return nowMs - this.#waitingSinceMs > ms;
  }
}
