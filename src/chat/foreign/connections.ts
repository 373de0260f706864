/**
 * Connections with older programs as the node sees them: with whom they are, which one is a talk that stands, and how
 * they end. Acts on the node's state; called from the node's handlers only. What the outbox has to be told is returned.
 */
import type { MessagePort } from 'node:worker_threads';
import { err, ok } from 'neverthrow';
import { legacyPeerId } from '../people/name.js';
import { isBlocked } from '../people/book.js';
import type { DialectName, ForeignDialectName as LegacyDialectName } from '../../dialects/dialect.js';
import { foreignDialects as legacyDialects } from '../../dialects/sniff.js';
import type { DialectError } from '../../dialects/errors.js';
import type { RuntimeError } from '../../runtime/errors.js';
import type { DialError as TransportError } from '../errors.js';
import { parseSessionId, type ConnectionId, type PeerId } from '../../ids.js';
import { foreignPorts as legacyPorts } from '../../dialects/limits.js';
import { foreignRoutes as limits } from './limits.js';
import type { BodyOf } from '../../runtime/actor.js';
import type { Carries } from '../../admission/slots.js';
import { noteAbsent, notePresent, publishNotice } from './presence.js';
import { blockedFault, dialOptions, jobEnded, sayJob, takeDial, talkCameToNothing } from './sending.js';
import { legacyRecordAt, planLook, recordOf, sayFarewell, talkOptions, type OutboxTurn } from './peers.js';
import { newId, publishPeer, type NodeContext, type NodeState } from '../core.js';
import { formatAddress, type Address } from '../../wire/address.js';
import type { TalkArgs, TalkEnd } from '../../actors/connection/protocol.js';
import type { NodeProtocol } from '../../actors/node/protocol.js';
import type { LegacyRecord, LiveTalk } from './state.js';

/** A connection that the transport admitted, of an older program. */
export function acceptTalk(
  state: NodeState,
  body: Omit<BodyOf<NodeProtocol, 'accepted'>, 'dialect'> & { readonly dialect: LegacyDialectName },
): void {
  const { connectionId, dialect, port } = body;
  const address = { host: body.remoteAddress, port: body.remotePort };
  const record = callerOf(state, dialect, address);
  const form = record?.form ?? null;
  const options = talkOptions(state, dialect, address.host, { form, secure: false, privateNumber: null });
  const peerId = record?.peerId ?? null;
  openTalk(state, { connectionId, dialect, direction: 'in', address, port, options, peerId });
}

export const isLegacyDial = (state: NodeState, connectionId: ConnectionId): boolean =>
  state.legacy.dials.has(connectionId);

/** A connection that we opened. */
export function talkDialled(state: NodeState, connectionId: ConnectionId, port: MessagePort): void {
  const record = takeDial(state, connectionId);
  if (record === null) {
    port.close();
    return;
  }
  const options = dialOptions(state, record);
  const { host, peerId } = record;
  const address = { host, port: record.port };
  const dialect = record.dialect.name;
  const opening = { connectionId, dialect, direction: 'out', address, port, options, peerId } as const;
  const live = openTalk(state, opening);
  if (record.dialect.can.connection === 'message') sayJob(state, record, live, options);
}

/** Nobody listens there, or not in time. */
export function talkDialFailed(
  state: NodeState,
  connectionId: ConnectionId,
  error: TransportError | RuntimeError,
  context: NodeContext,
): readonly OutboxTurn[] {
  const record = takeDial(state, connectionId);
  if (record === null) return [];
  return record.dialect.can.connection === 'message'
    ? jobEnded(state, record, error, context)
    : talkCameToNothing(record, error);
}

export function talkUp(
  state: NodeState,
  { talkId, isTextToCome }: BodyOf<NodeProtocol, 'talkUp'>,
  context: NodeContext,
): readonly OutboxTurn[] {
  const live = state.legacy.talks.get(talkId);
  if (live === undefined) return [];
  const isTalk = live.dialect.can.connection === 'talk';
  // Some programs of cmp2204 ask their user for the text only now.
  live.isTyped = isTextToCome && !isTalk;
  if (live.direction === 'in')
    admit(live, isTalk ? 'talk' : live.isTyped ? 'typed-message' : 'message', context);
  return isTalk && live.direction === 'out' ? stand(state, live) : [];
}

/** An accepted talk counts from its connection: either side may begin. */
export function talkAccepted(
  state: NodeState,
  connectionId: ConnectionId,
  context: NodeContext,
): readonly OutboxTurn[] {
  const live = talkOn(state, connectionId);
  if (live === undefined) return [];
  if (live.dialect.can.connection !== 'talk') {
    planLook(state.legacy, context);
    return [];
  }
  admit(live, 'talk', context);
  return stand(state, live);
}

/** Words have come: what was waited for is there, and the connection ends soon. */
export function talkSpoke(live: LiveTalk, context: NodeContext): void {
  if (live.isTyped) admit(live, 'message', context);
  live.isTyped = false;
}

/** The connection is gone, and all its words are dealt with. */
export function talkEnded(
  state: NodeState,
  live: LiveTalk,
  end: TalkEnd,
  context: NodeContext,
): readonly OutboxTurn[] {
  if (end.type === 'failed') noteFailure(state, live, end.error, context);
  for (const ended of live.enders) ended();
  const record = recordOf(state, live);
  if (record === undefined) return [];
  const isOurs = record.work?.connectionId === live.connectionId;
  if (live.dialect.can.connection === 'message')
    return isOurs ? jobEnded(state, record, faultOf(live, end), context) : [];
  if (state.legacy.standing.get(record.peerId) !== live.talkId)
    return isOurs ? talkCameToNothing(record, faultOf(live, end)) : [];
  state.legacy.standing.delete(record.peerId);
  state.book.live.delete(record.peerId);
  const isByUs = end.type === 'closed' && end.by === 'us';
  if (!live.hasLeft && !isByUs)
    publishNotice(state, record, end.type === 'closed' ? 'disconnected' : 'lost', '');
  noteAbsent(state, record);
  return [{ type: 'down', peerId: record.peerId }];
}

/** Somebody else needs the slot: a talk that has been silent for long ends as its dialect ends talks. */
export function parkTalk(state: NodeState, connectionId: ConnectionId): void {
  const live = talkOn(state, connectionId);
  if (live !== undefined) sayFarewell(state, live);
}

interface Opening {
  readonly connectionId: ConnectionId;
  readonly dialect: LegacyDialectName;
  readonly direction: LiveTalk['direction'];
  readonly address: Address;
  readonly port: MessagePort;
  readonly options: TalkArgs['options'];
  readonly peerId: PeerId | null;
}

function openTalk(state: NodeState, { port, options, dialect, ...opening }: Opening): LiveTalk {
  const talkId = parseSessionId(newId(state, 't'))._unsafeUnwrap();
  const role = opening.direction === 'in' ? 'accept' : 'dial';
  const ref = state.args.legacy.startTalk({ talkId, dialect, role, options, port });
  const live: LiveTalk = {
    ...opening,
    talkId,
    ref,
    dialect: legacyDialects[dialect],
    looks: 0,
    held: [],
    end: null,
    hasLeft: false,
    waiting: [],
    said: new Map(),
    isTyped: false,
    isLeaving: false,
    enders: [],
  };
  state.legacy.talks.set(talkId, live);
  return live;
}

/**
 * Who calls, as far as the connection tells. A second talk from the same address is another peer, known by its source
 * port. Null: synergy and netech say it with each message.
 */
function callerOf(state: NodeState, dialect: LegacyDialectName, address: Address): LegacyRecord | null {
  if (dialect === 'synergy' || dialect === 'netech') return null;
  const usual = legacyRecordAt(state, dialect, { host: address.host, port: legacyPorts[dialect] });
  const isTaken = usual !== null && (state.legacy.standing.has(usual.peerId) || usual.work !== null);
  return isTaken && dialect !== 'cmp2204' ? legacyRecordAt(state, dialect, address) : usual;
}

/** It has nothing to prove, so it counts as served from now on; strangers' places are few. */
function admit(live: LiveTalk, carries: Carries, context: NodeContext): void {
  const { connectionId, address, dialect } = live;
  const peerId = live.peerId ?? legacyPeerId(dialect.name, address.host, address.port);
  if (peerId === null) return;
  context.links.transport.cast('authenticated', { connectionId, peerId, isContact: false, carries });
}

function stand(state: NodeState, live: LiveTalk): readonly OutboxTurn[] {
  const record = recordOf(state, live);
  if (record === undefined) return [];
  const { peerId } = record;
  if (record.work?.connectionId === live.connectionId) record.work = null;
  const waiting = record.waiters;
  record.waiters = [];
  if (isBlocked(state.book, peerId)) {
    live.ref.cast('close', {});
    for (const waiter of waiting) waiter(err(blockedFault(state, peerId)));
    return [];
  }
  state.legacy.standing.set(peerId, live.talkId);
  state.book.live.set(peerId, live.address);
  notePresent(state, record, null);
  publishPeer(state, peerId);
  publishNotice(state, record, 'connected', '');
  for (const waiter of waiting) waiter(ok(null));
  return [{ type: 'up', peerId }];
}

function talkOn(state: NodeState, connectionId: ConnectionId): LiveTalk | undefined {
  for (const live of state.legacy.talks.values()) if (live.connectionId === connectionId) return live;
  return undefined;
}

/** Counted always, logged now and then: who sends nonsense must not fill the log. */
function noteFailure(state: NodeState, live: LiveTalk, error: DialectError, context: NodeContext): void {
  const { malformed, failureLoggedAtMs } = state.legacy;
  const { name } = live.dialect;
  const count = (malformed.get(name) ?? 0) + 1;
  malformed.set(name, count);
  const nowMs = performance.now();
  if (nowMs - (failureLoggedAtMs.get(name) ?? -Infinity) < limits.failureLogEveryMs) return;
  failureLoggedAtMs.set(name, nowMs);
  const reason = error.code === 'dialect/malformed' ? error.detail : error.code;
  context.log('warn', 'talk-failed', { dialect: name, address: formatAddress(live.address), reason, count });
}

const faultOf = ({ address: { host, port } }: LiveTalk, end: TalkEnd): TransportError => ({
  code: 'transport/dial-failed',
  address: host,
  port,
  reason: end.type === 'lost' ? end.reason : end.type === 'failed' ? end.error.code : 'it closed',
});

export const isLegacyDialect = (name: DialectName): name is LegacyDialectName => name !== 'native';
