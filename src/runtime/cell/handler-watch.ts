/**
 * The state of a handler as watchdogs and supervisors see it: its envelope in hand, and whether it runs or waits.
 *
 * Noted is the origin of the envelope. An envelope between two actors of one thread is lost with that thread, so a
 * supervisor can count the deaths of the thread only at the envelope from another thread that it follows from.
 */
import type { Origin } from '../link/envelope.js';
import type { LinkReceiver } from '../link/receiver.js';
import type { CellHost } from './cell-host.js';

/** Notes the state of the handlers of one actor. */
export class HandlerWatch {
  readonly #slot: number;
  readonly #host: CellHost;
  #waitingSinceMs = Infinity;
  #end: LinkReceiver | null = null;
  #seq = 0;
  #origin: Origin | null = null;
  /** Origins of the waiting messages that the actor sent to itself, oldest first; null: none waits. */
  #ofOwn: (Origin | null)[] | null = null;

  constructor(slot: number, host: CellHost) {
    this.#slot = slot;
    this.#host = host;
  }

  /** Notes the envelope in hand; `end` is null for the next one that the actor sent to itself. */
  noteEnvelope(end: LinkReceiver | null, seq: number): void {
    const origin = end === null ? (this.#ofOwn?.shift() ?? null) : end.originOf(seq);
    this.#end = end;
    this.#seq = seq;
    this.#origin = origin;
    if (origin === null) this.#host.note(this.#slot, end?.link.id ?? 0, seq);
    else this.#host.note(this.#slot, origin.linkId, origin.seq);
  }

  /** Notes that no envelope is in hand. */
  clearEnvelope(): void {
    this.#end = null;
    this.#origin = null;
    this.#host.note(this.#slot, 0, 0);
  }

  /** Origin of what the actor sends now; null while it has no envelope in hand. */
  get origin(): Origin | null {
    if (this.#origin === null && this.#end !== null)
      this.#origin = { linkId: this.#end.link.id, seq: this.#seq };
    return this.#origin;
  }

  /** Notes that the actor sends itself a message. */
  noteOwn(): void {
    if (this.#host.isLasting) return;
    this.#ofOwn ??= [];
    this.#ofOwn.push(this.origin);
  }

  /** Notes that no message of the actor to itself waits any more. */
  clearOwn(): void {
    this.#ofOwn = null;
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
