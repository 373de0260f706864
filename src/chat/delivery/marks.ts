/**
 * Reached states of messages on their way to the disk. A state that the disk refuses is kept here and written again
 * until it is stored, since the peer has confirmed and is not asked again before the next start.
 */
import type { Result } from 'neverthrow';
import type { MessageId, PeerId } from '../../ids.js';
import { logLine, type Token, type Turn } from '../turn.js';
import type { DeliveryEffect, EntryAnswer } from './effects.js';
import type { DeliveryState } from './entry.js';
import { outbox as limits } from './limits.js';

type MarksTurn = Turn<DeliveryEffect>;
type MarkAnswer = Extract<EntryAnswer, { readonly type: 'mark' }>['result'];
type Marked = MarkAnswer extends Result<infer Value, unknown> ? Value : never;

/** A state that messages of one peer have reached. */
export interface Mark {
  readonly peerId: PeerId;
  readonly ids: readonly MessageId[];
  readonly state: DeliveryState;
  readonly reason: string | null;
}

/** The end of a mark. `marked`: the answer of the history; null where the state will never be stored. */
export interface Settled {
  readonly mark: Mark;
  readonly marked: Marked | null;
}

/** Messages whose peer has them, in the order of their receipts. */
interface Confirmed {
  readonly peerId: PeerId;
  readonly state: DeliveryState;
  ids: MessageId[];
}

/**
 * The marks that are not stored yet.
 *
 * Each peer has one mark of receipts under way. Later receipts wait for the next one: in a flood a commit then takes
 * those of several batches, and a lone receipt never waits.
 */
export class Marks {
  readonly #asked = new Map<Token, Mark>();
  /** Receipts that wait for the mark that is under way, by state and peer. */
  readonly #waiting = new Map<string, Confirmed>();
  /** Marks of receipts that are under way. */
  readonly #underWay = new Map<Token, string>();
  /** Marks that the disk refused. Their number is bounded by the outbox. */
  readonly #unkept: Mark[] = [];

  /** Returns the token of the request. */
  write(mark: Mark, turn: MarksTurn): Token {
    const token = turn.newToken();
    this.#asked.set(token, mark);
    const { peerId, ids, state } = mark;
    turn.emit({ to: 'history', token, ask: { type: 'mark', peerId, ids, state } });
    return token;
  }

  /** Writes receipts of a peer, at once or together with later ones. */
  confirmed(peerId: PeerId, ids: readonly MessageId[], state: DeliveryState, turn: MarksTurn): void {
    const key = `${state} ${peerId}`;
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) for (const id of ids) waiting.ids.push(id);
    else {
      this.#waiting.set(key, { peerId, state, ids: [...ids] });
      this.#confirmNext(key, turn);
    }
  }

  #confirmNext(key: string, turn: MarksTurn): void {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return;
    const { peerId, state, ids } = waiting;
    if (ids.length === 0) {
      this.#waiting.delete(key);
      return;
    }
    waiting.ids = ids.slice(limits.markIdsMax);
    const mark = { peerId, ids: ids.slice(0, limits.markIdsMax), state, reason: null };
    this.#underWay.set(this.write(mark, turn), key);
  }

  isAsked = (token: Token): boolean => this.#asked.has(token);

  /** Takes an answer of the history. Null: the mark is written again later. */
  answered(token: Token, result: MarkAnswer, turn: MarksTurn): Settled | null {
    const mark = this.#asked.get(token);
    this.#asked.delete(token);
    if (mark === undefined) return null;
    const key = this.#underWay.get(token);
    this.#underWay.delete(token);
    if (key !== undefined) this.#confirmNext(key, turn);
    if (result.isOk()) return { mark, marked: result.value };
    const { code } = result.error;
    turn.emit(logLine('error', 'receipt-not-kept', { code }));
    // A mark that crashes the history is dropped. Its messages are sent again after the next start.
    if (code === 'runtime/poison') return { mark, marked: null };
    this.#unkept.push(mark);
    if (this.#unkept.length === 1)
      turn.emit({ to: 'self', afterMs: limits.markAgainMs, due: { type: 'marks' } });
    return null;
  }

  /** Writes refused marks again. */
  again(turn: MarksTurn): void {
    for (const mark of this.#unkept.splice(0)) this.write(mark, turn);
  }
}
