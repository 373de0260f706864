/**
 * Runs of one identity. A peer that starts again is another instance of its identity, and so is a copy of its home. The
 * answer to a PING tells the two cases apart: the session of a run that is gone is closed, and of two runs that answer
 * both sessions stay, with a warning for the user.
 *
 *   another instance is up ─► ping ─► answered: both stay, one warning       unanswered in time: the older one is closed
 */
import type { PeerId, SessionId } from '../../ids.js';
import { peerIdOf } from '../people/identity.js';
import type { Entry } from '../delivery/entry.js';
import type { People } from '../people/people.js';
import type { Turn } from '../turn.js';
import type { NativeEffect, PingDue } from './effects.js';
import { instances as limits } from './limits.js';
import type { LiveSession, OwnSide } from './live-session.js';
import { noteSent } from './narrow-paths.js';
import { addressAtOtherEnd } from './pinning.js';
import type { RouteReport } from './route.js';
import type { SessionTable } from './session-table.js';
import { tellSession } from './tell-session.js';
import { sendableOf } from './utterances.js';

type InstanceTurn = Turn<NativeEffect>;

/** The pings on sessions whose run may be gone. */
export class Instances {
  readonly #own: OwnSide;
  readonly #people: People;
  readonly #sessions: SessionTable;
  /** Time of the warning that two copies of a peer run (monotonic, ms). */
  readonly #warnedAtMs = new Map<PeerId, number>();
  /** The instance of each peer that was dialled last only to learn whether it runs, and when. */
  readonly #dialledToCheck = new Map<PeerId, { readonly bootIdHex: string; readonly atMs: number }>();

  constructor(own: OwnSide, people: People, sessions: SessionTable) {
    this.#own = own;
    this.#people = people;
    this.#sessions = sessions;
  }

  /** Takes a session that is up. False: another session with the same instance stays instead. */
  takesOver(live: LiveSession, idKey: Uint8Array, turn: InstanceTurn): boolean {
    const keys = { own: this.#own.idKey, peer: idKey };
    const { duplicates, strangers, surplus } = this.#sessions.takeOver(live, peerIdOf(idKey), keys);
    for (const other of duplicates) tellSession(other, { say: 'close', reason: 'dup' }, turn);
    for (const other of surplus) tellSession(other, { say: 'close', reason: 'park' }, turn);
    for (const other of strangers) this.#ping(other, turn);
    return !duplicates.includes(live);
  }

  /** Hands entries to the current session of a peer. */
  utter(peerId: PeerId, entries: readonly Entry[], turn: InstanceTurn): readonly RouteReport[] {
    const live = this.#toSpeakOn(peerId, turn);
    if (live === undefined) return [];
    const {
      sendable,
      utterances,
      unsendable: ids,
    } = sendableOf(entries, this.#people.contact(peerId)?.features ?? 0);
    noteSent(live, sendable, turn.now.monotonicMs);
    if (utterances.length > 0) tellSession(live, { say: 'utter', utterances }, turn);
    const reason = 'the program of the peer does not know this operation';
    return [
      { type: 'taken', peerId, entries: sendable },
      ...(ids.length === 0 ? [] : [{ type: 'refused', peerId, ids, reason } as const]),
    ];
  }

  /** Replaces the current session, which has ended. True: there is a session with another instance. */
  goesOn(peerId: PeerId, turn: InstanceTurn): boolean {
    const [other] = this.#sessions.usableWith(peerId);
    if (other !== undefined) this.#turnTo(other, peerId, turn);
    else {
      this.#people.disconnected(peerId, turn);
      this.#people.publish(peerId, turn);
    }
    return other !== undefined;
  }

  /** Takes the answer to the PING on a session. */
  answered(sessionId: SessionId, turn: InstanceTurn): void {
    const live = this.#sessions.get(sessionId);
    if (live === undefined || live.peerId === null || live.ping.state !== 'open') return;
    live.ping = { state: 'answered' };
    this.#warn(live.peerId, this.#sessions.usableWith(live.peerId), turn);
  }

  /**
   * Asks each session with another host than `host`, where the peer is now heard, for a sign of life. A peer that has
   * moved does not end its old connection, and silence alone would show that only after 13 s.
   */
  heardAt(peerId: PeerId, host: string, turn: InstanceTurn): void {
    for (const live of this.#sessions.usableWith(peerId))
      if (live.address.host !== host) this.#ping(live, turn);
  }

  /** Closes a session on which a PING was not answered in time. */
  due({ sessionId, atMs }: PingDue, turn: InstanceTurn): void {
    const live = this.#sessions.get(sessionId);
    if (live?.ping.state !== 'open' || live.ping.atMs !== atMs) return;
    const lateMs = turn.now.monotonicMs - atMs - limits.answerWithinMs;
    if (lateMs <= limits.ownDelayMs) tellSession(live, { say: 'close', reason: 'dup' }, turn);
    else {
      // This node stood still meanwhile, and the answer may wait behind the timer.
      live.ping = { state: 'none' };
      this.#ping(live, turn);
    }
  }

  /** Tells whether an announced instance is to be dialled beside the sessions with other instances. */
  isNews(peerId: PeerId, bootIdHex: string, isWaiting: boolean, turn: InstanceTurn): boolean {
    const usable = this.#sessions.usableWith(peerId);
    if (usable.length === 0 || usable.some((live) => live.bootIdHex === bootIdHex)) return false;
    return isWaiting || this.#mayDialToCheck(peerId, bootIdHex, turn);
  }

  /**
   * Returns the session for the next utterances: the one with the instance that was heard last. While a message to
   * another instance is unconfirmed, the next one follows it, so that each instance gets messages in their order.
   */
  #toSpeakOn(peerId: PeerId, turn: InstanceTurn): LiveSession | undefined {
    const usable = this.#sessions.usableWith(peerId);
    const now = this.#sessions.with(peerId);
    const [last] = usable;
    if (usable.length > 1) this.#warn(peerId, usable, turn);
    if (last === undefined || last === now) return now;
    const isLater = now === undefined || now.isClosing || last.heardAtMs > now.heardAtMs;
    if (!isLater || (!now?.isClosing && (now?.unconfirmed.size ?? 0) > 0)) return now;
    this.#turnTo(last, peerId, turn);
    return last;
  }

  #ping(live: LiveSession, turn: InstanceTurn): void {
    if (live.ping.state === 'open') return;
    const { monotonicMs: atMs } = turn.now;
    const { sessionId } = live;
    live.ping = { state: 'open', atMs };
    tellSession(live, { say: 'ping' }, turn);
    turn.emit({ to: 'self', afterMs: limits.answerWithinMs, due: { type: 'ping', sessionId, atMs } });
  }

  /** Warns the user once that two instances of a peer answer, provided that the user wrote to the peer. */
  #warn(peerId: PeerId, usable: readonly LiveSession[], turn: InstanceTurn): void {
    const unproved = usable.filter(({ ping }) => ping.state !== 'answered').length;
    if (usable.length < 2 || unproved > 1 || !this.#people.isTrusted(peerId)) return;
    const { monotonicMs: nowMs } = turn.now;
    if (nowMs - (this.#warnedAtMs.get(peerId) ?? Number.NEGATIVE_INFINITY) < limits.warnEveryMs) return;
    this.#warnedAtMs.set(peerId, nowMs);
    this.#people.copied(peerId, turn);
    const peer = this.#people.name(peerId);
    const message = `two copies of ${peer} run: a message reaches only the one that was heard last; ask ${peer} to end one of them`;
    turn.emit({ to: 'feed', event: { type: 'error', code: 'session/two-copies', message, peer } });
  }

  #turnTo(live: LiveSession, peerId: PeerId, turn: InstanceTurn): void {
    this.#sessions.makeCurrent(live, peerId);
    this.#people.connected(peerId, addressAtOtherEnd(this.#people, live, peerId));
    this.#people.publish(peerId, turn);
  }

  #mayDialToCheck(peerId: PeerId, bootIdHex: string, turn: InstanceTurn): boolean {
    const { monotonicMs: atMs } = turn.now;
    const before = this.#dialledToCheck.get(peerId);
    const isRecent = before !== undefined && atMs - before.atMs < limits.dialEveryMs;
    if (before?.bootIdHex === bootIdHex || isRecent) return false;
    this.#dialledToCheck.delete(peerId);
    this.#dialledToCheck.set(peerId, { bootIdHex, atMs });
    for (const oldest of this.#dialledToCheck.keys()) {
      if (this.#dialledToCheck.size <= limits.dialledMax) break;
      this.#dialledToCheck.delete(oldest);
    }
    return true;
  }
}
