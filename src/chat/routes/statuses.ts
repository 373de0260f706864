/**
 * Statuses on native sessions: our own is sent when a session begins and when it changes, to peers that announced that
 * they understand it. Changes of a peer are taken at a bounded rate; of changes that come faster, the last one is taken.
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

/** The statuses that a peer sent on one session. */
interface Received {
  /** Time of the last change that was taken (monotonic, ms). */
  atMs: number;
  /** A change that came too soon; null: none. */
  next: Status | null;
}

/** Sends the own status, and takes those of peers. */
export class Statuses {
  readonly #people: Pick<People, 'contact' | 'statusHeard'>;
  readonly #sessions: SessionTable;
  readonly #received = new Map<SessionId, Received>();
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
  get isInvisible(): boolean {
    return this.#own.presence === 'invisible';
  }

  /** Returns the utterances that carry the own status to a peer; empty: the peer would not understand them. */
  utterancesFor(peerId: PeerId): readonly Utterance[] {
    const features = this.#people.contact(peerId)?.features ?? 0;
    return (features & feature.ephemeral) === 0 ? [] : [{ type: 'status', status: this.#own }];
  }

  /** Sends the own status to every peer with a session. Nobody is dialled for it. */
  send(turn: Turn<NativeEffect>): void {
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
  receive(sessionId: SessionId, sent: readonly Status[], turn: Turn<NativeEffect>): void {
    const newest = sent.at(-1);
    if (newest === undefined) return;
    for (const ended of this.#received.keys())
      if (this.#sessions.get(ended) === undefined) this.#received.delete(ended);
    const before = this.#received.get(sessionId) ?? { atMs: Number.NEGATIVE_INFINITY, next: null };
    const waitMs = before.atMs + limits.takeEveryMs - turn.now.monotonicMs;
    if (waitMs <= 0) {
      this.#take(sessionId, newest, turn);
      return;
    }
    if (before.next === null)
      turn.emit({ to: 'self', afterMs: waitMs, due: { type: 'status-heard', sessionId } });
    before.next = newest;
  }

  /** Takes the change that came too soon, now that the pause after the one before is over. */
  due(sessionId: SessionId, turn: Turn<NativeEffect>): void {
    const next = this.#received.get(sessionId)?.next ?? null;
    if (next !== null) this.#take(sessionId, next, turn);
  }

  #take(sessionId: SessionId, status: Status, turn: Turn<NativeEffect>): void {
    this.#received.set(sessionId, { atMs: turn.now.monotonicMs, next: null });
    const peerId = this.#sessions.get(sessionId)?.peerId ?? null;
    if (peerId !== null) this.#people.statusHeard(peerId, status, turn);
  }
}
