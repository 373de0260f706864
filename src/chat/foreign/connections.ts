/** Connections with foreign programs: with which peer they are, which one stands for a conversation, and how they end. */
import { err, ok } from 'neverthrow';
import type { Carries } from '../../dialects/dialect.js';
import type { ForeignDialectName, ForeignOptions } from '../../dialects/dialect.js';
import { foreignDialects } from '../../dialects/sniff.js';
import type { ChatError, DialError } from '../errors.js';
import type { DialectError } from '../../dialects/errors.js';
import type { RuntimeError } from '../../runtime/errors.js';
import { parseSessionId, type ConnectionId, type PeerId, type SessionId } from '../../ids.js';
import { cutOffWords, foreignPorts } from '../../dialects/limits.js';
import { formatAddress, type Address } from '../../wire/address.js';
import type { RouteReport } from '../routes/route.js';
import { logLine } from '../turn.js';
import { foreignRoutes as limits } from './limits.js';
import { foreignPeerAt, ownOptions } from './peers.js';
import { noteLeft, notePresent, publishNotice } from './presence.js';
import { dialOptions, jobEnded, sayJob, takeDial, unreached } from './sending.js';
import { close, release } from './standing.js';
import { tellCutOff, tellUnreadable } from './telling.js';
import {
  ended,
  peerOf,
  settle,
  type ForeignConnection,
  type ForeignEnd,
  type ForeignPeer,
  type ForeignState,
  type ForeignTurn,
} from './state.js';

/** A connection of a foreign program that the transport admitted. */
export function accepted(
  state: ForeignState,
  connectionId: ConnectionId,
  dialect: ForeignDialectName,
  address: Address,
  turn: ForeignTurn,
): readonly RouteReport[] {
  const caller = callerOf(state, dialect, address, turn);
  const form = caller?.form ?? null;
  const chosen = { form, secure: false, privateNumber: null };
  const options = ownOptions(state, dialect, address.host, chosen, turn);
  const peerId = caller?.peerId ?? null;
  const opening = { connectionId, dialect, direction: 'in', address, options, peerId } as const;
  const live = start(state, opening, turn);
  if (live.dialect.can.connection !== 'conversation') {
    planRelease(state, turn);
    return [];
  }
  // A conversation counts as served at once, since either side may speak first.
  admit(live, 'conversation', turn);
  return stand(state, live, turn);
}

/** A connection that we opened. False: it is none of a foreign program, or nobody wants it any more. */
export function dialled(
  state: ForeignState,
  connectionId: ConnectionId,
  turn: ForeignTurn,
  ownHost = '',
): boolean {
  const peer = takeDial(state, connectionId);
  if (peer === null) return false;
  const usual = dialOptions(state, peer, turn);
  // A host with several networks has several addresses, of which the peer reaches this one.
  const options = ownHost === '' ? usual : { ...usual, address: ownHost };
  const { host, port, peerId } = peer;
  const address = { host, port };
  const dialect = peer.dialect.name;
  const opening = { connectionId, dialect, direction: 'out', address, options, peerId } as const;
  const live = start(state, opening, turn);
  if (peer.dialect.can.connection === 'message') sayJob(state, peer, live, options, turn);
  return true;
}

/** Nobody listens there, or nobody answered in time. Null: the dial was none of a foreign program. */
export function dialFailed(
  state: ForeignState,
  connectionId: ConnectionId,
  error: DialError | RuntimeError,
  turn: ForeignTurn,
): readonly RouteReport[] | null {
  const peer = takeDial(state, connectionId);
  if (peer === null) return null;
  return peer.dialect.can.connection === 'message'
    ? jobEnded(state, peer, error, turn)
    : unreached(peer, error, turn);
}

/** The connection stands (dialled), or the other side has said something that makes sense (accepted). */
export function up(
  state: ForeignState,
  sessionId: SessionId,
  isTextToCome: boolean,
  turn: ForeignTurn,
): readonly RouteReport[] {
  const live = state.connections.get(sessionId);
  if (live === undefined) return [];
  const isConversation = live.dialect.can.connection === 'conversation';
  // Some programs of cmp2204 ask their user for the text only now.
  live.isTyped = isTextToCome && !isConversation;
  if (live.direction === 'in')
    admit(live, isConversation ? 'conversation' : live.isTyped ? 'typed-message' : 'message', turn);
  return isConversation && live.direction === 'out' ? stand(state, live, turn) : [];
}

/** Words have come: what was waited for is there, and the connection ends soon. */
export function spoke(live: ForeignConnection, turn: ForeignTurn): void {
  if (live.isTyped) admit(live, 'message', turn);
  live.isTyped = false;
}

/** The connection is gone, and all its words are dealt with. */
export function connectionEnded(
  state: ForeignState,
  live: ForeignConnection,
  end: ForeignEnd,
  turn: ForeignTurn,
): readonly RouteReport[] {
  if (end.type === 'failed') noteFailure(state, live, end.error, turn);
  const isCutOff = isCutOffEnd(live, end);
  if (isCutOff) tellCutOff(state, live.dialect.name, live.address, turn);
  for (const gathering of live.endWaiters) ended(gathering, turn);
  const peer = peerOf(state, live);
  if (peer === undefined) return [];
  const isOurs = peer.work?.connectionId === live.connectionId;
  if (live.dialect.can.connection === 'message')
    return isOurs ? jobEnded(state, peer, failureOf(live, end), turn, { form: live.form, end }) : [];
  if (state.standing.get(peer.peerId) !== live.sessionId)
    return isOurs ? unreached(peer, failureOf(live, end), turn) : [];
  state.standing.delete(peer.peerId);
  state.people.disconnected(peer.peerId, turn);
  const isByUs = end.type === 'closed' && end.by === 'us';
  if (!live.hasLeft && !isByUs && !isCutOff)
    publishNotice(state, peer, end.type === 'closed' ? 'disconnected' : 'lost', '', turn);
  noteLeft(state, peer, turn);
  return [{ type: 'down', peerId: peer.peerId }];
}

/** Others needed its slot before all was said. A single message that had come by then lost nothing. */
const isCutOffEnd = (live: ForeignConnection, end: ForeignEnd): boolean =>
  end.type === 'lost' &&
  live.direction === 'in' &&
  (end.reason === 'evicted' || end.reason === 'idle') &&
  (live.dialect.can.connection === 'conversation' || live.isTyped);

/**
 * Another caller needs the slot: a connection that has been silent for a while ends as its dialect ends it, with a
 * sentence to its user.
 */
export function slotWanted(state: ForeignState, connectionId: ConnectionId, turn: ForeignTurn): void {
  for (const live of state.connections.values()) {
    if (live.connectionId !== connectionId || live.isLeaving) continue;
    live.farewellText = cutOffWords.evicted;
    if (live.dialect.can.connection === 'conversation' || live.isTyped)
      tellCutOff(state, live.dialect.name, live.address, turn);
    release(state, live, turn);
  }
}

/** Plans the release of words that wait for earlier connections of the same program. */
export function planRelease(state: ForeignState, turn: ForeignTurn): void {
  if (state.isReleasePlanned) return;
  state.isReleasePlanned = true;
  turn.emit({ to: 'self', afterMs: limits.orderReleaseMs, due: { type: 'release' } });
}

/** Makes the failure of a command to a blocked peer. */
export const blockedFailure = ({ people }: ForeignState, peerId: PeerId): ChatError => ({
  code: 'chat/blocked',
  peer: people.name(peerId),
});

interface Opening {
  readonly connectionId: ConnectionId;
  readonly dialect: ForeignDialectName;
  readonly direction: ForeignConnection['direction'];
  readonly address: Address;
  readonly options: Omit<ForeignOptions, 'random'>;
  readonly peerId: PeerId | null;
}

function start(
  state: ForeignState,
  { options, dialect, ...opening }: Opening,
  turn: ForeignTurn,
): ForeignConnection {
  state.lastId += 1;
  // The shape of the id is ours: a failure here is a bug.
  const sessionId = parseSessionId(`t-${state.lastId}`)._unsafeUnwrap();
  const { connectionId, direction } = opening;
  const role = direction === 'in' ? 'accept' : 'dial';
  turn.emit({ to: 'foreign', say: 'start', sessionId, connectionId, dialect, role, options });
  const live: ForeignConnection = {
    ...opening,
    sessionId,
    form: options.form,
    dialect: foreignDialects[dialect],
    isRunning: false,
    hasBeenRead: false,
    releases: 0,
    held: [],
    end: null,
    hasLeft: false,
    waiting: [],
    said: new Map(),
    isTyped: false,
    isLeaving: false,
    farewellText: null,
    endWaiters: [],
  };
  state.connections.set(sessionId, live);
  return live;
}

/**
 * The caller, as far as the connection tells. A second connection from the same address is another peer, known by its
 * source port. Null: synergy and netech say it with each message.
 */
function callerOf(
  state: ForeignState,
  dialect: ForeignDialectName,
  address: Address,
  turn: ForeignTurn,
): ForeignPeer | null {
  if (dialect === 'synergy' || dialect === 'netech') return null;
  const usual = foreignPeerAt(state, dialect, { host: address.host, port: foreignPorts[dialect] }, turn);
  const isTaken = usual !== null && (state.standing.has(usual.peerId) || usual.work !== null);
  return isTaken && dialect !== 'cmp2204' ? foreignPeerAt(state, dialect, address, turn) : usual;
}

/** Reports a connection as served: a foreign program has nothing to prove, and slots for strangers are few. */
function admit(live: ForeignConnection, carries: Carries, turn: ForeignTurn): void {
  const { connectionId } = live;
  turn.emit({ to: 'transport', say: 'authenticated', connectionId, isContact: false, carries });
}

function stand(state: ForeignState, live: ForeignConnection, turn: ForeignTurn): readonly RouteReport[] {
  const peer = peerOf(state, live);
  if (peer === undefined) return [];
  const { peerId } = peer;
  if (peer.work?.connectionId === live.connectionId) peer.work = null;
  const { waiters } = peer;
  peer.waiters = [];
  if (state.people.isBlocked(peerId)) {
    close(live, turn);
    for (const waiter of waiters) settle(waiter, err(blockedFailure(state, peerId)), turn);
    return [];
  }
  state.standing.set(peerId, live.sessionId);
  state.people.connected(peerId, live.address);
  notePresent(state, peer, null, turn);
  state.people.publish(peerId, turn);
  publishNotice(state, peer, 'connected', '', turn);
  for (const waiter of waiters) settle(waiter, ok(null), turn);
  return [{ type: 'up', peerId }];
}

/** Counted always; any host can provoke these lines, so the log has a ration of them for each dialect. */
function noteFailure(
  state: ForeignState,
  live: ForeignConnection,
  error: DialectError,
  turn: ForeignTurn,
): void {
  const { malformed } = state;
  const { name } = live.dialect;
  const count = (malformed.get(name) ?? 0) + 1;
  malformed.set(name, count);
  const reason = error.code === 'dialect/malformed' ? error.detail : error.code;
  const fields = { dialect: name, address: formatAddress(live.address), reason, count };
  turn.emit(logLine('warn', 'talk-failed', fields, { source: name, isRestLogged: false }));
  tellUnreadable(state, live, error, turn);
}

const failureOf = ({ address: { host, port } }: ForeignConnection, end: ForeignEnd): DialError => ({
  code: 'transport/dial-failed',
  address: host,
  port,
  reason: end.type === 'lost' ? end.reason : end.type === 'failed' ? end.error.code : 'it closed',
});
