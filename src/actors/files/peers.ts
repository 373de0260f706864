/**
 * The sessions over which transfers run. Small words go out at once; chunks of several transfers take turns, and wait
 * until the session has written what it holds.
 *
 * Two that dial each other have two sessions for a moment. Which of them ends is decided elsewhere, so each is kept until
 * it is over, and the newest one is used.
 */
import type { FileWords } from '../../dialects/files.js';
import type { PeerId, SessionId } from '../../ids.js';
import type { Ref } from '../../runtime/actor.js';
import type { SessionProtocol } from '../connection/protocol.js';
import { files as limits } from './limits.js';
import type { Outgoing } from './sending/outgoing.js';

/** The part of a session's ref that is used. */
export type SessionRef = Pick<Ref<SessionProtocol>, 'castOnce'> & { readonly actor: string };

/** The part of a sending end that is used. */
type Sender = Pick<Outgoing, 'hasWork' | 'work'>;

/** The end of a session. `isReplaced`: another one is used from now on. */
export interface SessionOver {
  readonly peerId: PeerId;
  readonly isReplaced: boolean;
}

/** One session. */
class Way {
  readonly sessionId: SessionId;
  readonly actor: string;
  readonly #session: SessionRef;
  #heldBytes = 0;
  #takenBytes = 0;
  #isOver = false;
  #onRoom: () => void = () => undefined;

  constructor(sessionId: SessionId, session: SessionRef) {
    this.sessionId = sessionId;
    this.actor = session.actor;
    this.#session = session;
  }

  give(words: readonly FileWords[], buffer: ArrayBuffer | null): void {
    // The buffer moves to the session, which leaves it empty here.
    const bytes = buffer?.byteLength ?? 0;
    const given = this.#session.castOnce('sayFiles', { words }, buffer === null ? [] : [buffer]);
    // A session that is gone, or that takes nothing more, is reported as over.
    if (given.isOk()) this.#heldBytes += bytes;
  }

  /** Settles once the session has room, or is over. */
  async room(): Promise<void> {
    while (this.#heldBytes >= limits.sessionBytesMax && !this.#isOver)
      await new Promise<void>((resolve) => (this.#onRoom = resolve));
  }

  written(bytes: number): void {
    this.#heldBytes -= bytes;
    if (this.#heldBytes < limits.sessionBytesMax) this.#onRoom();
  }

  /** Gives the peer credit back for bytes that were dealt with, many at a time: it has far more of it. */
  taken(bytes: number): void {
    this.#takenBytes += bytes;
    if (this.#takenBytes < limits.takenBytes) return;
    this.#session.castOnce('filesTaken', { bytes: this.#takenBytes });
    this.#takenBytes = 0;
  }

  end(): void {
    this.#isOver = true;
    this.#onRoom();
  }
}

/** The sessions with one peer. */
class PeerWays {
  /** The one in use last. */
  readonly ways: Way[] = [];
  readonly #works: () => readonly Sender[];
  #isWorking = false;
  #turn = 0;

  constructor(works: () => readonly Sender[]) {
    this.#works = works;
  }

  get current(): Way | undefined {
    return this.ways.at(-1);
  }

  /** Works until no transfer is asked for anything. One piece at a time, also when the session changes meanwhile. */
  work(): void {
    if (this.#isWorking) return;
    this.#isWorking = true;
    void this.#workOn().finally(() => (this.#isWorking = false));
  }

  async #workOn(): Promise<void> {
    while (this.current !== undefined) {
      const works = this.#works().filter(({ hasWork }) => hasWork);
      this.#turn += 1;
      const one = works[this.#turn % Math.max(1, works.length)];
      if (one === undefined) return;
      await one.work(async (words, buffer) => {
        const way = this.current;
        way?.give(words, buffer);
        await way?.room();
      });
    }
  }
}

/** The sessions of all peers. */
export class Ways {
  readonly #byPeer = new Map<PeerId, PeerWays>();

  /** Takes a session, which is used from now on instead of an earlier one. A repeated report changes nothing. */
  up(peerId: PeerId, sessionId: SessionId, session: SessionRef, works: () => readonly Sender[]): void {
    const known = this.#byPeer.get(peerId) ?? new PeerWays(works);
    this.#byPeer.set(peerId, known);
    if (known.ways.every((way) => way.sessionId !== sessionId)) known.ways.push(new Way(sessionId, session));
  }

  isUp = (peerId: PeerId): boolean => this.#byPeer.has(peerId);

  say(peerId: PeerId, words: readonly FileWords[]): void {
    if (words.length > 0) this.#byPeer.get(peerId)?.current?.give(words, null);
  }

  work(peerId: PeerId): void {
    this.#byPeer.get(peerId)?.work();
  }

  written(sessionId: SessionId, bytes: number): void {
    this.#find(sessionId)?.written(bytes);
  }

  taken(sessionId: SessionId, bytes: number): void {
    this.#find(sessionId)?.taken(bytes);
  }

  #find(sessionId: SessionId): Way | undefined {
    for (const { ways } of this.#byPeer.values()) {
      const way = ways.find((each) => each.sessionId === sessionId);
      if (way !== undefined) return way;
    }
    return undefined;
  }

  /** Forgets a session. Returns null where it was not in use. */
  over(actor: string): SessionOver | null {
    for (const [peerId, { ways }] of this.#byPeer) {
      const at = ways.findIndex((way) => way.actor === actor);
      const way = ways[at];
      if (way === undefined) continue;
      const isInUse = at === ways.length - 1;
      ways.splice(at, 1);
      way.end();
      if (ways.length === 0) this.#byPeer.delete(peerId);
      return isInUse ? { peerId, isReplaced: ways.length > 0 } : null;
    }
    return null;
  }
}
