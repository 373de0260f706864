/** The outboxes of all peers: made when there is first something to say, and one timer for all of them. */
import type { PeerId } from '../../ids.js';
import type { ChatError } from '../errors.js';
import type { Turn } from '../turn.js';
import type { DeliveryEffect } from './effects.js';
import type { OutboxSize } from './entry.js';
import { outbox as limits } from './limits.js';
import { createOutbox, type Outbox } from './outbox.js';

export class Outboxes {
  readonly #byPeer = new Map<PeerId, Outbox>();
  readonly #random: () => number;
  /** Peers of which discovery was told last that something waits for them. */
  #awaited: ReadonlySet<PeerId> = new Set();
  /** What waits over all peers, as the history last said, and what is on its way to the history. */
  #size: OutboxSize = { lines: 0, bytes: 0 };
  #committing: OutboxSize = { lines: 0, bytes: 0 };
  /** When the timers that are set fire (monotonic, ms), the latest first: one is set only before all others. */
  readonly #timersAtMs: number[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  of(peerId: PeerId): Outbox {
    return this.#byPeer.get(peerId) ?? this.open(peerId, false);
  }

  /** Only where one was made. */
  peek = (peerId: PeerId): Outbox | undefined => this.#byPeer.get(peerId);

  /** A new outbox for a peer, known to have lines on disk or not. */
  open(peerId: PeerId, hasUndelivered: boolean): Outbox {
    const fresh = createOutbox({ hasUndelivered, random: this.#random });
    this.#byPeer.set(peerId, fresh);
    return fresh;
  }

  close(peerId: PeerId): void {
    this.#byPeer.delete(peerId);
  }

  hasWork = (peerId: PeerId): boolean => this.#byPeer.get(peerId)?.isEmpty() === false;

  /** Peers whose outbox has something to do by now. */
  due(nowMs: number): readonly (readonly [PeerId, Outbox])[] {
    return [...this.#byPeer].filter(([, outbox]) => {
      const dueAtMs = outbox.dueAtMs();
      return dueAtMs !== null && dueAtMs <= nowMs;
    });
  }

  /**
   * Sets a timer where something is due before every timer that is set. A timer cannot be called off; one that comes too
   * early does no harm.
   */
  plan(turn: Turn<DeliveryEffect>): void {
    const awaited = this.#awaitedNow();
    if (awaited.size !== this.#awaited.size || !isSubset(awaited, this.#awaited))
      this.#tellAwaited(awaited, turn);
    let atMs = Number.POSITIVE_INFINITY;
    for (const outbox of this.#byPeer.values()) atMs = Math.min(atMs, outbox.dueAtMs() ?? atMs);
    if (atMs >= (this.#timersAtMs.at(-1) ?? Number.POSITIVE_INFINITY)) return;
    this.#timersAtMs.push(atMs);
    const afterMs = Math.max(1, atMs - turn.now.monotonicMs);
    turn.emit({ to: 'self', afterMs, due: { type: 'outbox', atMs } });
  }

  /** Discovery starts again, and knows nobody. */
  announceAwaited(turn: Turn<DeliveryEffect>): void {
    this.#awaited = new Set();
    this.plan(turn);
  }

  /** Tells discovery for which peers something waits that could not be reached. */
  #tellAwaited(awaited: ReadonlySet<PeerId>, turn: Turn<DeliveryEffect>): void {
    this.#awaited = awaited;
    turn.emit({ to: 'presence', say: 'awaited', peerIds: [...awaited] });
  }

  #awaitedNow(): ReadonlySet<PeerId> {
    return new Set([...this.#byPeer].flatMap(([peerId, outbox]) => (outbox.isAwaiting() ? [peerId] : [])));
  }

  /** The timer for this time has fired. The system may let it fire a little early, so the time now does not tell which. */
  woken(atMs: number): void {
    const place = this.#timersAtMs.indexOf(atMs);
    if (place >= 0) this.#timersAtMs.splice(place, 1);
  }

  sized(size: OutboxSize): void {
    this.#size = size;
  }

  /** Counts lines that are being committed, so that many callers at once cannot overfill the outbox. */
  committing(lines: number, bytes: number): void {
    const { lines: before, bytes: bytesBefore } = this.#committing;
    this.#committing = { lines: before + lines, bytes: bytesBefore + bytes };
  }

  /** Null: there is room for these. Errors: `chat/outbox-full`. */
  refusal(lines: number, bytes: number): ChatError | null {
    const { linesMax, bytesMax } = limits;
    const linesAll = this.#size.lines + this.#committing.lines + lines;
    if (linesAll > linesMax) return { code: 'chat/outbox-full', limit: linesMax };
    const bytesAll = this.#size.bytes + this.#committing.bytes + bytes;
    return bytesAll > bytesMax ? { code: 'chat/outbox-full', limit: bytesMax } : null;
  }
}

const isSubset = (some: ReadonlySet<PeerId>, all: ReadonlySet<PeerId>): boolean =>
  [...some].every((peerId) => all.has(peerId));
