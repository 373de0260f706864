/** The native sessions of a node, and the current one of each peer. */
import { parseSessionId, type ConnectionId, type PeerId, type SessionId } from '../../ids.js';
import { isKeptDial } from './crossed-dials.js';
import type { LiveSession } from './live-session.js';

/** All native sessions by id and by peer. */
export class SessionTable {
  readonly #sessions = new Map<SessionId, LiveSession>();
  /** The current session of each peer; further ones are being closed. */
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

  /** Counts the sessions on connections that we opened. */
  outgoing = (): number => [...this.#sessions.values()].filter(({ direction }) => direction === 'out').length;

  /** Returns the session on a connection, up or not. */
  on = (connectionId: ConnectionId): LiveSession | undefined =>
    [...this.#sessions.values()].find((live) => live.connectionId === connectionId);

  /** Returns the session on a connection, where a handshake has proved its peer. */
  upOn = (connectionId: ConnectionId): LiveSession | undefined =>
    [...this.#sessions.values()].find((live) => live.connectionId === connectionId && live.isUp);

  /** Returns the current sessions of all peers. */
  current = (): readonly LiveSession[] =>
    [...this.#current.values()].flatMap((sessionId) => this.#sessions.get(sessionId) ?? []);

  /** Forgets an ended session. True: it was the current one of its peer. */
  end(live: LiveSession): boolean {
    this.#sessions.delete(live.sessionId);
    if (live.peerId === null || this.#current.get(live.peerId) !== live.sessionId) return false;
    this.#current.delete(live.peerId);
    return true;
  }

  /**
   * Makes `live` the current session, unless the rule for crossed dials forbids it: the connection whose initiator
   * has the smaller key stays (session-protocol 5.5). Of two in one direction the newer one stays. Returns the
   * session to close, if any.
   */
  takeOver(live: LiveSession, peerId: PeerId, keys: { readonly own: Uint8Array; readonly peer: Uint8Array }) {
    const other = this.with(peerId);
    if (other !== undefined && other !== live && other.isUp) {
      const isCrossed = other.direction !== live.direction && other.bootIdHex === live.bootIdHex;
      const isKept =
        live.direction === 'out' ? isKeptDial(keys.own, keys.peer) : isKeptDial(keys.peer, keys.own);
      if (isCrossed && !isKept) return live;
    }
    this.#current.set(peerId, live.sessionId);
    return other !== live && other?.isUp === true ? other : null;
  }
}
