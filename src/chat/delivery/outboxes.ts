/** The outboxes of all peers, each made for its first entry, with one timer for all. */
import type { PeerId } from '../../ids.js';
import type { ChatError } from '../errors.js';
import { logLine, type Token, type Turn } from '../turn.js';
import type { DeliveryEffect, EntryAnswer } from './effects.js';
import type { OutboxSize } from './entry.js';
import { outbox as limits } from './limits.js';
import type { Load } from './sending.js';
import { createOutbox, type Outbox, type OutboxOutput } from './outbox.js';

type PageResult = Extract<EntryAnswer, { readonly type: 'outbox' }>['result'];
type Need = Extract<OutboxOutput, { readonly type: 'need-more' }>;

/** The decisions of an outbox that got a page. */
interface Loaded {
  readonly peerId: PeerId;
  readonly outputs: readonly OutboxOutput[];
}

/** The outboxes of a node, and the sum of their sizes. */
export class Outboxes {
  readonly #byPeer = new Map<PeerId, Outbox>();
  readonly #random: () => number;
  /** Pages of outboxes that are being read, by the request of the outbox. */
  readonly #loads = new Map<Token, Load>();
  /** The awaited peers that discovery knows of. */
  #awaited: ReadonlySet<PeerId> = new Set();
  /** Entries that wait over all peers, as the history reported last, and those on their way to the history. */
  #size: OutboxSize = { entries: 0, bytes: 0 };
  #committing: OutboxSize = { entries: 0, bytes: 0 };
  /** Times of the pending timers (monotonic, ms), the latest first: a new one is set only before all others. */
  readonly #timersAtMs: number[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Reads a page of the outbox of a peer for a session. */
  load(peerId: PeerId, need: Need, turn: Turn<DeliveryEffect>): void {
    const { request, afterSeq, entriesMax, bytesMax } = need;
    const token = turn.newToken();
    this.#loads.set(token, { peerId, request });
    const ask = { type: 'outbox', peerId, afterSeq, entriesMax, bytesMax, handsOver: true } as const;
    turn.emit({ to: 'history', token, ask });
  }

  /** Whether a page is being read for a session with the peer. */
  isLoading = (peerId: PeerId): boolean => [...this.#loads.values()].some((load) => load.peerId === peerId);

  /** Takes a page. Null: the request belongs to another part. */
  loaded(token: Token, page: PageResult, turn: Turn<DeliveryEffect>): Loaded | null {
    const load = this.#loads.get(token);
    if (load === undefined) return null;
    this.#loads.delete(token);
    const { peerId, request } = load;
    const outbox = this.of(peerId);
    const nowMs = turn.now.monotonicMs;
    if (page.isOk())
      return { peerId, outputs: outbox.loaded(request, page.value.entries, page.value.isLast, nowMs) };
    turn.emit(logLine('error', 'outbox-not-read', { code: page.error.code }));
    return { peerId, outputs: outbox.loadFailed(request, nowMs) };
  }

  of(peerId: PeerId): Outbox {
    return this.#byPeer.get(peerId) ?? this.open(peerId, false);
  }

  /** Returns the outbox of a peer where it exists. */
  peek = (peerId: PeerId): Outbox | undefined => this.#byPeer.get(peerId);

  /** Makes the outbox of a peer. */
  open(peerId: PeerId, hasUndelivered: boolean): Outbox {
    const fresh = createOutbox({ hasUndelivered, random: this.#random });
    this.#byPeer.set(peerId, fresh);
    return fresh;
  }

  close(peerId: PeerId): void {
    this.#byPeer.delete(peerId);
  }

  /** Reads an outbox from its beginning, since the disk has messages between those that are known. */
  restart(peerId: PeerId, nowMs: number): readonly OutboxOutput[] {
    const outbox = this.of(peerId);
    const decisions = outbox.mayHaveMore(nowMs);
    return outbox.isUp() ? outbox.sessionUp(nowMs) : decisions;
  }

  hasWork = (peerId: PeerId): boolean => this.#byPeer.get(peerId)?.isEmpty() === false;

  /** Peers for which something waits, as far as is known. */
  waiting = (): readonly (readonly [PeerId, Outbox])[] =>
    [...this.#byPeer].filter(([, outbox]) => !outbox.isEmpty());

  /** Returns the peers whose outbox is due. */
  due(nowMs: number): readonly (readonly [PeerId, Outbox])[] {
    return [...this.#byPeer].filter(([, outbox]) => {
      const dueAtMs = outbox.dueAtMs();
      return dueAtMs !== null && dueAtMs <= nowMs;
    });
  }

  /**
   * Sets a timer where an outbox is due before every pending timer. A timer cannot be cancelled; an early one does no
   * harm.
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

  /** Repeats the awaited peers for a discovery that starts again. */
  announceAwaited(turn: Turn<DeliveryEffect>): void {
    this.#awaited = new Set();
    this.plan(turn);
  }

  /** Tells discovery the unreachable peers for which entries wait. */
  #tellAwaited(awaited: ReadonlySet<PeerId>, turn: Turn<DeliveryEffect>): void {
    this.#awaited = awaited;
    turn.emit({ to: 'presence', say: 'awaited', peerIds: [...awaited] });
  }

  #awaitedNow(): ReadonlySet<PeerId> {
    return new Set([...this.#byPeer].flatMap(([peerId, outbox]) => (outbox.isAwaiting() ? [peerId] : [])));
  }

  /**
   * Notes that the timer for this time has fired. The system may fire it early, so the present time does not identify
   * it.
   */
  woken(atMs: number): void {
    const place = this.#timersAtMs.indexOf(atMs);
    if (place >= 0) this.#timersAtMs.splice(place, 1);
  }

  sized(size: OutboxSize): void {
    this.#size = size;
  }

  /** Counts entries that are being committed, so that many callers at once cannot overfill the outbox. */
  committing(entries: number, bytes: number): void {
    const { entries: before, bytes: bytesBefore } = this.#committing;
    this.#committing = { entries: before + entries, bytes: bytesBefore + bytes };
  }

  /** Returns the refusal of further entries, `chat/outbox-full`; null: there is room. */
  refusal(entries: number, bytes: number): ChatError | null {
    const { entriesMax, bytesMax } = limits;
    const entriesAll = this.#size.entries + this.#committing.entries + entries;
    if (entriesAll > entriesMax) return { code: 'chat/outbox-full', limit: entriesMax };
    const bytesAll = this.#size.bytes + this.#committing.bytes + bytes;
    return bytesAll > bytesMax ? { code: 'chat/outbox-full', limit: bytesMax } : null;
  }
}

const isSubset = (some: ReadonlySet<PeerId>, all: ReadonlySet<PeerId>): boolean =>
  [...some].every((peerId) => all.has(peerId));
