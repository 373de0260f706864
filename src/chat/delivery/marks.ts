/**
 * States that messages have reached, on their way to the disk. A state that the disk does not take is kept here, and
 * written again until it does: the peer has confirmed, and would not be asked again before the next start.
 */
import type { Result } from 'neverthrow';
import type { MessageId, PeerId } from '../../ids.js';
import { logLine, type Token, type Turn } from '../turn.js';
import type { DeliveryEffect, LineAnswer } from './effects.js';
import type { DeliveryState } from './entry.js';
import { outbox as limits } from './limits.js';

type MarksTurn = Turn<DeliveryEffect>;
type MarkAnswer = Extract<LineAnswer, { readonly type: 'mark' }>['result'];
type Marked = MarkAnswer extends Result<infer Value, unknown> ? Value : never;

export interface Mark {
  readonly peerId: PeerId;
  readonly ids: readonly MessageId[];
  readonly state: DeliveryState;
  readonly reason: string | null;
}

/** What became of a mark. `marked`: null where the disk will never know. */
export interface Settled {
  readonly mark: Mark;
  readonly marked: Marked | null;
}

export class Marks {
  readonly #asked = new Map<Token, Mark>();
  /** Not taken by the disk. No more than the outbox has messages. */
  readonly #unkept: Mark[] = [];

  write(mark: Mark, turn: MarksTurn): void {
    const token = turn.newToken();
    this.#asked.set(token, mark);
    const { peerId, ids, state } = mark;
    turn.emit({ to: 'history', token, ask: { type: 'mark', peerId, ids, state } });
  }

  isAsked = (token: Token): boolean => this.#asked.has(token);

  /** The history answered. Null: the mark is written again later. */
  answered(token: Token, result: MarkAnswer, turn: MarksTurn): Settled | null {
    const mark = this.#asked.get(token);
    this.#asked.delete(token);
    if (mark === undefined) return null;
    if (result.isOk()) return { mark, marked: result.value };
    const { code } = result.error;
    turn.emit(logLine('error', 'receipt-not-kept', { code }));
    // What crashes the history is not handed to it again. The messages are said again after the next start.
    if (code === 'runtime/poison') return { mark, marked: null };
    this.#unkept.push(mark);
    if (this.#unkept.length === 1)
      turn.emit({ to: 'self', afterMs: limits.markAgainMs, due: { type: 'marks' } });
    return null;
  }

  /** Writes again what the disk did not take. */
  again(turn: MarksTurn): void {
    for (const mark of this.#unkept.splice(0)) this.write(mark, turn);
  }
}
