/**
 * What the node knows of older programs while it runs: open talks, what is to be said to whom, and the lists that
 * these programs keep. The files `node-legacy*` work on it; called from the node's handlers only.
 */
import { err, ok, type Result } from 'neverthrow';
import type { Line } from '../delivery/entry.js';
import { legacyPeerId, parseLegacyPeerId } from '../people/name.js';
import type {
  ForeignDialectName as LegacyDialectName,
  ForeignOptions as TalkOptions,
  Utterance,
} from '../../dialects/dialect.js';
import { foreignDialects as legacyDialects } from '../../dialects/sniff.js';
import type { ChatError } from '../errors.js';
import type { MessageId, PeerId } from '../../ids.js';
import { foreignPeers as limits } from '../../dialects/limits.js';
import { foreignRoutes as talks } from './limits.js';
import type { Address } from '../../wire/address.js';
import { publishGone, type NodeContext, type NodeState, type Telling } from '../core.js';
import type { TalkArgs } from '../../actors/connection/protocol.js';
import type { LegacyRecord, LiveTalk, LegacyState } from './state.js';

/** What an outbox is to be told. */
export type OutboxTurn =
  | { readonly type: 'up' | 'down' | 'unreached'; readonly peerId: PeerId }
  | { readonly type: 'sent'; readonly peerId: PeerId; readonly ids: readonly MessageId[] };

/** Errors: `chat/unknown-peer` (a native one), `chat/secure-only`, `chat/dialect-off`. */
export function allowed(state: NodeState, peerId: PeerId): Result<LegacyRecord, ChatError> {
  const parsed = parseLegacyPeerId(peerId);
  if (parsed === null) return err({ code: 'chat/unknown-peer', peer: peerId });
  return allowedDialect(state, parsed.dialect).map(() => legacyRecord(state, peerId, parsed));
}

export function allowedDialect(state: NodeState, dialect: LegacyDialectName): Result<null, ChatError> {
  if (state.args.secureOnly) return err({ code: 'chat/secure-only', dialect });
  return state.args.legacy.enabled.has(dialect) ? ok(null) : err({ code: 'chat/dialect-off', dialect });
}

/** The record of a peer. Bounded: the one longest inactive, with nothing under way, makes room. */
export function legacyRecord(
  state: Telling & Pick<NodeState, 'legacy' | 'outboxes'>,
  peerId: PeerId,
  { dialect, host, port }: { readonly dialect: LegacyDialectName } & Address,
): LegacyRecord {
  const { peers } = state.legacy;
  const known = peers.get(peerId);
  if (known !== undefined) return known;
  const peer: LegacyRecord = {
    peerId,
    dialect: legacyDialects[dialect],
    host,
    port,
    form: null,
    activeAtMs: performance.now(),
    // Of whom nothing was said or heard yet, only announcements can have told.
    isAnnounced: state.book.presence.has(peerId),
    jobs: [],
    work: null,
    lastFault: '',
    unkept: new Set(),
    saidUnits: new Map(),
    waiters: [],
  };
  peers.set(peerId, peer);
  if (peers.size > limits.activeMax) forgetOldest(state, peer);
  return peer;
}

/** The record of who speaks from `host`, where it says that it listens on `port`. Null: no such address. */
export function legacyRecordAt(
  state: NodeState,
  dialect: LegacyDialectName,
  address: Address,
): LegacyRecord | null {
  const peerId = legacyPeerId(dialect, address.host, address.port);
  return peerId === null ? null : legacyRecord(state, peerId, { dialect, ...address });
}

/** The talk in which we speak with the peer now. */
export function currentTalk(state: NodeState, peerId: PeerId): LiveTalk | undefined {
  const talkId = state.legacy.standing.get(peerId);
  return talkId === undefined ? undefined : state.legacy.talks.get(talkId);
}

/** The record of whom a talk is with, where that is known. */
export function recordOf(
  state: Pick<NodeState, 'legacy'>,
  live: LiveTalk | undefined,
): LegacyRecord | undefined {
  const peerId = live?.peerId ?? null;
  return peerId === null ? undefined : state.legacy.peers.get(peerId);
}

export function newToken(state: Pick<NodeState, 'legacy'>): number {
  state.legacy.nextToken += 1;
  return state.legacy.nextToken;
}

/** Later connections of a program are held back for a while by those that are open: for how long, looks tell. */
export function planLook(legacy: LegacyState, context: NodeContext): void {
  if (legacy.isLookPlanned) return;
  legacy.isLookPlanned = true;
  context.after(talks.orderLookMs, 'look', {});
}

/** How this side presents itself in a talk. */
export function talkOptions(
  state: NodeState,
  dialect: LegacyDialectName,
  host: string,
  chosen: Pick<TalkOptions, 'form' | 'secure' | 'privateNumber'>,
): TalkArgs['options'] {
  return {
    name: state.name,
    address: ownAddress(state, host),
    listeningPort: state.legacy.ports.get(dialect) ?? state.listening?.port ?? 0,
    group: state.args.legacy.group,
    ...chosen,
  };
}

/** Ends a talk as its dialect does, after the lines that wait. */
export function sayFarewell(state: Pick<NodeState, 'legacy'>, live: LiveTalk): void {
  if (live.isLeaving) return;
  live.isLeaving = true;
  sayNext(state, live);
}

/** Ends a talk now: what waits, or is half said, stays in the outbox. */
export function breakOff(live: LiveTalk): void {
  live.isLeaving = true;
  live.waiting.length = 0;
  live.ref.cast('hush', {});
  leaveTalk(live);
}

/** The next line that waits, once the one before is sent; behind the last our farewell. */
export function sayNext(state: Pick<NodeState, 'legacy'>, live: LiveTalk): void {
  if (live.said.size > 0) return;
  const line = live.waiting.shift();
  if (line !== undefined) {
    const token = newToken(state);
    live.said.set(token, line);
    live.ref.cast('say', { token, utterance: textOf(line, line.text) });
  } else if (live.isLeaving) leaveTalk(live);
}

function leaveTalk({ ref }: LiveTalk): void {
  ref.cast('say', { token: 0, utterance: { type: 'leave', words: null } });
  ref.cast('close', {});
}

export const textOf = ({ id, sentAtMs }: Line, text: string): Utterance => ({
  type: 'text',
  id,
  sentAtMs,
  text,
});

/** The address under which the one at `host` reaches us. */
function ownAddress(state: NodeState, host: string): string {
  const [first = '127.0.0.1'] = state.args.ownAddresses();
  return host.startsWith('127.') && !first.startsWith('127.') ? '127.0.0.1' : first;
}

function forgetOldest(state: Telling & Pick<NodeState, 'legacy' | 'outboxes'>, newcomer: LegacyRecord): void {
  const { legacy } = state;
  let oldest: LegacyRecord | null = null;
  for (const peer of legacy.peers.values()) {
    const isBusy = peer.jobs.length > 0 || peer.work !== null || legacy.standing.has(peer.peerId);
    if (peer === newcomer || isBusy || state.outboxes.get(peer.peerId)?.isEmpty() === false) continue;
    if (oldest === null || peer.activeAtMs < oldest.activeAtMs) oldest = peer;
  }
  if (oldest === null) return;
  legacy.peers.delete(oldest.peerId);
  if (!oldest.isAnnounced && state.book.presence.has(oldest.peerId)) publishGone(state, oldest.peerId);
  state.outboxes.delete(oldest.peerId);
  state.toldPeers.delete(oldest.peerId);
}

/** Cutting a text into pieces draws no numbers. */
export const noRandom = (bytes: number): Uint8Array => new Uint8Array(bytes);
