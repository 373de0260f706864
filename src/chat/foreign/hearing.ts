/**
 * Texts of foreign programs: their sender, their order, and their effect on the lists that these programs keep.
 *
 *   heard ─► held until earlier connections of the same program are done ─► entries for delivery
 */
import { ok } from 'neverthrow';
import { synergyJson } from '../../dialects/synergy/codec.js';
import { chatbuddyFarewell } from '../../dialects/chatbuddy/codec.js';
import { unreachable } from '../../exhaustive.js';
import { directConversation, type SessionId } from '../../ids.js';
import { textContent, type NewEntry } from '../delivery/entry.js';
import { sanitiseName } from '../people/name.js';
import type { HeardCall, RouteReport } from '../routes/route.js';
import { answer } from '../turn.js';
import { connectionEnded, planRelease, spoke } from './connections.js';
import { foreignRoutes as limits } from './limits.js';
import { foreignPeerAt } from './peers.js';
import { isListable, noteLeft, notePresent, publishNotice } from './presence.js';
import { keepHistoryLine } from './sending.js';
import {
  peerOf,
  type ForeignConnection,
  type ForeignEnd,
  type ForeignPeer,
  type ForeignState,
  type ForeignTurn,
  type HeardWords,
  type HeldWords,
} from './state.js';

/** Takes the report that the first bytes were read: the time of the rest counts from now. */
export function reading(state: ForeignState, sessionId: SessionId): void {
  const live = state.connections.get(sessionId);
  if (live === undefined) return;
  live.hasBeenRead = true;
  live.releases = 0;
}

/** Takes words of a foreign program. The call is answered after their commit. */
export function heard(
  state: ForeignState,
  sessionId: SessionId,
  words: readonly HeardWords[],
  call: HeardCall,
  turn: ForeignTurn,
): readonly RouteReport[] {
  const live = state.connections.get(sessionId);
  if (live === undefined) {
    turn.emit(answer(call, ok({ receipts: [] })));
    return [];
  }
  spoke(live, turn);
  live.held = [...live.held, { words, call }];
  return releaseHeld(state, turn);
}

/** Takes the end of a connection. Its texts are released first. */
export function down(
  state: ForeignState,
  sessionId: SessionId,
  end: ForeignEnd,
  turn: ForeignTurn,
): readonly RouteReport[] {
  const live = state.connections.get(sessionId);
  if (live === undefined || live.end !== null) return [];
  live.end = end;
  // A connection that crashed has not closed what it had: its thread lives on, and with it the stream and the socket.
  if (end.type === 'lost') {
    const { connectionId } = live;
    turn.emit({ to: 'transport', say: 'close', connectionId, reason: end.type, penaltyMs: 0 });
  }
  return releaseHeld(state, turn);
}

/** Takes the release timer: every connection that runs is older by one release. */
export function releaseDue(state: ForeignState, turn: ForeignTurn): readonly RouteReport[] {
  state.isReleasePlanned = false;
  for (const live of state.connections.values()) if (live.isRunning) live.releases += 1;
  return releaseHeld(state, turn);
}

/**
 * Releases words that need not wait any more. A burst of connections is read by several threads, so that the words of
 * a later one may come here first: they wait for the earlier ones of the same program and address that are still open
 * and young. Age is counted in releases since the connection runs, not in time: neither a thread that boots slowly nor
 * a pause of this one must make an earlier connection look like one that has nothing to say.
 */
function releaseHeld(state: ForeignState, turn: ForeignTurn): readonly RouteReport[] {
  const blocked = new Set<string>();
  const reports: RouteReport[] = [];
  for (const live of state.connections.values()) {
    const source = `${live.dialect.name} ${live.address.host}`;
    const isOrdered = live.direction === 'in' && live.dialect.can.connection === 'message';
    const isWaiting = isOrdered && blocked.has(source);
    if (!isWaiting) reports.push(...takeHeld(state, live, turn));
    if (live.end !== null && live.held.length === 0) {
      state.connections.delete(live.sessionId);
      reports.push(...connectionEnded(state, live, live.end, turn));
    } else if (isOrdered && live.releases < releasesMaxOf(live)) {
      blocked.add(source);
      planRelease(state, turn);
    }
  }
  return reports;
}

/** A caller of the shared port has bytes: one that was not read yet waits for a thread of this node. */
const releasesMaxOf = ({ hasBeenRead }: ForeignConnection): number =>
  hasBeenRead ? limits.orderReleasesMax : limits.orderUnreadReleasesMax;

function takeHeld(state: ForeignState, live: ForeignConnection, turn: ForeignTurn): readonly RouteReport[] {
  const all = live.held;
  live.held = [];
  return all.flatMap((held) => understandAll(state, live, held, turn));
}

function understandAll(
  state: ForeignState,
  live: ForeignConnection,
  { words, call }: HeldWords,
  turn: ForeignTurn,
): readonly RouteReport[] {
  const entries: NewEntry[] = [];
  const isPresent = live.dialect.can.connection === 'message' && live.direction === 'in';
  for (const word of words) {
    const peer = speakerOf(state, live, word, turn);
    if (peer === null || state.people.isBlocked(peer.peerId)) continue;
    noteForm(state, peer, word);
    const name = word.speaker.name === null ? null : sanitiseName(word.speaker.name).unwrapOr(null);
    const entry = understand(state, live, peer, name, word, turn);
    if (entry !== null) entries.push(entry);
  }
  // A peer that speaks can be spoken to: what waits for it need not wait longer.
  const present =
    isPresent && live.peerId !== null ? [{ type: 'present', peerId: live.peerId } as const] : [];
  if (entries.length > 0) return [{ type: 'heard', entries, call, repeatedBy: null }, ...present];
  turn.emit(answer(call, ok({ receipts: [] })));
  return present;
}

/** Notes the form in which a program spoke. It is answered in that form, whatever form the user chose before. */
function noteForm(state: ForeignState, peer: ForeignPeer, { speaker }: HeardWords): void {
  peer.hasSpoken = true;
  if (speaker.form === null) return;
  peer.form = speaker.form;
  if (peer.dialect.name !== 'synergy') return;
  // The connection message that went out before was in this form, so that the peer knows of it.
  if (peer.isConnectUnsure && peer.form !== synergyJson) state.synergy.sent(peer, { type: 'connect' });
  peer.isConnectUnsure = false;
}

/** The peer that says these words. Null: they give no address that a peer could have. */
function speakerOf(
  state: ForeignState,
  live: ForeignConnection,
  { speaker }: HeardWords,
  turn: ForeignTurn,
): ForeignPeer | null {
  const known = peerOf(state, live);
  if (known !== undefined && (live.direction === 'out' || speaker.listeningPort === null)) return known;
  const { host, port } = live.address;
  const address = { host, port: speaker.listeningPort ?? port };
  const peer = foreignPeerAt(state, live.dialect.name, address, turn);
  live.peerId = peer?.peerId ?? null;
  return peer;
}

/** Takes the meaning of words into presence, lists and notices. Returns the entry of a text; null: the words are not a text. */
function understand(
  state: ForeignState,
  live: ForeignConnection,
  peer: ForeignPeer,
  name: string | null,
  word: HeardWords,
  turn: ForeignTurn,
): NewEntry | null {
  const { utterance } = word;
  const newName = utterance.type === 'profile' ? sanitiseName(utterance.name).unwrapOr(name) : name;
  // Presence comes before the notices, so that these have the peer's name. A leaving peer is known already.
  if (utterance.type !== 'leave') notePresent(state, peer, newName, turn);
  noteLists(state, peer, name, word, turn);
  switch (utterance.type) {
    case 'text': {
      const entry = incoming(state, peer, word, utterance.text, utterance.sentAtMs, turn);
      keepHistoryLine(state, peer, entry, turn);
      // An empty text of a program that takes turns says nothing but that it waits now.
      if (peer.dialect.name === 'cse310' && utterance.text === '')
        publishNotice(state, peer, 'your-turn', '', turn);
      return entry;
    }
    case 'connect':
      if (peer.dialect.name !== 'synergy') publishNotice(state, peer, 'connected', '', turn);
      return null;
    case 'leave':
      live.hasLeft = true;
      if (peer.dialect.name !== 'synergy') {
        const farewell = peer.dialect.name === 'chatbuddy' ? chatbuddyFarewell : '';
        publishNotice(state, peer, 'disconnected', utterance.words ?? farewell, turn);
      }
      // A conversation ends with its connection. A program that opens a connection for each message has no other end.
      if (peer.dialect.can.connection === 'message') noteLeft(state, peer, turn);
      return null;
    case 'profile':
    case 'status':
    case 'typing':
    case 'inquiry':
    case 'operation':
    case 'receipt':
    case 'offer':
    case 'file':
    case 'unknown':
      return null;
    default:
      return unreachable(utterance);
  }
}

/** synergy tells its user what has changed on its list; netech keeps its two lists quietly. */
function noteLists(
  state: ForeignState,
  peer: ForeignPeer,
  name: string | null,
  word: HeardWords,
  turn: ForeignTurn,
): void {
  if (!isListable(peer)) return;
  if (peer.dialect.name === 'netech') state.netech.heard(peer, name, word.utterance);
  if (peer.dialect.name !== 'synergy') return;
  for (const notice of state.synergy.heard(peer, name, word.utterance)) {
    // The message itself is an event of its own.
    if (notice.type !== 'message') publishNotice(state, peer, notice.type, notice.text, turn);
  }
}

function incoming(
  { people }: ForeignState,
  { peerId, dialect }: ForeignPeer,
  { id, encryption }: HeardWords,
  text: string,
  sentAtMs: number,
  turn: ForeignTurn,
): NewEntry {
  return {
    id,
    direction: 'in',
    peerId,
    peer: people.name(peerId),
    conversation: directConversation(peerId),
    content: textContent(text),
    sentAtMs,
    receivedAtMs: turn.now.wallMs,
    dialect: dialect.name,
    encryption,
    verified: false,
    state: 'delivered',
  };
}
