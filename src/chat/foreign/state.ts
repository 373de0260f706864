/**
 * The state of foreign routes: open connections, waiting utterances, and the lists of the older programs. Only the
 * files of this folder use it.
 */
import { ok, type Result } from 'neverthrow';
import type {
  Encryption,
  ForeignDialectName,
  Speaker,
  AnyForeignDialect,
  ForeignOptions,
  Utterance,
} from '../../dialects/dialect.js';
import { openNetechPeers, type NetechPeers } from '../../dialects/netech/peers.js';
import { openSynergyPeers, type SynergyPeers } from '../../dialects/synergy/peers.js';
import type { ChatError, DialError } from '../errors.js';
import type { DialectError } from '../../dialects/errors.js';
import type { RuntimeError } from '../../runtime/errors.js';
import type { ConnectionId, MessageId, PeerId, SessionId } from '../../ids.js';
import type { Address, Endpoint } from '../../wire/address.js';
import type { Entry } from '../delivery/entry.js';
import type { People } from '../people/people.js';
import type { HeardCall } from '../routes/route.js';
import { answer, type CallId, type Turn } from '../turn.js';
import type { NumberForm } from '../../dialects/cmp2204/codec.js';
import type { ForeignEffect } from './effects.js';

/** A turn of this part. */
export type ForeignTurn = Turn<ForeignEffect>;

/** Settings of the root for foreign programs. */
export interface ForeignArgs {
  readonly enabled: ReadonlySet<ForeignDialectName>;
  readonly secureOnly: boolean;
  readonly group: ForeignOptions['group'];
  /** synergy gives a message up after this. */
  readonly sendTimeoutMs: number;
  /** synergy greets these at start. */
  readonly greet: readonly Endpoint[];
}

/** Failures of a command to a foreign peer. */
export type ForeignFailure = ChatError | DialectError | RuntimeError | DialError;

/** Somebody who waits for one thing, or for one of several things. */
export type Waiter =
  | { readonly type: 'call'; readonly call: CallId<null, ForeignFailure> }
  | { readonly type: 'gathering'; readonly gathering: Gathering };

/** A call that is answered once all that it waits for has ended, well or not. */
export interface Gathering {
  readonly call: CallId<null, never>;
  open: number;
}

/** Answers a waiter. */
export function settle(waiter: Waiter, result: Result<null, ForeignFailure>, turn: ForeignTurn): void {
  if (waiter.type === 'call') turn.emit(answer(waiter.call, result));
  else ended(waiter.gathering, turn);
}

/** Counts one end that a gathering waits for. After the last one the caller is answered. */
export function ended(gathering: Gathering, turn: ForeignTurn): void {
  gathering.open -= 1;
  if (gathering.open === 0) turn.emit(answer(gathering.call, ok(null)));
}

/** Something to be said over a connection of its own. */
export type Job =
  | { readonly type: 'entry'; readonly entry: Entry }
  | {
      readonly type: 'control';
      readonly utterance: Utterance;
      /** netech: a person typed the address. */
      readonly isManual: boolean;
      readonly waiter: Waiter;
    };

/** The connection that carries a job, or is being opened. */
export interface Work {
  readonly connectionId: ConnectionId;
  readonly job: Job | null;
  /** Part of the entry that this connection carries; empty for a control job. */
  piece: string;
  isSent: boolean;
}

/** The results of key exchanges with one peer. */
export interface KeyForms {
  /** The form in which it answered the last time. */
  proven: NumberForm | null;
  /** Forms whose exchange ended without an answer. */
  readonly failed: Set<NumberForm>;
  /** Exchanges in a row that nobody ended: a program that hangs says nothing about a form. */
  silences: number;
  /** Failed exchanges of each message. */
  readonly tries: Map<MessageId, number>;
}

/** One peer that runs a foreign program. */
export interface ForeignPeer extends Address {
  readonly peerId: PeerId;
  readonly dialect: AnyForeignDialect;
  /** How it spells; it is answered in kind. */
  form: string | null;
  /** Monotonic; when it last spoke or was spoken to. */
  activeAtMs: number;
  /** Monotonic; when it last took something that we said. */
  takenAtMs: number;
  /** In order; the one under way among them. */
  jobs: readonly Job[];
  /** The connection for a job, or (`null`) for a standing connection. */
  work: Work | null;
  /** cmp2204. */
  readonly keyForms: KeyForms;
  /** synergy: a connection message went out in a form that the peer may not read. */
  isConnectUnsure: boolean;
  /** synergy: the user knows that the text form was used, and how to choose the other one. */
  isFormHinted: boolean;
  /** Whether a message came from the peer. */
  hasSpoken: boolean;
  /** Reason why the peer could not be reached the last time; empty: it could. */
  lastFailure: string;
  /** Entries that have gone out and are not marked on disk yet: after a crash they go out once more. */
  readonly unmarked: Set<MessageId>;
  /** UTF-16 units of each longer text that have gone out, over connections that carry a part each. */
  readonly saidUnits: Map<MessageId, number>;
  /** Callers that wait for a standing connection. */
  waiters: readonly Waiter[];
}

/** A connection with a foreign program, from the moment it exists until all it brought was dealt with. */
export interface ForeignConnection {
  readonly sessionId: SessionId;
  readonly connectionId: ConnectionId;
  readonly dialect: AnyForeignDialect;
  readonly direction: 'in' | 'out';
  readonly address: Address;
  /** `ForeignOptions.form` with which it was opened. */
  readonly form: string | null;
  /** Whether the thread of the connection has booted and reads. */
  isRunning: boolean;
  /** Whether bytes of the connection were read. */
  hasBeenRead: boolean;
  /** Releases since the connection runs or was read, which count its age; only where the order of connections matters. */
  releases: number;
  /** The peer; null until it is known, since synergy and netech name it with each message. */
  peerId: PeerId | null;
  /** Words that wait for those of an earlier connection. */
  held: readonly HeldWords[];
  /** The end of the connection, which stays here until its words are dealt with; null: it is open. */
  end: ForeignEnd | null;
  hasLeft: boolean;
  /** Whether the connection was accepted and its user may be typing its one message. */
  isTyped: boolean;
  /** Entries that wait on a standing connection until the one before them is sent. */
  readonly waiting: Entry[];
  /** The entry that the actor of a standing connection sends, by its token: one at a time, so that the rest can wait. */
  readonly said: Map<number, Entry>;
  /** Whether this side ends the connection after the waiting entries. */
  isLeaving: boolean;
  /** The sentence of our farewell; null: the usual one. */
  farewellText: string | null;
  readonly endWaiters: Gathering[];
}

/** Texts of one report that are held back. */
export interface HeldWords {
  readonly words: readonly HeardWords[];
  readonly call: HeardCall;
}

/** Something a foreign program said. */
export interface HeardWords {
  /** Given by the connection, so that a report that comes twice is one message. */
  readonly id: MessageId;
  readonly utterance: Utterance;
  readonly speaker: Speaker;
  readonly encryption: Encryption;
}

/** How a connection with a foreign program ended. */
export type ForeignEnd =
  | { readonly type: 'closed'; readonly by: 'us' | 'peer' }
  | { readonly type: 'failed'; readonly error: DialectError }
  /** The connection ended without a word. */
  | { readonly type: 'lost'; readonly reason: string };

/** The reports of the actor of a foreign connection. */
export type ForeignInput =
  | { readonly type: 'foreignRunning'; readonly sessionId: SessionId }
  /** Its first bytes were read. */
  | { readonly type: 'foreignReading'; readonly sessionId: SessionId }
  | { readonly type: 'foreignUp'; readonly sessionId: SessionId; readonly isTextToCome: boolean }
  | { readonly type: 'foreignSent'; readonly sessionId: SessionId; readonly token: number }
  | {
      readonly type: 'foreignRefused';
      readonly sessionId: SessionId;
      readonly token: number;
      readonly error: DialectError;
    }
  | { readonly type: 'foreignDown'; readonly sessionId: SessionId; readonly end: ForeignEnd };

/** The state of this part. */
export interface ForeignState {
  readonly args: ForeignArgs;
  readonly people: People;
  /** Whether something waits in the outbox of a peer. */
  readonly hasWork: (peerId: PeerId) => boolean;
  /** Our own name and instance, as foreign programs see them. */
  name: string;
  readonly instance: string;
  /** Our native TCP port; 0: not listening yet. */
  nativePort: number;
  /** Ports of single dialects. */
  readonly ports: Map<ForeignDialectName, number>;
  readonly peers: Map<PeerId, ForeignPeer>;
  /** In the order in which the connections were accepted or dialled. */
  readonly connections: Map<SessionId, ForeignConnection>;
  /** The connection over which we speak with a peer, where the dialect keeps one. */
  readonly standing: Map<PeerId, SessionId>;
  readonly dials: Map<ConnectionId, PeerId>;
  readonly synergy: SynergyPeers;
  readonly netech: NetechPeers;
  /** Private numbers that users typed, for messages not sent yet. */
  readonly privateNumbers: Map<MessageId, bigint>;
  /** synergy entries that are tried until their time is over, and since when (monotonic ms). */
  readonly timed: Map<MessageId, number>;
  /** Connections that made no sense, by dialect. */
  readonly malformed: Map<ForeignDialectName, number>;
  /** Time of the last sentence of one kind about one program of one host, monotonic ms. */
  readonly toldAtMs: Map<string, number>;
  /** Peers that made room for others in this turn; nothing of them is kept. */
  evicted: PeerId[];
  isReleasePlanned: boolean;
  isGreeted: boolean;
  lastToken: number;
  lastId: number;
}

/** Makes the state of a node without connections. */
export const newForeignState = (
  args: ForeignArgs,
  own: Pick<ForeignState, 'people' | 'hasWork' | 'name' | 'instance'>,
): ForeignState => ({
  args,
  ...own,
  nativePort: 0,
  ports: new Map(),
  peers: new Map(),
  connections: new Map(),
  standing: new Map(),
  dials: new Map(),
  synergy: openSynergyPeers(),
  netech: openNetechPeers(),
  privateNumbers: new Map(),
  timed: new Map(),
  malformed: new Map(),
  toldAtMs: new Map(),
  evicted: [],
  isReleasePlanned: false,
  isGreeted: false,
  lastToken: 0,
  lastId: 0,
});

/** Gives the next token of an utterance. */
export function newToken(state: ForeignState): number {
  state.lastToken += 1;
  return state.lastToken;
}

/** The standing connection with a peer. */
export function standingConnection(state: ForeignState, peerId: PeerId): ForeignConnection | undefined {
  const sessionId = state.standing.get(peerId);
  return sessionId === undefined ? undefined : state.connections.get(sessionId);
}

/** The peer at the other end of a connection, where that is known. */
export function peerOf(state: ForeignState, live: ForeignConnection | undefined): ForeignPeer | undefined {
  const peerId = live?.peerId ?? null;
  return peerId === null ? undefined : state.peers.get(peerId);
}

/** Cutting a text into pieces draws no numbers. */
export const noRandom = (bytes: number): Uint8Array => new Uint8Array(bytes);

/** Makes the utterance of an entry. */
export const textOf = ({ id, sentAtMs }: Entry, text: string): Utterance => ({
  type: 'text',
  id,
  sentAtMs,
  text,
});
