/**
 * What the node knows of older programs while it runs: open talks, what is to be said to whom, and the lists that
 * these programs keep. The files `node-legacy*` work on it; called from the node's handlers only.
 */
import { err, ok, type Result } from 'neverthrow';
import type { Line } from '../delivery/entry.js';
import { legacyPeerId, parseLegacyPeerId } from '../people/name.js';
import type { LegacyDialectName, TalkDialect, TalkOptions, Utterance } from '../../dialects/dialect.js';
import { openNetechPeers, type NetechPeers } from '../../dialects/netech/peers.js';
import { legacyDialects } from '../../dialects/sniff.js';
import { openSynergyPeers, type SynergyPeers } from '../../dialects/synergy/peers.js';
import type { ChatError, DialError as TransportError } from '../errors.js';
import type { DialectError } from '../../dialects/errors.js';
import type { RuntimeError } from '../../runtime/errors.js';
import type { ConnectionId, MessageId, PeerId, SessionId } from '../../ids.js';
import { foreignPeers as limits } from '../../dialects/limits.js';
import { foreignRoutes as talks } from './limits.js';
import type { Ref } from '../../runtime/actor.js';
import type { Endpoint } from '../../wire/address.js';
import { publishGone, type NodeContext, type NodeState, type Telling } from '../core.js';
import type { HeardWords, TalkArgs, TalkEnd, TalkProtocol } from '../../actors/connection/foreign.js';
import type { Address } from '../../wire/address.js';

/** `isRunning`: its thread has booted and it reads. */
export type TalkRef = Pick<Ref<TalkProtocol>, 'cast'> & { isRunning(): boolean };

/** What the root decided about older programs. */
export interface LegacyArgs {
  readonly enabled: ReadonlySet<LegacyDialectName>;
  readonly group: TalkOptions['group'];
  /** synergy gives a message up after this. */
  readonly sendTimeoutMs: number;
  /** synergy greets these at start. */
  readonly greet: readonly Endpoint[];
  /** Starts a talk actor; its ref may be used at once. A start that fails is reported as `talkDown`. */
  readonly startTalk: (args: TalkArgs) => TalkRef;
  /** Appends to `chat_history.txt`. */
  readonly keepOldLine: (line: string) => void;
}

export type LegacyFault = ChatError | DialectError | RuntimeError | TransportError;

/** Something to be said over a connection of its own. */
export type Job =
  | { readonly type: 'line'; readonly line: Line }
  | {
      readonly type: 'control';
      readonly utterance: Utterance;
      readonly isManual: boolean;
      readonly settle: (result: Result<null, LegacyFault>) => void;
    };

export interface Work {
  readonly connectionId: ConnectionId;
  readonly job: Job | null;
  /** Of a line: what this connection carries of it. */
  piece: string;
  isSent: boolean;
}

/** One peer of an older program. */
export interface LegacyRecord extends Address {
  readonly peerId: PeerId;
  readonly dialect: TalkDialect;
  /** How it spells; it is answered in kind. */
  form: string | null;
  /** Monotonic; when it last spoke or was spoken to. */
  activeAtMs: number;
  /** Its announcements tell whether it is there. */
  isAnnounced: boolean;
  /** In order; the one under way among them. */
  jobs: readonly Job[];
  /** The connection for a job, or (`null`) for a standing talk. */
  work: Work | null;
  /** Why it could not be reached the last time. */
  lastFault: string;
  /** Lines that have gone out and are not marked on disk yet: after a crash they go out once more. */
  readonly unkept: Set<MessageId>;
  /** Of a longer text: how much of it has gone out, over connections that carry a part each (UTF-16 units). */
  readonly saidUnits: Map<MessageId, number>;
  /** Who waits for a standing talk. */
  waiters: readonly ((result: Result<null, LegacyFault>) => void)[];
}

/** A connection with an older program, from the moment it exists until all it brought was dealt with. */
export interface LiveTalk {
  readonly talkId: SessionId;
  readonly connectionId: ConnectionId;
  readonly dialect: TalkDialect;
  readonly direction: 'in' | 'out';
  readonly address: Address;
  readonly ref: TalkRef;
  /** How often it was looked at since it runs; only where the order of connections matters. */
  looks: number;
  /** Null until it is known: synergy and netech say it with each message. */
  peerId: PeerId | null;
  /** Words that wait for those of an earlier connection. */
  held: readonly HeldWords[];
  /** It has ended; kept until its words are dealt with. */
  end: TalkEnd | null;
  hasLeft: boolean;
  /** Accepted, and its user types the one message of it, perhaps. */
  isTyped: boolean;
  /** Of a standing talk: lines that wait for the one before them to be sent. */
  readonly waiting: Line[];
  /** Of a standing talk: the line that the talk has, by its token. One at a time: what it has not, can be held back. */
  readonly said: Map<number, Line>;
  /** We end the talk after the lines that wait. */
  isLeaving: boolean;
  /** Who waits for its end. */
  readonly enders: (() => void)[];
}

export interface HeldWords {
  readonly words: readonly HeardWords[];
  readonly done: () => void;
}

export interface LegacyState {
  readonly peers: Map<PeerId, LegacyRecord>;
  /** In the order in which their connections were accepted or dialled. */
  readonly talks: Map<SessionId, LiveTalk>;
  /** The talk in which we speak with a peer, where the dialect has talks. */
  readonly standing: Map<PeerId, SessionId>;
  readonly dials: Map<ConnectionId, PeerId>;
  readonly synergy: SynergyPeers;
  readonly netech: NetechPeers;
  /** Ports of single dialects. */
  readonly ports: Map<LegacyDialectName, number>;
  /** Private numbers that users typed, for messages not sent yet. */
  readonly privateNumbers: Map<MessageId, bigint>;
  /** synergy lines that are tried until their time is over. */
  readonly timed: Set<MessageId>;
  readonly malformed: Map<LegacyDialectName, number>;
  readonly failureLoggedAtMs: Map<LegacyDialectName, number>;
  isLookPlanned: boolean;
  isGreeted: boolean;
  nextToken: number;
}

export const newLegacyState = (): LegacyState => ({
  peers: new Map(),
  talks: new Map(),
  standing: new Map(),
  dials: new Map(),
  synergy: openSynergyPeers(),
  netech: openNetechPeers(),
  ports: new Map(),
  privateNumbers: new Map(),
  timed: new Set(),
  malformed: new Map(),
  failureLoggedAtMs: new Map(),
  isLookPlanned: false,
  isGreeted: false,
  nextToken: 0,
});

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
