/**
 * Statuses on native sessions: our own is sent when a session begins and when it changes, to peers that announced that
 * they understand it. Changes of a peer are taken at a bounded rate; of those that come faster the last.
 */
import type { Utterance } from '../../dialects/dialect.js';
import type { PeerId, SessionId } from '../../ids.js';
import { feature } from '../../wire/features.js';
import { plainStatus, type Status } from '../../wire/status.js';
import type { People } from '../people/people.js';
import type { Turn } from '../turn.js';
import type { NativeEffect } from './effects.js';
import { statuses as limits } from './limits.js';
import type { SessionTable } from './session-table.js';
import { tellSession } from './tell-session.js';

/** The memory of a session about the statuses of its peer. */
interface Heard {
  /** Time of the last change that was taken (monotonic, ms). */
  atMs: number;
  /** A change that came too soon; null: none. */
  next: Status | null;
}

/** Sends the own status, and takes those of peers. */
export class Statuses {
  readonly #people: Pick<People, 'contact' | 'statusHeard'>;
  readonly #sessions: SessionTable;
  readonly #heard = new Map<SessionId, Heard>();
  #own: Status = plainStatus;

  constructor(people: Pick<People, 'contact' | 'statusHeard'>, sessions: SessionTable) {
    this.#people = people;
    this.#sessions = sessions;
  }

  /** Sets the status that sessions begin with. */
  set(own: Status): void {
    this.#own = own;
  }

  /** Whether this side is invisible, and wants no session that a peer opened. */
  get isHidden(): boolean {
    return this.#own.presence === 'invisible';
  }

  /** Returns the utterances that tell the own status to a peer. None: it would not understand them. */
  utterancesFor(peerId: PeerId): readonly Utterance[] {
    const features = this.#people.contact(peerId)?.features ?? 0;
    return (features & feature.ephemeral) === 0 ? [] : [{ type: 'status', status: this.#own }];
  }

  /** Tells every peer with a session. Nobody is dialled for it. */
  tell(turn: Turn<NativeEffect>): void {
    for (const live of this.#sessions.usable()) {
      const utterances = live.peerId === null ? [] : this.utterancesFor(live.peerId);
      if (utterances.length > 0) tellSession(live, { say: 'utter', utterances }, turn);
    }
  }

  /** Ends every session: a peer with one sees that we are here. */
  closeSessions(turn: Turn<NativeEffect>): void {
    for (const live of this.#sessions.usable()) tellSession(live, { say: 'close', reason: 'shutdown' }, turn);
  }

  /** Takes the statuses that a peer sent on a session, oldest first. */
  heard(sessionId: SessionId, sent: readonly Status[], turn: Turn<NativeEffect>): void {
    const newest = sent.at(-1);
    if (newest === undefined) return;
    for (const ended of this.#heard.keys())
      if (this.#sessions.get(ended) === undefined) this.#heard.delete(ended);
    const before = this.#heard.get(sessionId) ?? { atMs: Number.NEGATIVE_INFINITY, next: null };
    const waitMs = before.atMs + limits.takeEveryMs - turn.now.monotonicMs;
    if (waitMs <= 0) {
      this.#take(sessionId, newest, turn);
      return;
    }
    if (before.next === null)
      turn.emit({ to: 'self', afterMs: waitMs, due: { type: 'status-heard', sessionId } });
    before.next = newest;
  }

  /** The pause after the last change of a peer is over. */
  due(sessionId: SessionId, turn: Turn<NativeEffect>): void {
    const next = this.#heard.get(sessionId)?.next ?? null;
    if (next !== null) this.#take(sessionId, next, turn);
  }

  #take(sessionId: SessionId, status: Status, turn: Turn<NativeEffect>): void {
    this.#heard.set(sessionId, { atMs: turn.now.monotonicMs, next: null });
    const peerId = this.#sessions.get(sessionId)?.peerId ?? null;
    if (peerId !== null) this.#people.statusHeard(peerId, status, turn);
  }
}
