/**
 * The last published state of each message. The history reports which messages are in a state, not which it has just
 * moved there, since it may crash between the commit and its answer, and a repeated request moves nothing. So a state
 * is published unless it was published before. Pure; bounded.
 */
import type { MessageId, PeerId } from '../../ids.js';
import type { DeliveryState } from './entry.js';
import { publishedStates as limits } from './limits.js';
import type { Mark } from './marks.js';

/** The published states. */
export class PublishedStates {
  /** States by recipient and message, the recipient of the last state last: an id is a short key, a pair is not. */
  readonly #byPeer = new Map<PeerId, Map<MessageId, DeliveryState>>();
  #size = 0;

  /** Returns the messages of `reached` whose state is unpublished, and notes it as published. */
  unpublished({ peerId, state }: Mark, reached: readonly MessageId[]): readonly MessageId[] {
    const states = this.#byPeer.get(peerId) ?? new Map<MessageId, DeliveryState>();
    this.#byPeer.delete(peerId);
    this.#byPeer.set(peerId, states);
    const fresh: MessageId[] = [];
    for (const id of reached) {
      const before = states.get(id);
      if (before === state) continue;
      fresh.push(id);
      if (before === undefined) this.#size += 1;
      else states.delete(id);
      states.set(id, state);
    }
    this.#forget();
    return fresh;
  }

  /** Forgets the oldest states of the recipient without a state for the longest time. */
  #forget(): void {
    for (const [peerId, states] of this.#byPeer) {
      for (const oldest of states.keys()) {
        if (this.#size <= limits.statesMax) return;
        states.delete(oldest);
        this.#size -= 1;
      }
      if (this.#size <= limits.statesMax) return;
      this.#byPeer.delete(peerId);
    }
  }
}
