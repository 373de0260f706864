/**
 * Marks of readers: the message up to which the user read a conversation, and the message up to which `serve --json`
 * has written. Both are on disk before a call is answered.
 */
import { ok } from 'neverthrow';
import type { PeerId } from '../../ids.js';
import type { PeerEvent } from '../events.js';
import type { People, PeopleTurn } from '../people/people.js';
import { answer, type CallId, type Token, type Turn } from '../turn.js';
import type { DeliveryEffect, EntryAnswer, StoreFailure } from './effects.js';
import type { Emitted, OwedMark } from './entry.js';

type ReadCall = CallId<PeerEvent, StoreFailure>;
type EmittedCall = CallId<Emitted, StoreFailure>;
type UnseenAnswer = Extract<EntryAnswer, { readonly type: 'read' | 'emitted' }>;
type UnseenTurn = Turn<DeliveryEffect> & PeopleTurn;

/** A mark that is being committed. */
interface Reading {
  readonly peerId: PeerId;
  /** Null: the unread messages are counted again, and nobody waits for the answer. */
  readonly call: ReadCall | null;
}

/** The requests about marks that are being committed. */
export class ReaderMarks {
  readonly #people: People;
  readonly #reads = new Map<Token, Reading>();
  readonly #emissions = new Map<Token, EmittedCall>();
  #emittedSeq = 0;

  constructor(people: People) {
    this.#people = people;
  }

  restore(emittedSeq: number): void {
    this.#emittedSeq = emittedSeq;
  }

  /**
   * Marks the messages of a peer as read up to a `seq`; null: all. `isTold`: the peer is not to learn of it. The call is
   * answered with the row of the peer.
   */
  read(peerId: PeerId, upToSeq: number | null, isTold: boolean, call: ReadCall, turn: UnseenTurn): void {
    const token = turn.newToken();
    this.#reads.set(token, { peerId, call });
    turn.emit({ to: 'history', token, ask: { type: 'read', peerId, upToSeq, isTold } });
  }

  /** Counts the unread messages of a peer again. The mark stays where it is. */
  recount(peerId: PeerId, turn: UnseenTurn): void {
    const token = turn.newToken();
    this.#reads.set(token, { peerId, call: null });
    turn.emit({ to: 'history', token, ask: { type: 'read', peerId, upToSeq: 0, isTold: true } });
  }

  /** Raises the mark of `serve --json` to `seq`. Null: only asks for the mark. */
  emitted(seq: number | null, call: EmittedCall, turn: UnseenTurn): void {
    if (seq === null || seq <= this.#emittedSeq) {
      turn.emit(answer(call, ok({ seq: this.#emittedSeq })));
      return;
    }
    const token = turn.newToken();
    this.#emissions.set(token, call);
    turn.emit({ to: 'history', token, ask: { type: 'emitted', seq } });
  }

  /** Takes an answer of the history. Returns the mark that a peer is owed; null: none. */
  answered(
    token: Token,
    stored: UnseenAnswer,
    turn: UnseenTurn,
  ): { readonly peerId: PeerId; readonly mark: OwedMark | null } | null {
    if (stored.type === 'read') {
      const read = this.#reads.get(token);
      this.#reads.delete(token);
      if (read === undefined) return null;
      this.#readUpTo(read, stored.result, turn);
      return { peerId: read.peerId, mark: stored.result.map(({ owed }) => owed).unwrapOr(null) };
    }
    const call = this.#emissions.get(token);
    this.#emissions.delete(token);
    if (stored.result.isOk()) this.#emittedSeq = Math.max(this.#emittedSeq, stored.result.value.seq);
    if (call !== undefined) turn.emit(answer(call, stored.result));
    return null;
  }

  #readUpTo(
    { peerId, call }: Reading,
    result: Extract<EntryAnswer, { readonly type: 'read' }>['result'],
    turn: UnseenTurn,
  ): void {
    if (result.isOk()) this.#people.read(peerId, result.value, turn);
    if (call !== null)
      turn.emit(
        answer(
          call,
          result.map(() => this.#people.row(peerId)),
        ),
      );
  }
}
