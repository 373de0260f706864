/**
 * Texts that disappear. Each home counts the time of its own copy from the arrival of the text (of an own one: from the
 * time at which it was queued), and removes it as a deletion does; the other side is not asked.
 *
 *   timer of the conversation ─► stamped ─► append … committed ─► due ─► expire … answered ─► gone
 */
import type { Result } from 'neverthrow';
import type { PeerId } from '../../../ids.js';
import { logLine, type Clocks, type Token, type Turn } from '../../turn.js';
import type { DeliveryEffect, StoreFailure } from '../effects.js';
import type { ConversationTimer, Entry, Expired, NewEntry, Unseen } from '../entry.js';
import { expiry as limits } from '../limits.js';
import { isoTime } from '../transcript.js';
import { ExpiryClock } from './clock.js';

type ExpiryTurn = Turn<DeliveryEffect>;

/** The timers of conversations, and the next text to remove. */
export class Expiry {
  readonly #clock = new ExpiryClock();
  readonly #timers = new Map<PeerId, ConversationTimer>();
  /** When the next text disappears; null: none does. */
  #nextMs: number | null = null;
  /** The removal that is being committed; null: none. */
  #asked: Token | null = null;
  /** Time (monotonic, ms) of the only timer that counts; null: none is set. */
  #wakeAtMs: number | null = null;

  restore({ timers = [], nextExpiryMs = null }: Unseen, turn: ExpiryTurn): void {
    for (const timer of timers) this.#timers.set(timer.peerId, timer);
    this.#expect(nextExpiryMs, turn);
    // A run that crashed may have written more after it was read here.
    if (timers.length > 0) this.look(turn);
  }

  /** Asks the history a little later: texts may be on disk whose commit was not reported. */
  look(turn: ExpiryTurn): void {
    this.#expect(this.#clock.read(turn.now) + limits.unreportedMs, turn);
  }

  /** The time after which texts to and from the peer disappear, seconds; 0: they stay. */
  secondsWith = (peerId: PeerId): number => this.#timers.get(peerId)?.seconds ?? 0;

  /** A new timer follows each earlier one, though the clock of the other side ran ahead. */
  timerSentAtMs = (peerId: PeerId, { wallMs }: Clocks): number =>
    Math.max(Math.trunc(wallMs), (this.#timers.get(peerId)?.sentAtMs ?? 0) + 1);

  /** Gives an own text the time of its conversation, and every text that disappears its end. */
  stamped(entry: NewEntry, now: Clocks): NewEntry {
    const { content, direction, peerId } = entry;
    if (content.type === 'timer') {
      const sentAtMs =
        direction === 'out'
          ? this.timerSentAtMs(peerId, now)
          : Math.min(entry.sentAtMs, limits.timerSentAtMsMax);
      return { ...entry, sentAtMs };
    }
    if (content.type !== 'text') return entry;
    const ownSeconds = direction === 'out' ? this.secondsWith(peerId) : 0;
    const ttlSeconds = content.ttlSeconds ?? ownSeconds;
    if (ttlSeconds === 0) return entry;
    const expiresAtMs = this.#clock.read(now) + 1_000 * ttlSeconds;
    return { ...entry, content: { ...content, ttlSeconds }, expiresAtMs };
  }

  /** Takes entries that are on disk now. */
  committed(entries: readonly Entry[], turn: ExpiryTurn): void {
    let next: number | null = null;
    for (const { content, peerId, sentAtMs, id, expiresAtMs } of entries) {
      if (content.type === 'timer') this.#set({ peerId, seconds: content.seconds, sentAtMs, id });
      if (expiresAtMs !== undefined) next = Math.min(next ?? expiresAtMs, expiresAtMs);
    }
    this.#expect(next, turn);
  }

  /** Takes the timer. The clock is looked at often, since it may have been set ahead. */
  due(atMs: number, turn: ExpiryTurn): void {
    // By its name, and not by the clock: a timer of Node may fire a little early.
    if (atMs !== this.#wakeAtMs) return;
    this.#wakeAtMs = null;
    const nowMs = this.#clock.read(turn.now);
    if (this.#nextMs === null || this.#asked !== null) return;
    if (nowMs < this.#nextMs) return this.#wake(turn);
    this.#asked = turn.newToken();
    turn.emit({ to: 'history', token: this.#asked, ask: { type: 'expire', nowMs } });
  }

  /** Takes the answer of the history, and publishes what is gone. Null: the request failed and comes again. */
  answered(token: Token, result: Result<Expired, StoreFailure>, turn: ExpiryTurn): Expired | null {
    if (token !== this.#asked) return null;
    this.#asked = null;
    if (result.isErr()) {
      turn.emit(logLine('error', 'texts-not-removed', { code: result.error.code }));
      this.#wake(turn);
      return null;
    }
    const at = isoTime(turn.now.wallMs);
    for (const { id, ...gone } of result.value.gone)
      turn.emit({ to: 'feed', event: { type: 'delete', ...gone, id, target: id, at, expired: true } });
    this.#nextMs = null;
    this.#expect(result.value.nextMs, turn);
    return result.value;
  }

  #set(timer: ConversationTimer): void {
    const before = this.#timers.get(timer.peerId);
    if (before === undefined || isLater(timer, before)) this.#timers.set(timer.peerId, timer);
  }

  #expect(nextMs: number | null, turn: ExpiryTurn): void {
    if (nextMs === null || (this.#nextMs !== null && this.#nextMs <= nextMs)) return;
    this.#nextMs = nextMs;
    if (this.#asked === null) this.#wake(turn);
  }

  #wake(turn: ExpiryTurn): void {
    const leftMs = Math.max(0, (this.#nextMs ?? 0) - this.#clock.read(turn.now));
    // After a refusal of the disk the time is over already.
    const afterMs = leftMs === 0 ? limits.againMs : Math.min(leftMs, limits.lookEveryMs);
    const atMs = turn.now.monotonicMs + afterMs;
    if (this.#wakeAtMs !== null && this.#wakeAtMs <= atMs) return;
    this.#wakeAtMs = atMs;
    turn.emit({ to: 'self', afterMs, due: { type: 'expiry', atMs } });
  }
}

const isLater = (one: ConversationTimer, other: ConversationTimer): boolean =>
  one.sentAtMs === other.sentAtMs ? one.id > other.id : one.sentAtMs > other.sentAtMs;
