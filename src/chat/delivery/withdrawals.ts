/**
 * Messages that the user takes out of the outbox. A message is withdrawn once the disk knows; one that the peer has
 * confirmed meanwhile stays delivered.
 */
import { err, ok } from 'neverthrow';
import type { PeerId } from '../../ids.js';
import type { StatusEvent } from '../events.js';
import { answer, type CallId, type Token, type Turn } from '../turn.js';
import type { DeliveryEffect, EntryAnswer, StoreFailure } from './effects.js';
import { status } from './transcript.js';

/** Reason of the state `failed` of a withdrawn message. */
export const withdrawn = 'withdrawn';

/** The call that withdraws messages. */
export type Withdrawal = CallId<readonly StatusEvent[], StoreFailure>;

interface Open {
  readonly peerId: PeerId;
  readonly peer: string;
  /** Null: nobody waits for an answer. */
  readonly call: Withdrawal | null;
}

/** The withdrawals that are being committed. */
export class Withdrawals {
  readonly #open = new Map<Token, Open>();
  /** Looks at the disk whether anything waits for a peer still. */
  readonly #looks = new Map<Token, PeerId>();

  /** The mark of the request carries this token. */
  asked(token: Token, open: Open): void {
    this.#open.set(token, open);
  }

  /** The disk answered the mark of this token, which may be the mark of another request. */
  marked(
    token: Token,
    result: Extract<EntryAnswer, { readonly type: 'mark' }>['result'],
    turn: Turn<DeliveryEffect>,
  ): void {
    const open = this.#open.get(token);
    if (open === undefined) return;
    this.#open.delete(token);
    const { peerId, peer, call } = open;
    if (result.isErr()) {
      if (call !== null) turn.emit(answer(call, err(result.error)));
      return;
    }
    const statuses = result.value.reached.map((id) => ({ ...status(id, peer, 'failed'), reason: withdrawn }));
    if (call !== null) turn.emit(answer(call, ok(statuses)));
    const look = turn.newToken();
    this.#looks.set(look, peerId);
    const ask = { type: 'outbox', peerId, afterSeq: 0, entriesMax: 1, bytesMax: 1 } as const;
    turn.emit({ to: 'history', token: look, ask });
  }

  /** The disk answered a look: `idle` is called where nothing waits any more. False: the request was another one. */
  looked(
    token: Token,
    page: Extract<EntryAnswer, { readonly type: 'outbox' }>['result'],
    idle: (peerId: PeerId) => void,
  ): boolean {
    const peerId = this.#looks.get(token);
    if (peerId === undefined) return false;
    this.#looks.delete(token);
    if (page.isOk() && page.value.entries.length === 0) idle(peerId);
    return true;
  }
}
