/**
 * What older programs say: whose words they are, in which order they are shown, and what they mean to the lists these
 * programs keep. Acts on the node's state; called from the node's handlers only.
 *
 *   talkHeard ─► held until earlier connections of the same program are done ─► history.append ─► message
 */
import type { NewLine } from '../delivery/entry.js';
import { sanitiseName } from '../people/name.js';
import { isBlocked, nameOf } from '../people/book.js';
import { chatbuddyFarewell } from '../../dialects/chatbuddy/codec.js';
import { unreachable } from '../../exhaustive.js';
import { directConversation } from '../../ids.js';
import { foreignRoutes as limits } from './limits.js';
import type { BodyOf, ReplyTo } from '../../runtime/actor.js';
import { storeIncoming } from '../delivery/incoming.js';
import { talkEnded, talkSpoke } from './connections.js';
import { isListable, noteAbsent, notePresent, publishNotice } from './presence.js';
import { keepOldLine } from './sending.js';
import { legacyRecordAt, planLook, recordOf, type OutboxTurn } from './peers.js';
import type { NodeContext, NodeState } from '../core.js';
import type { HeardWords } from '../../actors/connection/protocol.js';
import type { NodeProtocol } from '../../actors/node/protocol.js';
import type { LegacyRecord, LiveTalk } from './state.js';

/** Words of an older program; the reply waits for their commit. */
export function talkHeard(
  state: NodeState,
  { talkId, words }: BodyOf<NodeProtocol, 'talkHeard'>,
  context: NodeContext,
  from: ReplyTo<null, never>,
): readonly OutboxTurn[] {
  const live = state.legacy.talks.get(talkId);
  if (live === undefined) {
    from.ok(null);
    return [];
  }
  talkSpoke(live, context);
  live.held = [...live.held, { words, done: () => from.ok(null) }];
  return release(state, context);
}

export function talkDown(
  state: NodeState,
  { talkId, end }: BodyOf<NodeProtocol, 'talkDown'>,
  context: NodeContext,
): readonly OutboxTurn[] {
  const live = state.legacy.talks.get(talkId);
  if (live === undefined || live.end !== null) return [];
  live.end = end;
  // A talk that crashed has not closed what it had: its thread lives on, and with it the stream and the socket.
  if (end.type === 'lost') {
    const { connectionId } = live;
    context.links.transport.cast('close', { connectionId, reason: end.type, penaltyMs: 0 });
  }
  return release(state, context);
}

/** Some time has passed, for every talk that runs. */
export function look(state: NodeState, context: NodeContext): readonly OutboxTurn[] {
  state.legacy.isLookPlanned = false;
  for (const live of state.legacy.talks.values()) if (live.ref.isRunning()) live.looks += 1;
  return release(state, context);
}

/**
 * Lets go what need not wait (any more). A burst of connections is read by several threads, so that the words of a
 * later one may come here first: they wait for the earlier ones of the same program and address that are still open
 * and young. Age is counted in looks from when the talk runs, not in time: neither a thread that boots slowly nor a
 * pause of this one must make an earlier connection look like one that has nothing to say.
 */
function release(state: NodeState, context: NodeContext): readonly OutboxTurn[] {
  const blocked = new Set<string>();
  const turns: OutboxTurn[] = [];
  for (const live of state.legacy.talks.values()) {
    const source = `${live.dialect.name} ${live.address.host}`;
    const isOrdered = live.direction === 'in' && live.dialect.can.connection === 'message';
    const isWaiting = isOrdered && blocked.has(source);
    if (!isWaiting) letGo(state, live, context);
    if (live.end !== null && live.held.length === 0) {
      state.legacy.talks.delete(live.talkId);
      turns.push(...talkEnded(state, live, live.end, context));
    } else if (isOrdered && live.looks < limits.orderLooks) {
      blocked.add(source);
      planLook(state.legacy, context);
    }
  }
  return turns;
}

function letGo(state: NodeState, live: LiveTalk, context: NodeContext): void {
  const all = live.held;
  live.held = [];
  for (const { words, done } of all) hear(state, live, words, done, context);
}

function hear(
  state: NodeState,
  live: LiveTalk,
  words: readonly HeardWords[],
  done: () => void,
  context: NodeContext,
): void {
  const lines: NewLine[] = [];
  for (const word of words) {
    const record = speakerOf(state, live, word);
    if (record === null || isBlocked(state.book, record.peerId)) continue;
    if (word.speaker.form !== null) record.form = word.speaker.form;
    const name = word.speaker.name === null ? null : sanitiseName(word.speaker.name).unwrapOr(null);
    const line = understand(state, live, record, name, word);
    if (line !== null) lines.push(line);
  }
  if (lines.length === 0) done();
  else void storeIncoming(state, lines, 'its sender does not know', context).finally(done);
}

/** Whose words these are. Null: of nobody who could be named. */
function speakerOf(state: NodeState, live: LiveTalk, { speaker }: HeardWords): LegacyRecord | null {
  const known = recordOf(state, live);
  if (known !== undefined && (live.direction === 'out' || speaker.listeningPort === null)) return known;
  const { host, port } = live.address;
  const record = legacyRecordAt(state, live.dialect.name, { host, port: speaker.listeningPort ?? port });
  live.peerId = record?.peerId ?? null;
  return record;
}

/** Presence, lists and notices; the line where it is a text. */
function understand(
  state: NodeState,
  live: LiveTalk,
  record: LegacyRecord,
  name: string | null,
  word: HeardWords,
): NewLine | null {
  const { utterance } = word;
  const called = utterance.type === 'profile' ? sanitiseName(utterance.name).unwrapOr(name) : name;
  // Before the lists tell of it, so that it is told by its name; who leaves has one already.
  if (utterance.type !== 'leave') notePresent(state, record, called);
  noteLists(state, record, name, word);
  switch (utterance.type) {
    case 'text': {
      const line = incoming(state, record, word, utterance.text, utterance.sentAtMs);
      keepOldLine(state, record, line);
      return line;
    }
    case 'connect':
      if (record.dialect.name !== 'synergy') publishNotice(state, record, 'connected', '');
      return null;
    case 'leave':
      live.hasLeft = true;
      if (record.dialect.name !== 'synergy') {
        const farewell = record.dialect.name === 'chatbuddy' ? chatbuddyFarewell : '';
        publishNotice(state, record, 'disconnected', utterance.words ?? farewell);
      }
      // A talk ends with its connection; of the others this is all that tells it.
      if (record.dialect.can.connection === 'message') noteAbsent(state, record);
      return null;
    case 'profile':
    case 'receipt':
      return null;
    default:
      return unreachable(utterance);
  }
}

/** synergy tells its user what has changed on its list; netech keeps its two lists quietly. */
function noteLists(state: NodeState, record: LegacyRecord, name: string | null, word: HeardWords): void {
  if (!isListable(record)) return;
  if (record.dialect.name === 'netech') state.legacy.netech.heard(record, name, word.utterance);
  if (record.dialect.name !== 'synergy') return;
  for (const notice of state.legacy.synergy.heard(record, name, word.utterance)) {
    // The message itself is told as one.
    if (notice.type !== 'message') publishNotice(state, record, notice.type, notice.text);
  }
}

function incoming(
  state: NodeState,
  record: LegacyRecord,
  { id, encryption }: HeardWords,
  text: string,
  sentAtMs: number,
): NewLine {
  return {
    id,
    direction: 'in',
    peerId: record.peerId,
    peer: nameOf(state.book, record.peerId),
    conversation: directConversation(record.peerId),
    text,
    sentAtMs,
    receivedAtMs: Date.now(),
    dialect: record.dialect.name,
    encryption,
    verified: false,
    state: 'delivered',
  };
}
