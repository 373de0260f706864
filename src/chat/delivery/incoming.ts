/**
 * Words of peers on their way to the disk, and the receipts that go back. Without a commit there is no receipt, and a
 * sender that repeats its words keeps them.
 *
 *   heard ─► append … stored ─► published, call answered with the receipts
 */
import { ok, type Result } from 'neverthrow';
import type { MessageId } from '../../ids.js';
import type { IdTaken } from '../errors.js';
import type { Heard, RouteOrder } from '../routes/route.js';
import { answer, logLine, type Token, type Turn } from '../turn.js';
import type { DeliveryEffect, StoreFailure } from './effects.js';
import type { NewEntry } from './entry.js';
import { Poison } from './poison.js';

type IncomingTurn = Turn<DeliveryEffect>;

/** One `heard` on its way: answered when all its portions are. */
interface Batch {
  readonly heard: Heard;
  open: number;
  readonly receipts: MessageId[];
}

export class Incoming {
  readonly #poison = new Poison();
  readonly #portions = new Map<Token, { readonly batch: Batch; readonly lines: readonly NewEntry[] }>();

  /** Hands the lines to the history. */
  heard(heard: Heard, turn: IncomingTurn): void {
    const portions = heard.repeatedBy === null ? [heard.lines] : this.#poison.portionsOf(heard.lines);
    const batch: Batch = { heard, open: portions.length, receipts: [] };
    // All at once: in the order in which they are handed over they are also committed.
    for (const lines of portions) {
      const token = turn.newToken();
      this.#portions.set(token, { batch, lines });
      turn.emit({ to: 'history', token, ask: { type: 'append', lines } });
    }
    if (portions.length === 0) turn.emit(answer(heard.call, ok({ receipts: [] })));
  }

  /** What became of an append, and what the route is to do; null where the append is none of ours. */
  stored(
    token: Token,
    result: Result<null, StoreFailure | IdTaken>,
    turn: IncomingTurn,
  ): readonly RouteOrder[] | null {
    const portion = this.#portions.get(token);
    if (portion === undefined) return null;
    this.#portions.delete(token);
    const { batch, lines } = portion;
    const ids = lines.map(({ id }) => id);
    const orders: RouteOrder[] = [];
    if (result.isOk()) {
      this.#poison.cleared(ids);
      batch.receipts.push(...ids);
    } else orders.push(...this.#notStored(batch.heard, ids, result.error, turn));
    batch.open -= 1;
    if (batch.open === 0) turn.emit(answer(batch.heard.call, ok({ receipts: batch.receipts })));
    return orders;
  }

  /** The lines of an append, for publishing; null where the append is none of ours. */
  linesOf = (token: Token): readonly NewEntry[] | null => this.#portions.get(token)?.lines ?? null;

  #notStored(
    { repeatedBy }: Heard,
    ids: readonly MessageId[],
    { code }: StoreFailure | IdTaken,
    turn: IncomingTurn,
  ): readonly RouteOrder[] {
    turn.emit(logLine('error', 'message-not-stored', { code }));
    const consequence = repeatedBy === null ? 'its sender does not know' : 'it stays with its sender';
    const message = `a message arrived and could not be stored; ${consequence}`;
    turn.emit({ to: 'feed', event: { type: 'error', code, message } });
    if (repeatedBy === null) return [];
    if (code === 'runtime/poison' && this.#poison.crashed(ids)) return [];
    return [{ type: 'refuse', ...repeatedBy }];
  }
}
