/**
 * The native sessions of a node. Each belongs to an instance of an identity, that is to one run of one home. At most one
 * session of each instance stays. One of the sessions with an identity is the current one.
 */
import { parseSessionId, type ConnectionId, type PeerId, type SessionId } from '../../ids.js';
import { toHex } from '../../wire/bytes.js';
import { instances as limits } from './limits.js';
import type { LiveSession, SessionEnd } from './live-session.js';

/**
 * Whether the connection stays of two nodes that dialled each other at the same time: the one whose initiator has the
 * smaller identity key does (session-protocol, section 5.5). The other one is closed with CLOSE(dup). Keys of equal
 * length compare as numbers when their hex digits compare as text.
 */
export const isKeptDial = (initiatorIdKey: Uint8Array, responderIdKey: Uint8Array): boolean =>
  toHex(initiatorIdKey) < toHex(responderIdKey);

/** All native sessions by id and by peer. */
export class SessionTable {
  readonly #sessions = new Map<SessionId, LiveSession>();
  /** The current session of each peer; others belong to other instances, or are being closed. */
  readonly #current = new Map<PeerId, SessionId>();
  #started = 0;

  /** Adds a session whose connection exists. */
  start(opening: Pick<LiveSession, 'connectionId' | 'direction' | 'address' | 'expected'>): LiveSession {
    this.#started += 1;
    const live: LiveSession = {
      // The shape of the id is ours: a failure here is a bug.
      sessionId: parseSessionId(`s-${this.#started}`)._unsafeUnwrap(),
      ...opening,
      peerId: null,
      welcomed: null,
      bootIdHex: '',
      isUp: false,
      renamedAtMs: Number.NEGATIVE_INFINITY,
      renameTo: null,
      isRefused: false,
      isClosing: false,
      heardAtMs: Number.NEGATIVE_INFINITY,
      ping: { state: 'none' },
      unconfirmed: new Map(),
      unansweredSinceMs: Number.NEGATIVE_INFINITY,
    };
    this.#sessions.set(live.sessionId, live);
    return live;
  }

  get = (sessionId: SessionId): LiveSession | undefined => this.#sessions.get(sessionId);

  /** Returns the current session with the peer. */
  with(peerId: PeerId): LiveSession | undefined {
    const sessionId = this.#current.get(peerId);
    return sessionId === undefined ? undefined : this.#sessions.get(sessionId);
  }

  /** Returns all sessions with a peer. */
  allWith = (peerId: PeerId): readonly LiveSession[] =>
    [...this.#sessions.values()].filter((live) => live.peerId === peerId);

  /** Returns the sessions with a peer that take utterances, the one heard last first. */
  usableWith = (peerId: PeerId): readonly LiveSession[] =>
    this.allWith(peerId)
      .filter(({ isUp, isClosing }) => isUp && !isClosing)
      .toSorted((one, other) => other.heardAtMs - one.heardAtMs);

  /** Counts the sessions on connections that we opened. */
  outgoing = (): number => [...this.#sessions.values()].filter(({ direction }) => direction === 'out').length;

  /** Returns the session on a connection, up or not. */
  on = (connectionId: ConnectionId): LiveSession | undefined =>
    [...this.#sessions.values()].find((live) => live.connectionId === connectionId);

  /** Returns the session on a connection, where a handshake has proved its peer. */
  upOn = (connectionId: ConnectionId): LiveSession | undefined =>
    [...this.#sessions.values()].find((live) => live.connectionId === connectionId && live.isUp);

  /** Returns the sessions with all instances of all peers that take utterances. */
  usable = (): readonly LiveSession[] =>
    [...this.#sessions.values()].filter(({ isUp, isClosing }) => isUp && !isClosing);

  /** Forgets an ended session. True: it was the current one of its peer. */
  end(live: LiveSession): boolean {
    this.#sessions.delete(live.sessionId);
    if (live.peerId === null || this.#current.get(live.peerId) !== live.sessionId) return false;
    this.#current.delete(live.peerId);
    return true;
  }

  /**
   * Returns the peer that an ended session found at its address; null: none. A session that was up may have ended
   * before the peer sent its name. One that was not up may be the duplicate of a session that stays: of two crossed
   * dials each side closes one, which the other side may see as a lost connection.
   */
  foundBy({ isUp, peerId, welcomed }: LiveSession, end: SessionEnd): PeerId | null {
    if (isUp) return peerId;
    const isStaying = welcomed !== null && this.with(welcomed)?.isUp === true;
    return isStaying && end.type !== 'failed' ? welcomed : null;
  }

  /** Makes `live` the current session of a peer. */
  makeCurrent(live: LiveSession, peerId: PeerId): void {
    this.#current.set(peerId, live.sessionId);
  }

  /**
   * Makes `live` the current session, unless the rule for crossed dials forbids it: the connection whose initiator
   * has the smaller key stays (session-protocol 5.5). Of two in one direction the newer one stays. Sessions of other
   * instances stay, up to a bound.
   */
  takeOver(live: LiveSession, peerId: PeerId, keys: Keys): TakenOver {
    const others = this.usableWith(peerId).filter((other) => other !== live);
    const twins = others.filter(({ bootIdHex }) => bootIdHex === live.bootIdHex);
    const isKept =
      live.direction === 'out' ? isKeptDial(keys.own, keys.peer) : isKeptDial(keys.peer, keys.own);
    if (!isKept && twins.some(({ direction }) => direction !== live.direction))
      return { duplicates: [live], strangers: [], surplus: [] };
    this.#current.set(peerId, live.sessionId);
    const strangers = others.filter((other) => !twins.includes(other));
    const kept = limits.perPeerMax - 1;
    return { duplicates: twins, strangers: strangers.slice(0, kept), surplus: strangers.slice(kept) };
  }
}

interface Keys {
  readonly own: Uint8Array;
  readonly peer: Uint8Array;
}

interface TakenOver {
  /** To be closed: sessions of the same instance. `live` itself where another one stays. */
  readonly duplicates: readonly LiveSession[];
  /** Of other instances, which may be gone or may run beside this one. */
  readonly strangers: readonly LiveSession[];
  /** Of other instances that are too many, the longest unheard. */
  readonly surplus: readonly LiveSession[];
}
