/**
 * How native peers want to be called. Each change costs a row on disk and an event for every reader, so one a second is
 * taken; of those that come faster the last.
 */
import type { People } from '../people/people.js';
import type { Turn } from '../turn.js';
import type { NativeEffect } from './effects.js';
import { dialing as limits } from './limits.js';
import type { LiveSession } from './live-session.js';

/** Takes changes of names, at most one a second of each peer. */
export class Renames {
  readonly #people: Pick<People, 'renamed'>;

  constructor(people: Pick<People, 'renamed'>) {
    this.#people = people;
  }

  /** A peer says how it wants to be called. False: the name waits, and the timer `name` brings it back. */
  heard(live: LiveSession, raw: string, turn: Turn<NativeEffect>): boolean {
    const waitMs = live.renamedAtMs + limits.renameEveryMs - turn.now.monotonicMs;
    if (waitMs > 0) {
      const due = { type: 'name', sessionId: live.sessionId } as const;
      if (live.renameTo === null) turn.emit({ to: 'self', afterMs: waitMs, due });
      live.renameTo = raw;
      return false;
    }
    live.renamedAtMs = turn.now.monotonicMs;
    if (live.peerId !== null) this.#people.renamed(live.peerId, raw, turn);
    return true;
  }

  /** The timer `name` fired. False: a name was taken too shortly before. */
  due(live: LiveSession, turn: Turn<NativeEffect>): boolean {
    const { renameTo } = live;
    live.renameTo = null;
    return renameTo === null || this.heard(live, renameTo, turn);
  }
}
