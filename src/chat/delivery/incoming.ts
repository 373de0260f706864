/**
 * Messages of peers on their way to the disk, and the receipts that go back. Without a commit there is no receipt, so
 * a sender that repeats its messages keeps them.
 *
 *   heard ─► append … stored ─► published, call answered with the receipts
 *
 * Each session has one append under way. Later messages wait for the next one: with two at once the disk could refuse
 * the first and take the second, and later messages would be shown before earlier ones.
 */
import { ok, type Result } from 'neverthrow';
import type { MessageId, SessionId } from '../../ids.js';
import type { IdTaken } from '../errors.js';
import type { People } from '../people/people.js';
import type { Heard, RouteOrder } from '../routes/route.js';
import { answer, logLine, type Token, type Turn } from '../turn.js';
import type { DeliveryEffect, StoreFailure } from './effects.js';
import { bytesOf, type NewEntry } from './entry.js';
import type { Expiry } from './expiry/expiry.js';
import { incoming as limits } from './limits.js';
import { Poison } from './poison.js';

type IncomingTurn = Turn<DeliveryEffect>;

/** One `heard` on its way. It is answered once all its portions are. */
interface Batch {
  readonly heard: Heard;
  open: number;
  readonly receipts: MessageId[];
}

/** Messages of one batch that are committed together. */
interface Portion {
  readonly batch: Batch;
  readonly entries: readonly NewEntry[];
  /** Whether one of its messages may crash the history, so that it shares no append. */
  readonly isAlone: boolean;
}

/** The received messages that are being committed. */
export class Incoming {
  readonly #expiry: Pick<Expiry, 'stamped'>;
  readonly #poison = new Poison();
  readonly #appends = new Map<Token, readonly Portion[]>();
  /** Portions that wait for the append of their session that is under way. */
  readonly #waiting = new Map<SessionId, Portion[]>();

  constructor(expiry: Pick<Expiry, 'stamped'>) {
    this.#expiry = expiry;
  }

  /** Refuses messages of a stranger that has said too much before the user accepted it. Null: they are welcome. */
  refusal(
    { entries, repeatedBy, call }: Heard,
    people: Pick<People, 'isOverQuota' | 'isTrusted'>,
    turn: IncomingTurn,
  ): RouteOrder | null {
    if (repeatedBy === null || people.isTrusted(repeatedBy.peerId)) return null;
    const { peerId } = repeatedBy;
    // Messages that are being stored count.
    const portions = [...this.#appends.values(), ...this.#waiting.values()].flat();
    const underWay = portions.filter(({ batch }) => batch.heard.repeatedBy?.peerId === peerId);
    const all = [...entries, ...underWay.flatMap((portion) => portion.entries)];
    const bytes = all.reduce((sum, { content }) => sum + bytesOf(content), 0);
    if (!people.isOverQuota(peerId, bytes)) return null;
    turn.emit(answer(call, ok({ receipts: [] })));
    const ration = { source: peerId, isRestLogged: true };
    turn.emit(logLine('warn', 'stranger-over-quota', { peer: peerId }, ration));
    return { type: 'refuse', ...repeatedBy };
  }

  /** Hands the messages to the history, at once or behind those of the same session that are under way. */
  heard(heard: Heard, turn: IncomingTurn): void {
    const entries = heard.entries.map((entry) => this.#expiry.stamped(entry, turn.now));
    const portions = heard.repeatedBy === null ? [entries] : this.#poison.portionsOf(entries);
    if (portions.length === 0) return turn.emit(answer(heard.call, ok({ receipts: [] })));
    const batch: Batch = { heard, open: portions.length, receipts: [] };
    const isAlone = portions.length > 1;
    const parts = portions.map((entries): Portion => ({ batch, entries, isAlone }));
    // A sender that never repeats loses what is refused, whatever the order.
    if (heard.repeatedBy === null) return this.#append(parts, turn);
    const { sessionId } = heard.repeatedBy;
    const waiting = this.#waiting.get(sessionId);
    if (waiting !== undefined) return void waiting.push(...parts);
    this.#waiting.set(sessionId, parts);
    this.#appendNext(sessionId, turn);
  }

  /** Takes the answer to an append. Returns the orders to the route; null: the append belongs to another part. */
  stored(
    token: Token,
    result: Result<null, StoreFailure | IdTaken>,
    turn: IncomingTurn,
  ): readonly RouteOrder[] | null {
    const portions = this.#appends.get(token);
    if (portions === undefined) return null;
    this.#appends.delete(token);
    const ids = idsOf(portions);
    const orders: RouteOrder[] = [];
    if (result.isOk()) this.#poison.cleared(ids);
    else orders.push(...this.#notStored(portions, ids, result.error, turn));
    for (const portion of portions) this.#close(portion, result.isOk(), turn);
    const sessionId = portions[0]?.batch.heard.repeatedBy?.sessionId;
    if (sessionId === undefined) return orders;
    if (orders.length > 0) this.#refuseWaiting(sessionId, turn);
    else this.#appendNext(sessionId, turn);
    return orders;
  }

  /** Returns the messages of an append, for publishing; null: the append belongs to another part. */
  entriesOf = (token: Token): readonly NewEntry[] | null =>
    this.#appends.get(token)?.flatMap(({ entries }) => entries) ?? null;

  /** Starts the next append of a session: the waiting portions, up to one that goes alone. */
  #appendNext(sessionId: SessionId, turn: IncomingTurn): void {
    const waiting = this.#waiting.get(sessionId) ?? [];
    const [first] = waiting;
    if (first === undefined) return void this.#waiting.delete(sessionId);
    let count = 1;
    let entries = first.entries.length;
    if (!first.isAlone)
      for (const portion of waiting.slice(1)) {
        entries += portion.entries.length;
        if (portion.isAlone || entries > limits.appendEntriesMax) break;
        count += 1;
      }
    this.#append(waiting.splice(0, count), turn);
  }

  #append(portions: readonly Portion[], turn: IncomingTurn): void {
    const token = turn.newToken();
    this.#appends.set(token, portions);
    turn.emit({
      to: 'history',
      token,
      ask: { type: 'append', entries: portions.flatMap(({ entries }) => entries) },
    });
  }

  /** Drops the waiting portions of a session, which their sender repeats on its next session. */
  #refuseWaiting(sessionId: SessionId, turn: IncomingTurn): void {
    for (const portion of this.#waiting.get(sessionId) ?? []) this.#close(portion, false, turn);
    this.#waiting.delete(sessionId);
  }

  /** Answers the call of a batch once its last portion has ended. */
  #close({ batch, entries }: Portion, isStored: boolean, turn: IncomingTurn): void {
    if (isStored) batch.receipts.push(...entries.map(({ id }) => id));
    batch.open -= 1;
    if (batch.open === 0) turn.emit(answer(batch.heard.call, ok({ receipts: batch.receipts })));
  }

  #notStored(
    portions: readonly Portion[],
    ids: readonly MessageId[],
    { code }: StoreFailure | IdTaken,
    turn: IncomingTurn,
  ): readonly RouteOrder[] {
    turn.emit(logLine('error', 'message-not-stored', { code }));
    const repeatedBy = portions[0]?.batch.heard.repeatedBy ?? null;
    const consequence = repeatedBy === null ? 'its sender does not know' : 'it stays with its sender';
    const message = `a message arrived and could not be stored; ${consequence}`;
    turn.emit({ to: 'feed', event: { type: 'error', code, message } });
    if (repeatedBy === null) return [];
    if (code === 'runtime/poison' && this.#poison.crashed(ids)) return [];
    return [{ type: 'refuse', ...repeatedBy }];
  }
}

const idsOf = (portions: readonly Portion[]): readonly MessageId[] =>
  portions.flatMap(({ entries }) => entries.map(({ id }) => id));
