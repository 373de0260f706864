/** What the node holds of older programs while it runs: peers, open connections, and what waits to be sent. */
import type { Result } from 'neverthrow';
import type { Line } from '../delivery/entry.js';
import type {
  ForeignDialectName as LegacyDialectName,
  AnyForeignDialect as TalkDialect,
  ForeignOptions as TalkOptions,
  Utterance,
} from '../../dialects/dialect.js';
import { openNetechPeers, type NetechPeers } from '../../dialects/netech/peers.js';
import { openSynergyPeers, type SynergyPeers } from '../../dialects/synergy/peers.js';
import type { ChatError, DialError as TransportError } from '../errors.js';
import type { DialectError } from '../../dialects/errors.js';
import type { RuntimeError } from '../../runtime/errors.js';
import type { ConnectionId, MessageId, PeerId, SessionId } from '../../ids.js';
import type { Ref } from '../../runtime/actor.js';
import type { Endpoint, Address } from '../../wire/address.js';
import type { HeardWords, TalkArgs, TalkEnd, TalkProtocol } from '../../actors/connection/protocol.js';

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
