/**
 * Messages of peers that crash the history, alone or among others. A message that crashes it each time is not handed to
 * it again: its sender would bring it back until the node gives up. Which one of several it was shows when they come
 * again, each by itself. Pure; bounded.
 */
import type { MessageId } from '../../ids.js';
import type { NewEntry } from './entry.js';
import { incoming as limits } from './limits.js';

export class Poison {
  readonly #verdicts = new Map<MessageId, 'suspect' | 'set-aside'>();

  /** The lines that may be handed to the history, in order; a suspect one is a portion by itself. */
  portionsOf(lines: readonly NewEntry[]): readonly (readonly NewEntry[])[] {
    const portions: NewEntry[][] = [];
    let open: NewEntry[] | null = null;
    for (const line of lines) {
      const verdict = this.#verdicts.get(line.id);
      if (verdict === 'set-aside') continue;
      if (verdict === 'suspect') {
        portions.push([line]);
        open = null;
      } else if (open === null) portions.push((open = [line]));
      else open.push(line);
    }
    return portions;
  }

  /** These are committed: whatever crashed the history, it was not one of them. */
  cleared(ids: readonly MessageId[]): void {
    for (const id of ids) this.#verdicts.delete(id);
  }

  /** The history crashed over these. True: the culprit is found and set aside, so what came with it and after it goes on. */
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
