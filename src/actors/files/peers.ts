/**
 * The sessions over which transfers run, one for each peer. Small words go out at once; chunks of several transfers take
 * turns, and wait until the session has written what it holds.
 */
import type { FileWords } from '../../dialects/files.js';
import type { PeerId, SessionId } from '../../ids.js';
import type { Ref } from '../../runtime/actor.js';
import type { SessionProtocol } from '../connection/protocol.js';
import { files as limits } from './limits.js';
import type { Outgoing } from './outgoing.js';

/** One session. */
class Way {
  readonly sessionId: SessionId;
  readonly actor: string;
  readonly #session: Pick<Ref<SessionProtocol>, 'castOnce'>;
  readonly #works: () => readonly Outgoing[];
  #heldBytes = 0;
  #hasRoom: (() => void) | null = null;
  #isWorking = false;
  #isOver = false;
  #turn = 0;

  constructor(
    sessionId: SessionId,
    session: Pick<Ref<SessionProtocol>, 'castOnce'> & { readonly actor: string },
    works: () => readonly Outgoing[],
  ) {
    this.sessionId = sessionId;
    this.actor = session.actor;
    this.#session = session;
    this.#works = works;
  }

  say(words: readonly FileWords[]): void {
    if (words.length > 0) this.#give(words, 0, null);
  }

  written(bytes: number): void {
    this.#heldBytes -= bytes;
    if (this.#heldBytes < limits.sessionBytesMax) this.#wake();
  }

  /** Works until no transfer is asked for anything. */
  work(): void {
    if (this.#isWorking || this.#isOver) return;
    this.#isWorking = true;
    void this.#workOn().finally(() => (this.#isWorking = false));
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  async #workOn(): Promise<void> {
    for (;;) {
      const works = this.#works().filter(({ hasWork }) => hasWork);
      this.#turn += 1;
      const one = works[this.#turn % Math.max(1, works.length)];
      if (one === undefined || this.#isOver) return;
      await one.work((words, buffer) => this.#deliver(words, buffer));
    }
  }

  async #deliver(words: readonly FileWords[], buffer: ArrayBuffer | null): Promise<void> {
    if (this.#isOver) return;
    this.#give(words, buffer?.byteLength ?? 0, buffer);
    while (this.#heldBytes >= limits.sessionBytesMax && !this.#isOver)
      await new Promise<void>((resolve) => (this.#hasRoom = resolve));
  }

  #give(words: readonly FileWords[], bytes: number, buffer: ArrayBuffer | null): void {
    const given = this.#session.castOnce('sayFiles', { words }, buffer === null ? [] : [buffer]);
    // A session that is gone, or that takes nothing more, is reported as over.
    if (given.isOk()) this.#heldBytes += bytes;
  }

  #wake(): void {
    this.#hasRoom?.();
    this.#hasRoom = null;
  }
}

/** The sessions of all peers. */
export class Ways {
  readonly #byPeer = new Map<PeerId, Way>();

  /** Takes a session, which is used from now on instead of an earlier one. */
  up(
    peerId: PeerId,
    sessionId: SessionId,
    session: Pick<Ref<SessionProtocol>, 'castOnce'> & { readonly actor: string },
    works: () => readonly Outgoing[],
  ): void {
    this.#byPeer.get(peerId)?.end();
    this.#byPeer.set(peerId, new Way(sessionId, session, works));
  }

  isUp = (peerId: PeerId): boolean => this.#byPeer.has(peerId);

  say(peerId: PeerId, words: readonly FileWords[]): void {
    this.#byPeer.get(peerId)?.say(words);
  }

  work(peerId: PeerId): void {
    this.#byPeer.get(peerId)?.work();
  }

  written(sessionId: SessionId, bytes: number): void {
    for (const way of this.#byPeer.values()) if (way.sessionId === sessionId) way.written(bytes);
  }

  /** Forgets a session. Returns its peer; null: it was not in use. */
  over(actor: string): PeerId | null {
    for (const [peerId, way] of this.#byPeer) {
      if (way.actor !== actor) continue;
      way.end();
      this.#byPeer.delete(peerId);
      return peerId;
    }
    return null;
  }
}
