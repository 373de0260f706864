/** The commands of users about foreign programs, and the goodbyes at the end of the node. */
import { err, ok, type Result } from 'neverthrow';
import { synergyJson } from '../../dialects/synergy/codec.js';
import { parsePrivate } from '../../dialects/cmp2204/cipher.js';
import type { DialectName, ForeignDialectName, Utterance } from '../../dialects/dialect.js';
import type { ChatError } from '../errors.js';
import type { DialectError } from '../../dialects/errors.js';
import type { MessageId, PeerId } from '../../ids.js';
import { formatAddress } from '../../wire/address.js';
import { foreignPeerId } from '../people/name.js';
import type { SendViaOptions } from '../contract.js';
import type { Carriage, RouteReport } from '../routes/route.js';
import { answer, type CallId } from '../turn.js';
import { blockedFailure } from './connections.js';
import { foreignRoutes as limits } from './limits.js';
import { allowed, allowedDialect, ownOptions } from './peers.js';
import { listPeers } from './presence.js';
import { dropEntries, reach, sayControl } from './sending.js';
import { release } from './standing.js';
import {
  ended,
  noRandom,
  settle,
  standingConnection,
  type ForeignFailure,
  type ForeignPeer,
  type ForeignState,
  type ForeignTurn,
  type Gathering,
  type Waiter,
} from './state.js';

/**
 * Admits texts for a peer. Errors: `chat/secure-only`, `chat/dialect-off`, `dialect/unsupported` (a text or an option
 * that the dialect cannot carry), `dialect/too-long`.
 */
export function admit(
  state: ForeignState,
  peerId: PeerId,
  texts: readonly string[],
  via: SendViaOptions | null,
  turn: ForeignTurn,
): Result<Carriage, ChatError | DialectError> {
  return allowed(state, peerId, turn).andThen((peer): Result<Carriage, DialectError> => {
    const { name } = peer.dialect;
    const { isPlain, privateNumber: typed } = via ?? {};
    const isAsked = isPlain !== undefined || typed !== undefined;
    if (isAsked && name !== 'cmp2204')
      return unsupported(name, 'a choice between plain and secure, or a private number');
    const secure = name === 'cmp2204' && isPlain !== true;
    const privateNumber = typed === undefined ? null : parsePrivate(typed);
    if (typed !== undefined && privateNumber === null)
      return unsupported(name, `the private number ${typed}`);
    const chosen = { form: peer.form, secure, privateNumber };
    const options = { ...ownOptions(state, name, peer.host, chosen, turn), random: noRandom };
    for (const text of texts) {
      if (peer.dialect.can.connection === 'conversation' && peer.dialect.means(text) === 'leave')
        if (standingConnection(state, peerId) === undefined)
          return unsupported(name, `${text} where no talk is open`);
      const pieces = peer.dialect.pieces(text, options);
      if (pieces.isErr()) return err(pieces.error);
    }
    return ok({ dialect: name, encryption: secure ? 'toy-dh-3des' : 'none', privateNumber });
  });
}

const unsupported = (dialect: DialectName, what: string): Result<Carriage, DialectError> =>
  err({ code: 'dialect/unsupported', dialect, what });

/**
 * Gives up the entries whose time is over. The time of a peer that took something meanwhile starts again, so that one
 * failed connection never fails all entries that wait behind it.
 */
export function expire(
  state: ForeignState,
  peerId: PeerId,
  ids: readonly MessageId[],
  turn: ForeignTurn,
): readonly RouteReport[] {
  const peer = state.peers.get(peerId);
  const left = ids.filter((id) => state.timed.has(id));
  const leftMs = Math.max(0, ...left.map((id) => timeLeftMs(state, peer, id, turn)));
  if (leftMs > 0) {
    turn.emit({ to: 'self', afterMs: leftMs, due: { type: 'expire', peerId, ids: left } });
    return [];
  }
  dropEntries(state, peerId, left);
  const where = peer === undefined ? peerId : formatAddress(peer);
  const why = peer === undefined || peer.lastFailure === '' ? '' : ` (${peer.lastFailure})`;
  return [{ type: 'refused', peerId, ids: left, reason: `${where} could not be reached${why}` }];
}

/** Returns the time left for an entry, ms; not above 0: none. */
function timeLeftMs(
  state: ForeignState,
  peer: ForeignPeer | undefined,
  id: MessageId,
  turn: ForeignTurn,
): number {
  const sinceMs = Math.max(state.timed.get(id) ?? 0, peer?.takenAtMs ?? Number.NEGATIVE_INFINITY);
  const leftMs = sinceMs + state.args.sendTimeoutMs - turn.now.monotonicMs;
  // The end of a connection that stands shows whether the entry went out.
  const work = peer?.work ?? null;
  const isUnderWay = work !== null && !state.dials.has(work.connectionId);
  return isUnderWay ? Math.max(leftMs, limits.standingCheckMs) : leftMs;
}

/** Connects to a peer, see `NodeHandle.foreignConnect`. */
export function connect(
  state: ForeignState,
  peerId: PeerId,
  isManual: boolean,
  call: CallId<null, ForeignFailure>,
  turn: ForeignTurn,
): void {
  const found = allowed(state, peerId, turn);
  if (found.isErr()) {
    turn.emit(answer(call, err(found.error)));
    return;
  }
  const peer = found.value;
  const { can, name } = peer.dialect;
  if (state.people.isBlocked(peerId)) turn.emit(answer(call, err(blockedFailure(state, peerId))));
  else if (name === 'cmp2204') {
    const what = 'a connection without a message';
    turn.emit(answer(call, err({ code: 'dialect/unsupported', dialect: name, what })));
  } else if (can.connection === 'message') {
    const waiter = { type: 'call', call } as const;
    sayControl(state, peer, { utterance: { type: 'connect' }, isManual, waiter }, turn);
  } else if (standingConnection(state, peerId) !== undefined) turn.emit(answer(call, ok(null)));
  else {
    peer.waiters = [...peer.waiters, { type: 'call', call }];
    reach(state, peer, null, turn);
  }
}

/** Says goodbye to one peer, see `NodeHandle.foreignLeave`. */
export function leaveOne(
  state: ForeignState,
  peerId: PeerId,
  call: CallId<null, ForeignFailure>,
  turn: ForeignTurn,
): void {
  const found = allowed(state, peerId, turn);
  if (found.isErr()) turn.emit(answer(call, err(found.error)));
  else leave(state, found.value, { type: 'call', call }, turn);
}

/** Notes the form of synergy in the word that names a peer. A peer that spoke is answered in its own form. */
export function addressed(state: ForeignState, peerId: PeerId, word: string, turn: ForeignTurn): void {
  const scheme = /^synergy(\+json)?:\/\//i.exec(word.trim());
  const peer = scheme === null ? null : allowed(state, peerId, turn).unwrapOr(null);
  if (peer === null) return;
  if (scheme?.[1] !== undefined) peer.form = synergyJson;
  else if (!peer.hasSpoken) peer.form = null;
}

/** Says goodbye to a peer in the way of its dialect, unless there was no exchange with it. */
export function disconnect(
  state: ForeignState,
  peerId: PeerId,
  call: CallId<null, ForeignFailure>,
  turn: ForeignTurn,
): void {
  const peer = state.peers.get(peerId);
  const isThere =
    peer !== undefined &&
    (state.people.presence(peerId) !== undefined || peer.work !== null || state.standing.has(peerId));
  if (isThere) leaveOne(state, peerId, call, turn);
  else turn.emit(answer(call, ok(null)));
}

/** Says goodbye to every active peer of a dialect. Unreachable peers are skipped. */
export function leaveAll(
  state: ForeignState,
  dialect: ForeignDialectName,
  call: CallId<null, ChatError>,
  turn: ForeignTurn,
): void {
  const isAllowed = allowedDialect(state, dialect);
  if (isAllowed.isErr()) {
    turn.emit(answer(call, err(isAllowed.error)));
    return;
  }
  const gathering: Gathering = { call, open: 1 };
  leaveEach(state, [dialect], gathering, turn);
  ended(gathering, turn);
}

/** Says goodbye to every active peer at the end of the node. Waiting texts stay in the outbox. */
export function farewell(state: ForeignState, call: CallId<null, never>, turn: ForeignTurn): void {
  const connections = [...state.connections.values()];
  for (const live of connections) live.waiting.length = 0;
  const gathering: Gathering = { call, open: 1 };
  leaveEach(state, [...state.args.enabled], gathering, turn);
  // A farewell keeps its gap to the words before it, so it may be on its way for a moment.
  for (const live of connections.filter(({ isLeaving }) => isLeaving)) {
    gathering.open += 1;
    live.endWaiters.push(gathering);
  }
  ended(gathering, turn);
}

/** Stops sending to a blocked peer. Its entries wait in the history. */
export function stopSending(state: ForeignState, peerId: PeerId, turn: ForeignTurn): void {
  const peer = state.peers.get(peerId);
  if (peer === undefined) return;
  const { jobs } = peer;
  peer.jobs = [];
  for (const job of jobs)
    if (job.type === 'control') settle(job.waiter, err(blockedFailure(state, peerId)), turn);
}

function leaveEach(
  state: ForeignState,
  dialects: readonly ForeignDialectName[],
  gathering: Gathering,
  turn: ForeignTurn,
): void {
  const leaving = dialects.flatMap((dialect) => activePeers(state, dialect, turn));
  gathering.open += leaving.length;
  for (const peer of leaving) leave(state, peer, { type: 'gathering', gathering }, turn);
}

/** Returns the peers on the list of the dialect, and those that are being sent their first message. */
function activePeers(
  state: ForeignState,
  dialect: ForeignDialectName,
  turn: ForeignTurn,
): readonly ForeignPeer[] {
  const ids = new Set(
    listPeers(state, dialect).map(({ address, port }) => foreignPeerId(dialect, address, port)),
  );
  for (const peer of state.peers.values())
    if (peer.dialect.name === dialect && peer.work !== null) ids.add(peer.peerId);
  return [...ids].flatMap((peerId) => {
    const peer = peerId === null ? null : allowed(state, peerId, turn).unwrapOr(null);
    return peer === null ? [] : [peer];
  });
}

function leave(state: ForeignState, peer: ForeignPeer, waiter: Waiter, turn: ForeignTurn): void {
  const { can, name } = peer.dialect;
  // Nothing goes to a blocked peer; its connection ended when it was blocked.
  const isTold = !state.people.isBlocked(peer.peerId) && can.connection === 'message' && name !== 'cmp2204';
  if (isTold) {
    const utterance: Utterance = { type: 'leave', words: null };
    sayControl(state, peer, { utterance, isManual: false, waiter }, turn);
    return;
  }
  const live = standingConnection(state, peer.peerId);
  if (live !== undefined && !state.people.isBlocked(peer.peerId)) release(state, live, turn);
  settle(waiter, ok(null), turn);
}
