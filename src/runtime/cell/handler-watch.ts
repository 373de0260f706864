/** The state of a handler as watchdogs see it: its envelope in hand, and whether it runs or waits. */
import type { LinkReceiver } from '../link/receiver.js';
import type { CellHost } from './cell-host.js';

/** Notes the state of the handlers of one actor. */
export class HandlerWatch {
  readonly #slot: number;
  readonly #host: CellHost;
  #waitingSinceMs = Infinity;

  constructor(slot: number, host: CellHost) {
    this.#slot = slot;
    this.#host = host;
  }

  /** Notes the envelope in hand; `end` is null for one that the actor sent to itself. */
  noteEnvelope(end: LinkReceiver | null, seq: number): void {
    this.#host.note(this.#slot, end?.link.id ?? 0, seq);
  }

  /** Notes that no envelope is in hand. */
  clearEnvelope(): void {
    this.#host.note(this.#slot, 0, 0);
  }

  /** Notes that a function of the actor has the thread from now on. */
  noteRunning(): void {
    this.#host.running(this.#slot);
  }

  /** Notes that no function of the actor has the thread. */
  noteIdle(): void {
    this.#host.running(0);
  }

  /** Notes that a function of the actor waits for a promise from now on. */
  noteWaiting(): void {
    this.#waitingSinceMs = performance.now();
  }

  /** Notes that the awaited promise has settled. */
  noteSettled(): void {
    this.#waitingSinceMs = Infinity;
  }

  /** Whether a function of the actor has waited for a promise for more than `ms`. */
  waitsLongerThan(ms: number, nowMs: number): boolean {
    return nowMs - this.#waitingSinceMs > ms;
  }
}
