/**
 * Peers of older programs as people see them: rows beside those of native peers, the lists that synergy and netech
 * keep, and what these programs tell their users. Acts on the node's state; called from the node's handlers only.
 */
import { legacyPeerId } from '../people/name.js';
import { nameOf, stateOf } from '../people/book.js';
import type { NoticeEvent, PeerState } from '../events.js';
import type { ForeignDialectName as LegacyDialectName, Utterance } from '../../dialects/dialect.js';
import { unreachable } from '../../exhaustive.js';
import type { PeerId } from '../../ids.js';
import { cmp2204Presence } from '../../dialects/cmp2204/limits.js';
import { type Endpoint, isDottedQuad } from '../../wire/address.js';
import { publishGone, publishPeer, type NodeState, type Telling } from '../core.js';
import type { LegacyPeer } from '../contract.js';
import type { LegacyRecord } from './state.js';
import type { Presence } from '../people/presence.js';

/** It spoke, or took what we said. `name`: what it calls itself, made fit to be shown; `null`: it did not say. */
export function notePresent(state: NodeState, record: LegacyRecord, name: string | null): void {
  record.activeAtMs = performance.now();
  if (record.isAnnounced) return;
  const before = state.book.presence.get(record.peerId);
  setPresence(state, record, name ?? before?.name ?? '', 'online');
}

/** It leaves: it is not there any more. */
export function noteAbsent(state: Telling, record: LegacyRecord): void {
  if (record.isAnnounced) return;
  publishGone(state, record.peerId);
}

/** Nobody announces that these peers are still there: who is silent for long is away, and later gone. */
export function ageLegacyPeers(state: Telling & Pick<NodeState, 'legacy'>, nowMs: number): void {
  for (const record of state.legacy.peers.values()) {
    const before = state.book.presence.get(record.peerId);
    if (record.isAnnounced || before === undefined || state.book.live.has(record.peerId)) continue;
    const silentMs = nowMs - record.activeAtMs;
    const seen = stateAfter(record.dialect.name, silentMs);
    if (seen === 'offline') noteAbsent(state, record);
    else if (seen !== before.state) setPresence(state, record, before.name, seen);
  }
}

/** Who is active in the older program. */
export function listLegacyPeers(state: NodeState, dialect: LegacyDialectName): readonly LegacyPeer[] {
  switch (dialect) {
    case 'synergy':
      return state.legacy.synergy
        .list()
        .flatMap((peer) => listed(state, dialect, peer, peer.name, peer.status === 'Connected'));
    case 'netech':
      return state.legacy.netech
        .active()
        .flatMap((peer) => listed(state, dialect, peer, peer.team, peer.isConnected));
    case 'cmp2204':
    case 'chatbuddy':
    case 'cse310': {
      const rows = [...state.book.presence.values()].filter((row) => row.dialect === dialect);
      return rows.flatMap(({ peerId, name, addresses: [address] }) =>
        address === undefined ? [] : listed(state, dialect, address, name, state.book.live.has(peerId)),
      );
    }
    default:
      return unreachable(dialect);
  }
}

/** For the lists of synergy and netech. */
export function noteSent(state: NodeState, record: LegacyRecord, utterance: Utterance): void {
  notePresent(state, record, null);
  if (record.dialect.name === 'synergy') state.legacy.synergy.sent(record, utterance);
  if (record.dialect.name === 'netech') state.legacy.netech.sent(record, utterance);
  if (utterance.type === 'leave') noteAbsent(state, record);
}

export function publishNotice(
  state: NodeState,
  { peerId, dialect }: LegacyRecord,
  notice: NoticeEvent['notice'],
  text: string,
): void {
  const peer = nameOf(state.book, peerId);
  state.args.publish({ type: 'notice', notice, peer, peerId, dialect: dialect.name, text });
}

function setPresence(state: Telling, record: LegacyRecord, name: string, seen: PeerState): void {
  const { peerId, host, port, dialect } = record;
  const lastSeenMs =
    seen === 'online' ? Date.now() : (state.book.presence.get(peerId)?.lastSeenMs ?? Date.now());
  const row: Presence = {
    peerId,
    name,
    state: seen,
    addresses: [{ host, port }],
    dialect: dialect.name,
    lastSeenMs,
    bootIdHex: '',
  };
  state.book.presence.set(peerId, row);
  publishPeer(state, peerId);
}

/** synergy and netech forget nobody who has not left; of the others nothing is known once they are silent. */
function stateAfter(dialect: LegacyDialectName, silentMs: number): PeerState {
  const { onlineMs, awayMs } = cmp2204Presence;
  switch (dialect) {
    case 'cmp2204':
      return silentMs <= onlineMs ? 'online' : silentMs <= awayMs ? 'away' : 'offline';
    case 'synergy':
    case 'netech':
      return silentMs <= awayMs ? 'online' : 'away';
    case 'chatbuddy':
    case 'cse310':
      return 'offline';
    default:
      return unreachable(dialect);
  }
}

function listed(
  state: NodeState,
  dialect: LegacyDialectName,
  { host, port }: Endpoint,
  name: string | null,
  isConnected: boolean,
): readonly LegacyPeer[] {
  const peerId = legacyPeerId(dialect, host, port);
  if (peerId === null) return [];
  const shown = state.book.presence.get(peerId)?.name || name || nameOf(state.book, peerId);
  return [
    { peer: peerId, name: shown, address: host, port, state: stateOf(state.book, peerId), isConnected },
  ];
}

/** Whether the announcements of cmp2204 tell of this peer. */
export function noteAnnounced(state: Pick<NodeState, 'legacy'>, peerId: PeerId, isThere: boolean): void {
  const record = state.legacy.peers.get(peerId);
  if (record !== undefined) record.isAnnounced = isThere;
}

/** The lists know peers by IPv4 addresses. */
export const isListable = ({ host }: Endpoint): boolean => isDottedQuad(host);
