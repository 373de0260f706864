/**
 * Which state of a message readers of events were told last. The history tells which messages are in a state, not which
 * it has just moved there: it may have died between the commit and its answer, and the request that comes again moves
 * nothing. So a state is published where it was not told before. Pure; bounded.
 */
import type { MessageId } from '../../ids.js';
import type { DeliveryState } from './entry.js';
import { told as limits } from './limits.js';
import type { Mark } from './marks.js';

export class Told {
  /** By message and recipient; the oldest is forgotten first. */
  readonly #states = new Map<string, DeliveryState>();

  /** Those of `reached` whose state readers do not know yet; from now on they do. */
  untold({ peerId, state }: Mark, reached: readonly MessageId[]): readonly MessageId[] {
    const untold = reached.filter((id) => this.#states.get(`${id} ${peerId}`) !== state);
    for (const id of untold) {
      const key = `${id} ${peerId}`;
      this.#states.delete(key);
      this.#states.set(key, state);
    }
    for (const oldest of this.#states.keys()) {
      if (this.#states.size <= limits.statesMax) break;
      this.#states.delete(oldest);
    }
    return untold;
  }
}
