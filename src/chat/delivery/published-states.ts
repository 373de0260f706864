/**
 * The last published state of each message. The history reports which messages are in a state, not which it has just
 * moved there, since it may crash between the commit and its answer, and a repeated request moves nothing. So a state
 * is published unless it was published before. Pure; bounded.
 */
import type { MessageId } from '../../ids.js';
import type { DeliveryState } from './entry.js';
import { publishedStates as limits } from './limits.js';
import type { Mark } from './marks.js';

/** The published states. */
export class PublishedStates {
  /** States by message and recipient; the oldest is forgotten first. */
  readonly #states = new Map<string, DeliveryState>();

  /** Returns the messages of `reached` whose state is unpublished, and notes it as published. */
  unpublished({ peerId, state }: Mark, reached: readonly MessageId[]): readonly MessageId[] {
    const fresh = reached.filter((id) => this.#states.get(`${id} ${peerId}`) !== state);
    for (const id of fresh) {
      const key = `${id} ${peerId}`;
      this.#states.delete(key);
      this.#states.set(key, state);
    }
    for (const oldest of this.#states.keys()) {
      if (this.#states.size <= limits.statesMax) break;
      this.#states.delete(oldest);
    }
    return fresh;
  }
}
