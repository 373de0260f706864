/**
 * Sessions as the node sees them: who may have one, which one is used when there are two, what lets a peer resume,
 * and when to dial. Acts on the node's state; called from the node's handlers only.
 */
import type { MessagePort } from 'node:worker_threads';
import { peerIdOf } from '../people/identity.js';
import type { Contact } from '../people/contact.js';
import { addressesOf, isBlocked, saidNameOf } from '../people/book.js';
import type { RuntimeError } from '../../runtime/errors.js';
import type { SessionError } from '../../session/errors.js';
import type { DialError as TransportError } from '../errors.js';
import {
  parseConnectionId,
  parseSessionId,
  type ConnectionId,
  type PeerId,
  type SessionId,
} from '../../ids.js';
import { dialing } from './limits.js';
import type { PeerProof, SessionOptions } from '../../session/contract.js';
import { copyResumption, isKeptDial } from '../../session/tickets.js';
import { toHex } from '../../wire/bytes.js';
import type { BodyOf } from '../../runtime/actor.js';
import { forgetStranger, putContact, tellTransport } from '../people/contacts.js';
import { reportFailure } from './failures.js';
import {
  newId,
  publishPeer,
  type LiveSession,
  type NodeContext,
  type NodeState,
  type Waiter,
} from '../core.js';
import { formatAddress, type Address } from '../../wire/address.js';
import type { SessionEnd, SessionProtocol } from '../../actors/connection/protocol.js';
import type { NodeProtocol } from '../../actors/node/protocol.js';
import type { Presence } from '../people/presence.js';

/** A connection that the transport admitted: its session answers. */
export function accept(state: NodeState, body: BodyOf<NodeProtocol, 'accepted'>): void {
  const address = { host: body.remoteAddress, port: body.remotePort };
  open(state, {
    connectionId: body.connectionId,
    direction: 'in',
    address,
    expected: null,
    port: body.port,
    role: { type: 'responder' },
  });
}

/** Dials a peer at the next of its addresses. False where none is known, and for one who is blocked. */
export function dialPeer(state: NodeState, peerId: PeerId, context: NodeContext): boolean {
  if (isBlocked(state.book, peerId)) return false;
  const addresses = addressesOf(state.book, peerId);
  const turn = state.addressTurn.get(peerId) ?? 0;
  const address = addresses[turn % Math.max(1, addresses.length)];
  if (address === undefined) return false;
  state.addressTurn.set(peerId, turn + 1);
  dial(state, peerId, address, context);
  return true;
}

/**
 * A beacon tells of another run of a peer than the one we are connected with: that one is gone without a word, or
 * its home was copied. What waits is not kept for the silence to be noticed: the new run is dialled beside the old
 * session, which stays until a handshake proves the beacon right.
 */
export function dialNewRun(state: NodeState, row: Presence, context: NodeContext): void {
  const sessionId = state.current.get(row.peerId);
  const live = sessionId === undefined ? undefined : state.sessions.get(sessionId);
  const [address] = row.addresses;
  if (live === undefined || live.bootIdHex === row.bootIdHex || address === undefined) return;
  if (state.outboxes.get(row.peerId)?.isEmpty() === false) dial(state, row.peerId, address, context);
}

/** Dials an address to learn who is there; `waiter` hears the answer. */
export function dialAddress(state: NodeState, address: Address, waiter: Waiter, context: NodeContext): void {
  const key = formatAddress(address);
  const waiting = state.waiters.get(key);
  if (waiting !== undefined) {
    waiting.push(waiter);
    return;
  }
  state.waiters.set(key, [waiter]);
  dial(state, null, address, context);
}

function dial(state: NodeState, expected: PeerId | null, address: Address, context: NodeContext): void {
  const connectionId = newConnectionId(state);
  state.dials.set(connectionId, { expected, address });
  const { host, port } = address;
  const deadlineMs = dialing.connectDeadlineMs;
  void context.links.transport.call('dial', { connectionId, host, port, deadlineMs }).match(
    (opened) => context.self('dialled', { connectionId, opened: opened.port }),
    (error) => context.self('dialFailed', { connectionId, error }),
  );
}

/** A connection that we opened: its session speaks first. */
export function dialled(state: NodeState, connectionId: ConnectionId, port: MessagePort): void {
  const meant = state.dials.get(connectionId);
  state.dials.delete(connectionId);
  if (meant === undefined) {
    port.close();
    return;
  }
  const { expected, address } = meant;
  const idKeyHex = expected === null ? '' : (state.book.contacts.get(expected)?.idKeyHex ?? '');
  const expectedIdKey = idKeyHex === '' ? null : new Uint8Array(Buffer.from(idKeyHex, 'hex'));
  const kept = expectedIdKey === null ? null : state.tickets.dial(expectedIdKey, Date.now());
  const resumption = kept === null ? null : copyResumption(kept);
  const role = { type: 'initiator', expectedIdKey, resumption } as const;
  open(state, { connectionId, direction: 'out', address, expected, port, role });
}

interface Opening {
  readonly connectionId: ConnectionId;
  readonly direction: LiveSession['direction'];
  readonly address: Address;
  readonly expected: PeerId | null;
  readonly port: MessagePort;
  readonly role: SessionOptions['role'];
}

function open(state: NodeState, { port, role, ...opening }: Opening): void {
  const sessionId = newSessionId(state);
  const ref = state.args.startSession({ sessionId, local: state.args.identity.local, role, port });
  state.sessions.set(sessionId, {
    sessionId,
    ref,
    ...opening,
    peerId: null,
    bootIdHex: '',
    isUp: false,
    renamedAtMs: Number.NEGATIVE_INFINITY,
    renameTo: null,
    isRefused: false,
  });
}

/** `null`: welcome. The order matters: a changed key must be told as such, whatever else is wrong. */
export function judgePeer(state: NodeState, sessionId: SessionId, peer: PeerProof): SessionError | null {
  const live = state.sessions.get(sessionId);
  if (live === undefined) return { code: 'session/order', detail: 'this session has ended already' };
  const peerId = peerIdOf(peer.idKey);
  if (live.expected !== null && live.expected !== peerId) {
    return { code: 'session/key-changed', expected: live.expected, got: peerId };
  }
  if (peerId === state.args.identity.peerId) return { code: 'session/own-identity' };
  if (isBlocked(state.book, peerId)) return { code: 'session/blocked' };
  const contact = state.book.contacts.get(peerId);
  if (contact !== undefined && peer.certificateSerial < contact.certificateSerial)
    return { code: 'session/serial-rollback' };
  return null;
}

/** A handshake proved a peer: pins it, keeps what lets it resume, and settles which session is used from now on. */
export function sessionUp(
  state: NodeState,
  body: BodyOf<NodeProtocol, 'sessionUp'>,
  wallClockMs: number,
  context: NodeContext,
): LiveSession | null {
  const live = state.sessions.get(body.sessionId);
  if (live === undefined) return null;
  const peerId = peerIdOf(body.peer.idKey);
  if (isBlocked(state.book, peerId)) {
    // Blocked while the handshake ran; who resumes is not judged again.
    tell(live, 'close', { reason: 'shutdown' }, context);
    return null;
  }
  live.peerId = peerId;
  live.bootIdHex = body.peer.bootIdHex;
  live.isUp = true;
  state.tickets.keep(body.resumption);
  pin(state, live, body.peer, wallClockMs, context);
  tellTransport(state, context);
  const { isResumed } = body;
  context.log('debug', 'session-up', { peer: peerId, direction: live.direction, isResumed });
  if (live.direction === 'in') {
    const isContact = state.friends.has(peerId);
    context.links.transport.cast('authenticated', {
      connectionId: live.connectionId,
      peerId,
      isContact,
      carries: 'session',
    });
  }
  if (!takeOver(state, live, body.peer.idKey, context)) {
    answerWaiters(state, live.address, peerId);
    tell(live, 'close', { reason: 'dup' }, context);
    return null;
  }
  state.addressTurn.delete(peerId);
  state.book.live.set(peerId, addressAtOtherEnd(state, live, peerId));
  const instance = toHex(state.args.identity.local.bootId);
  tell(live, 'say', { utterances: [{ type: 'profile', name: state.name, instance }] }, context);
  // Its name is on the way, with the first words: those who watch should not learn a nameless peer first.
  if (saidNameOf(state.book, peerId) !== '') introduce(state, live);
  else context.after(dialing.nameWaitMs, 'nameDue', { sessionId: live.sessionId });
  return live;
}

/** Tells those who watch, and those who waited for whoever answers at this address. Idempotent. */
export function introduce(state: NodeState, live: LiveSession): void {
  if (live.peerId === null) return;
  publishPeer(state, live.peerId);
  answerWaiters(state, live.address, live.peerId);
}

/** To a session; one that is gone without a word is noticed here. */
export function tell<N extends 'say' | 'close'>(
  live: LiveSession,
  name: N,
  body: BodyOf<SessionProtocol, N>,
  context: NodeContext,
): void {
  const told = live.ref.cast(name, body);
  if (told.isOk() || told.error.code !== 'runtime/no-actor') return;
  context.self('sessionDown', { sessionId: live.sessionId, end: { type: 'lost', reason: 'gone' } });
}

/** Nobody listens there, or not in time. Returns whom we meant to reach. */
export function dialFailed(
  state: NodeState,
  connectionId: ConnectionId,
  error: TransportError | RuntimeError,
): PeerId | null {
  const meant = state.dials.get(connectionId);
  state.dials.delete(connectionId);
  if (meant === undefined) return null;
  answerWaiters(state, meant.address, error);
  return meant.expected;
}

/** Forgets a session. `lost`: nothing connects us with this peer any more; `unreached`: it was dialled in vain. */
export function sessionDown(
  state: NodeState,
  sessionId: SessionId,
  end: SessionEnd,
  context: NodeContext,
): { readonly lost: PeerId | null; readonly unreached: PeerId | null } {
  const live = state.sessions.get(sessionId);
  if (live === undefined) return { lost: null, unreached: null };
  state.sessions.delete(sessionId);
  // A session that crashed has not closed what it had: its thread lives on, and with it the stream and the socket.
  if (live.direction === 'in' || end.type === 'lost') {
    const penaltyMs = end.type === 'failed' && !live.isUp ? dialing.failurePenaltyMs : 0;
    context.links.transport.cast('close', { connectionId: live.connectionId, reason: end.type, penaltyMs });
  }
  // Also of one that was up: it may have ended before it told its name, and nobody else would answer.
  answerWaiters(state, live.address, (live.isUp ? live.peerId : null) ?? refusalOf(end));
  if (end.type === 'failed') reportFailure(state, live, end.error, context);
  const { peerId } = live;
  if (peerId === null || state.current.get(peerId) !== sessionId) {
    return { lost: null, unreached: live.isUp ? null : live.expected };
  }
  state.current.delete(peerId);
  state.book.live.delete(peerId);
  publishPeer(state, peerId);
  return { lost: peerId, unreached: null };
}

/** Somebody else needs the slot: an idle session is parked, and resumed cheaply once there is something to say. */
export function slotWanted(state: NodeState, connectionId: ConnectionId, context: NodeContext): void {
  for (const live of state.sessions.values()) {
    if (live.connectionId === connectionId && live.isUp) tell(live, 'close', { reason: 'park' }, context);
  }
}

/** Everybody who waited for this address learns who is there, or why nobody is. */
export function answerWaiters(state: NodeState, address: Address, found: Parameters<Waiter>[0]): void {
  const key = formatAddress(address);
  const waiting = state.waiters.get(key) ?? [];
  state.waiters.delete(key);
  for (const waiter of waiting) waiter(found);
}

/**
 * Makes `live` the session to talk on, unless the rule for two that dialled each other at once says otherwise: the
 * connection whose initiator has the smaller key stays (section 5.5). Of two in one direction the newer is alive.
 */
function takeOver(state: NodeState, live: LiveSession, idKey: Uint8Array, context: NodeContext): boolean {
  const { peerId } = live;
  if (peerId === null) return false;
  const other = state.sessions.get(state.current.get(peerId) ?? live.sessionId);
  if (other !== undefined && other !== live && other.isUp) {
    const isCrossed = other.direction !== live.direction && other.bootIdHex === live.bootIdHex;
    const [initiator, responder] =
      live.direction === 'out' ? [state.args.identity.idKey, idKey] : [idKey, state.args.identity.idKey];
    if (isCrossed && !isKeptDial(initiator, responder)) return false;
    tell(other, 'close', { reason: 'dup' }, context);
  }
  state.current.set(peerId, live.sessionId);
  return true;
}

/** Who calls us tells its port in its beacons only; the one it calls from is of no use for dialling. */
function addressAtOtherEnd(state: NodeState, live: LiveSession, peerId: PeerId): Address {
  if (live.direction === 'out') return live.address;
  return addressesOf(state.book, peerId).find(({ host }) => host === live.address.host) ?? live.address;
}

/** The host is proved by the session, the port by a signed beacon from there; null where none was heard. */
function provedAddress(state: NodeState, live: LiveSession, peerId: PeerId): string | null {
  const address = addressAtOtherEnd(state, live, peerId);
  return live.direction === 'in' && address === live.address ? null : formatAddress(address);
}

function pin(
  state: NodeState,
  live: LiveSession,
  peer: PeerProof,
  wallClockMs: number,
  context: NodeContext,
): void {
  const { peerId } = live;
  if (peerId === null) return;
  const before = state.book.contacts.get(peerId);
  if (before === undefined && state.book.contacts.size >= dialing.contactsMax) forgetStranger(state, context);
  const contact: Contact = {
    peerId,
    name: saidNameOf(state.book, peerId),
    idKeyHex: toHex(peer.idKey),
    trust: before?.trust ?? 'pinned',
    blocked: before?.blocked ?? false,
    certificateSerial: Math.max(before?.certificateSerial ?? 0, peer.certificateSerial),
    wireVersion: Math.max(before?.wireVersion ?? 0, ...peer.wireVersions),
    address: provedAddress(state, live, peerId) ?? before?.address ?? '',
    firstSeenMs: before?.firstSeenMs ?? wallClockMs,
    lastSeenMs: wallClockMs,
  };
  putContact(state, contact, context);
}

function refusalOf(end: SessionEnd): SessionError {
  if (end.type === 'failed') return end.error;
  return {
    code: 'session/order',
    detail: end.type === 'lost' ? `the connection was lost (${end.reason})` : 'it closed',
  };
}

function newSessionId(state: NodeState): SessionId {
  // The shape is ours: a failure here is a bug.
  return parseSessionId(newId(state, 's'))._unsafeUnwrap();
}

function newConnectionId(state: NodeState): ConnectionId {
  return parseConnectionId(newId(state, 'o'))._unsafeUnwrap();
}
