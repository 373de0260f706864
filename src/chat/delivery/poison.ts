/**
 * Messages of peers that crash the history. Such a message is not handed to it again, since its sender would repeat
 * it until the node gives up. Where several messages crashed it together, each comes by itself the next time, which
 * identifies the culprit. Pure; bounded.
 */
import type { MessageId } from '../../ids.js';
import type { NewEntry } from './entry.js';
import { incoming as limits } from './limits.js';

/** Verdicts on messages that were part of a crash. */
export class Poison {
  readonly #verdicts = new Map<MessageId, 'suspect' | 'set-aside'>();

  /** Returns the entries that may be handed to the history, in order; each suspect is a portion by itself. */
  portionsOf(entries: readonly NewEntry[]): readonly (readonly NewEntry[])[] {
    const portions: NewEntry[][] = [];
    let open: NewEntry[] | null = null;
    for (const entry of entries) {
      const verdict = this.#verdicts.get(entry.id);
      if (verdict === 'set-aside') continue;
      if (verdict === 'suspect') {
        portions.push([entry]);
        open = null;
      } else if (open === null) portions.push((open = [entry]));
      else open.push(entry);
    }
    return portions;
  }

  /** Clears committed messages of suspicion. */
  cleared(ids: readonly MessageId[]): void {
    for (const id of ids) this.#verdicts.delete(id);
  }

  /** Notes that the history crashed over these. True: the culprit is found and set aside, and the others go on. */
  crashed(ids: readonly MessageId[]): boolean {
    const isFound = ids.length === 1;
    for (const id of ids) this.#remember(id, isFound ? 'set-aside' : 'suspect');
    return isFound;
  }

  #remember(id: MessageId, verdict: 'suspect' | 'set-aside'): void {
    this.#verdicts.set(id, verdict);
    if (this.#verdicts.size <= limits.poisonIdsMax) return;
    for (const oldest of this.#verdicts.keys()) {
      this.#verdicts.delete(oldest);
      return;
    }
  }
}
