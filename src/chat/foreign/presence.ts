/**
 * Peers of foreign programs as users see them: rows beside those of native peers, the lists that synergy and netech
 * keep, and what these programs tell their users.
 */
import type { ForeignDialectName, Utterance } from '../../dialects/dialect.js';
import { unreachable } from '../../exhaustive.js';
import { cmp2204Presence } from '../../dialects/cmp2204/limits.js';
import { synergyFormHint } from '../../dialects/synergy/codec.js';
import { formatEndpoint, isDottedQuad, type Endpoint } from '../../wire/address.js';
import type { ForeignPeerInfo } from '../contract.js';
import type { NoticeEvent, PeerState } from '../events.js';
import { foreignPeerId } from '../people/name.js';
import type { ForeignPeer, ForeignState, ForeignTurn } from './state.js';

/** Notes that the peer spoke or took an utterance. `name`: its own name, fit to be shown; null: it gave none. */
export function notePresent(
  state: ForeignState,
  peer: ForeignPeer,
  name: string | null,
  turn: ForeignTurn,
): void {
  peer.activeAtMs = turn.now.monotonicMs;
  if (state.people.isAnnounced(peer.peerId)) return;
  setPresence(state, peer, name ?? state.people.presence(peer.peerId)?.name ?? '', 'online', turn);
}

/** Notes that the peer is no longer there. */
export function noteAbsent({ people }: ForeignState, { peerId }: ForeignPeer, turn: ForeignTurn): void {
  if (!people.isAnnounced(peerId)) people.gone(peerId, turn);
}

/** Notes that the peer or this side said goodbye. */
export function noteLeft({ people }: ForeignState, { peerId }: ForeignPeer, turn: ForeignTurn): void {
  if (people.isAnnounced(peerId)) return;
  const name = people.saidName(peerId);
  people.gone(peerId, turn);
  people.left(peerId, name);
}

/** Ages the peers that send no announcements: after a long silence they are away, and later gone. */
export function agePeers(state: ForeignState, turn: ForeignTurn): void {
  const { people } = state;
  for (const peer of state.peers.values()) {
    const before = people.presence(peer.peerId);
    if (before === undefined || people.isAnnounced(peer.peerId) || people.isLive(peer.peerId)) continue;
    const seen = stateAfter(peer.dialect.name, turn.now.monotonicMs - peer.activeAtMs);
    if (seen === 'offline') noteAbsent(state, peer, turn);
    else if (seen !== before.state) setPresence(state, peer, before.name, seen, turn);
  }
}

/** Lists the peers that a foreign program would show as active. */
export function listPeers(state: ForeignState, dialect: ForeignDialectName): readonly ForeignPeerInfo[] {
  switch (dialect) {
    case 'synergy':
      return state.synergy
        .list()
        .flatMap((peer) => listed(state, dialect, peer, peer.name, peer.status === 'Connected'));
    case 'netech':
      return state.netech
        .active()
        .flatMap((peer) => listed(state, dialect, peer, peer.team, peer.isConnected));
    case 'cmp2204':
    case 'chatbuddy':
    case 'cse310': {
      const rows = state.people.presenceRows().filter((row) => row.dialect === dialect);
      return rows.flatMap(({ peerId, name, addresses: [address] }) =>
        address === undefined ? [] : listed(state, dialect, address, name, state.people.isLive(peerId)),
      );
    }
    default:
      return unreachable(dialect);
  }
}

/** Notes an utterance that the peer took, in its presence and in the lists of synergy and netech. */
export function noteSent(
  state: ForeignState,
  peer: ForeignPeer,
  utterance: Utterance,
  turn: ForeignTurn,
): void {
  notePresent(state, peer, null, turn);
  if (peer.dialect.name === 'synergy') noteSynergySent(state, peer, utterance, turn);
  if (peer.dialect.name === 'netech') state.netech.sent(peer, utterance);
  if (utterance.type === 'leave') noteLeft(state, peer, turn);
}

/** Notes that our goodbye could not reach a peer: it is taken off its list like a peer that got it. */
export function noteGoodbyeLost(state: ForeignState, peer: ForeignPeer, turn: ForeignTurn): void {
  const leave: Utterance = { type: 'leave', words: null };
  if (peer.dialect.name === 'synergy') state.synergy.sent(peer, leave);
  if (peer.dialect.name === 'netech') state.netech.sent(peer, leave);
  noteLeft(state, peer, turn);
}

/**
 * Notes an utterance for synergy. One version of it reads the text form alone and another one JSON alone, and nobody
 * knows the version of a peer before it speaks. Such a peer counts as connected once it speaks in the form of the
 * connection message. The user gets one hint about the address of the other version.
 */
function noteSynergySent(
  state: ForeignState,
  peer: ForeignPeer,
  utterance: Utterance,
  turn: ForeignTurn,
): void {
  const isGuess = peer.form === null;
  peer.isConnectUnsure = isGuess && (utterance.type === 'connect' || peer.isConnectUnsure);
  if (isGuess && utterance.type === 'connect')
    state.synergy.sent(peer, { type: 'text', id: null, sentAtMs: turn.now.wallMs, text: '' });
  else state.synergy.sent(peer, utterance);
  if (!isGuess || peer.isFormHinted || utterance.type === 'leave') return;
  peer.isFormHinted = true;
  publishNotice(state, peer, 'text-form', synergyFormHint(formatEndpoint(peer)), turn);
}

/** Publishes a notice about a peer. */
export function publishNotice(
  { people }: ForeignState,
  { peerId, dialect }: ForeignPeer,
  notice: NoticeEvent['notice'],
  text: string,
  turn: ForeignTurn,
): void {
  const peer = people.name(peerId);
  turn.emit({ to: 'feed', event: { type: 'notice', notice, peer, peerId, dialect: dialect.name, text } });
}

/** Whether the lists of synergy and netech can hold a peer: they know IPv4 addresses alone. */
export const isListable = ({ host }: Endpoint): boolean => isDottedQuad(host);

function setPresence(
  { people }: ForeignState,
  { peerId, host, port, dialect }: ForeignPeer,
  name: string,
  seen: PeerState,
  turn: ForeignTurn,
): void {
  const { wallMs } = turn.now;
  const lastSeenMs = seen === 'online' ? wallMs : (people.presence(peerId)?.lastSeenMs ?? wallMs);
  const addresses = [{ host, port }];
  people.heard(
    { peerId, name, state: seen, addresses, dialect: dialect.name, lastSeenMs, bootIdHex: '' },
    'spoke',
    turn,
  );
}

/** Returns the state after a silence. synergy and netech keep peers until they leave; chatbuddy and cse310 keep none. */
function stateAfter(dialect: ForeignDialectName, silentMs: number): PeerState {
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
  { people }: ForeignState,
  dialect: ForeignDialectName,
  { host, port }: Endpoint,
  name: string | null,
  isConnected: boolean,
): readonly ForeignPeerInfo[] {
  const peerId = foreignPeerId(dialect, host, port);
  if (peerId === null) return [];
  const shown = people.presence(peerId)?.name || name || people.name(peerId);
  return [{ peer: peerId, name: shown, address: host, port, state: people.state(peerId), isConnected }];
}
