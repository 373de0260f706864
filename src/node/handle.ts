/**
 * The handle on a running node, for the command line, scripts over the local API and embedding programs. The
 * interface is one, whether the node runs in this process or behind the control socket.
 */
import type { ResultAsync } from 'neverthrow';
import type {
  AcceptedInfo,
  ContactChoice,
  ContactInfo,
  EraseOptions,
  ErasedInfo,
  OutboxInfo,
  OutboxOptions,
  RetriedInfo,
  HistoryOptions,
  ForeignPeerInfo,
  NetworkInfo,
  Operation,
  PrivacyChoice,
  PrivacyInfo,
  TimerInfo,
  ProbeInfo,
  SafetyInfo,
  SelfInfo,
  SendViaOptions,
  AcceptOptions,
  OfferWishes,
  TransferAction,
  UnreadInfo,
} from '../chat/contract.js';
import type {
  MessageEvent,
  NodeEvent,
  PeerEvent,
  PresenceEvent,
  StatusEvent,
  TransferEvent,
} from '../chat/events.js';
import type { ForeignDialectName } from '../dialects/dialect.js';
import type { ApiError } from './errors.js';
import type { ChatError, FileError, StoreError } from '../chat/errors.js';
import type { DialectError } from '../dialects/errors.js';
import type { HomeError } from '../home/errors.js';
import type { RuntimeError } from '../runtime/errors.js';
import type { SessionError } from '../session/errors.js';
import type { TransportError } from '../errors.js';

/** Failures of the methods. `api/…` occurs only where the node runs behind the control socket. */
export type NodeError =
  | ApiError
  | ChatError
  | DialectError
  | FileError
  | HomeError
  | RuntimeError
  | SessionError
  | StoreError
  | TransportError;

/** Options of a node. Each one left out has the default of the command line. */
export interface NodeOptions {
  readonly home: string;
  readonly name?: string;
  /**
   * Address that TCP and UDP listen on, or several of them separated by commas. Default: `0.0.0.0` and `::`, every
   * address of both families.
   */
  readonly bind?: string;
  /** TCP port; 0: any free one. Where it is taken, the next free one is used, unless `portStrict`. Default 6001. */
  readonly port?: number;
  readonly portStrict?: boolean;
  /** Addresses that beacons are sent to. Default: the broadcast address of every interface, and this machine. */
  readonly broadcast?: readonly string[];
  /** UDP ports that beacons are sent to and received on. Default 6000 and 6001. */
  readonly beaconPorts?: readonly number[];
  readonly beaconIntervalMs?: number;
  /** Whether nodes are also found by multicast DNS. Default: yes, unless `broadcast` says where beacons go. */
  readonly mdns?: boolean;
  readonly maxConnections?: number;
  /** Whether the actors of the network share one thread, which takes less memory. Default: each has its own. */
  readonly compact?: boolean;
  /** Foreign dialects to switch on: names, or `all`. Default: none. */
  readonly dialects?: readonly (ForeignDialectName | 'all')[];
  /** Whether to speak the native dialect alone, whatever else is set. */
  readonly secureOnly?: boolean;
  /**
   * TCP ports for single foreign dialects, as `DIALECT=PORT`, which those need that the shared port cannot recognise.
   * Default `chatbuddy=9090` and `cse310=65500`, where these are switched on.
   */
  readonly listen?: readonly `${ForeignDialectName}=${number}`[];
  /** synergy: `IP:PORT` of the mandatory peers, which are greeted at the start. */
  readonly greet?: readonly string[];
  /** synergy: time in ms after which a message fails. Default 20 s. */
  readonly sendTimeoutMs?: number;
  /** cmp2204: prime and generator of the toy key exchange, in decimal. Default 23 and 5. */
  readonly toyGroup?: { readonly p: string; readonly q: string };
  /** Where received files go. Default: `Parlance` in the folder for downloads. */
  readonly filesDir?: string;
  /** Peers whose files are accepted without a question. Default: `none`. */
  readonly filesAccept?: 'none' | 'contacts' | 'verified';
  /** Most bytes of an offer that is accepted without a question. */
  readonly filesBytesMax?: number;
  /** Peers that learn that their messages were read, and whose marks are shown. Default: `verified`. */
  readonly readReceipts?: 'none' | 'verified' | 'contacts';
  /** Peers that learn that the user types, and whose notices are shown. Default: `verified`. */
  readonly typingNotices?: 'none' | 'verified' | 'contacts';
  /** Called with a new privacy, which the caller stores for the next start. */
  readonly keepPrivacy?: (privacy: PrivacyInfo) => void;
  /** Called with a new name, which the caller stores for the next start. */
  readonly keepName?: (name: string) => void;
  readonly log?: (level: string, event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** The state that a caller waits for after it sent a message. */
export type WaitFor = 'queued' | 'sent' | 'delivered';

/** Options of `events`. */
export interface EventsOptions {
  /** Adds the stored messages with a greater `seq` before the live events; no message between them is lost. */
  readonly sinceSeq?: number;
}

/**
 * Options of `send`. `id`: the id of the message, any UUID in lower case. A caller that knows the id before it sends
 * misses no status of the message. It may also send again where it does not know whether the first request arrived: a
 * repeated id with the same text is answered with the state that the message has reached.
 */
export interface SendOptions {
  readonly id?: string;
  /** State to wait for. Default `queued`. */
  readonly wait?: WaitFor;
  /** Ends the waiting; the message stays queued. */
  readonly signal?: AbortSignal;
}

/** Options of `sendAll`. */
export interface SendAllOptions {
  /** One id for each text. */
  readonly ids?: readonly string[];
}

/** Options of `offerFiles`. */
export interface OfferOptions {
  /** The id of the transfer: any UUID in lower case. */
  readonly id?: string;
  readonly comment?: string;
  /** A folder below `transfers/spool` of the home that holds the only path; it is removed with the transfer. */
  readonly spool?: string;
  readonly wishes?: OfferWishes;
}

/** Options of `operate`. */
export interface OperateOptions {
  /** Looks for the message in the conversation with this peer alone. */
  readonly peer?: string;
}

/** A status for others. */
export interface OwnStatus {
  readonly presence: PresenceEvent['presence'];
  readonly text?: string;
  /** Time at which it ends, in ms since 1970. */
  readonly untilMs?: number;
}

/** A running node. Methods that name a peer accept every form of PEER: id, name, tag or address. */
export interface NodeHandle {
  readonly self: () => ResultAsync<SelfInfo, NodeError>;
  /** Returns our half of every safety code: 30 digits in groups of five. Takes 15 ms on another thread. */
  readonly ownSafetyCode: () => ResultAsync<string, NodeError>;
  /**
   * Queues one message; the statuses reached so far follow as events. Resolves once it stands synced in the outbox.
   * Errors: `chat/…` (unknown or ambiguous peer, text, outbox full, blocked, key changed), `store/…`,
   * `message/id-taken` (another message to the peer has the id), `message/id-invalid`.
   */
  readonly send: (peer: string, text: string, options?: SendOptions) => ResultAsync<StatusEvent, NodeError>;
  /**
   * Queues several messages to one peer, in order, with one sync. Either all are queued or none. Errors: those of
   * `send`.
   */
  readonly sendAll: (
    peer: string,
    texts: readonly string[],
    options?: SendAllOptions,
  ) => ResultAsync<readonly StatusEvent[], NodeError>;
  /**
   * Queues one message to a peer of cmp2204 with options of that dialect. Errors: those of `send`, and
   * `dialect/unsupported` (the private number is not a number, or the peer speaks another dialect).
   */
  readonly sendVia: (
    peer: string,
    text: string,
    via: SendViaOptions,
    options?: Pick<SendOptions, 'id'>,
  ) => ResultAsync<StatusEvent, NodeError>;
  /** Returns the active peers of an older program, in order of appearance. */
  readonly foreignPeers: (dialect: ForeignDialectName) => ResultAsync<readonly ForeignPeerInfo[], NodeError>;
  /**
   * Sends a connection message (synergy, netech; `isManual`: a person typed the address), or opens a conversation
   * (chatbuddy, cse310). Resolves once the peer has it. Errors: `transport/…` where it cannot be reached,
   * `dialect/unsupported` for cmp2204, `chat/blocked`, `chat/secure-only`, `chat/dialect-off`.
   */
  readonly foreignConnect: (
    peer: string,
    options?: { readonly isManual?: boolean },
  ) => ResultAsync<null, NodeError>;
  /** Says goodbye to one peer, or (`null`) to every active peer of the dialect. Unreachable peers are skipped. */
  readonly foreignLeave: (dialect: ForeignDialectName, peer: string | null) => ResultAsync<null, NodeError>;
  /**
   * Offers files and folders. Resolves once the offer stands synced in the outbox; the peer accepts it when it likes.
   * Errors: `files/no-source`, `files/too-large`, `files/unsupported` (the peer runs an older program), and those of
   * `send`.
   */
  readonly offerFiles: (
    peer: string,
    paths: readonly string[],
    options?: OfferOptions,
  ) => ResultAsync<TransferEvent, NodeError>;
  /** Every transfer that runs, waits or ended a while ago, oldest first. */
  readonly transfers: () => ResultAsync<readonly TransferEvent[], NodeError>;
  /**
   * Accepts, declines, cancels or retries a transfer. `id`: the whole id, or its unique end. `directory`: where
   * accepted files go. Errors: `files/unknown-transfer`, `files/wrong-state`, `files/bad-directory`, `files/no-space`.
   */
  readonly actOnTransfer: (
    id: string,
    action: TransferAction,
    directory?: string | null,
    options?: AcceptOptions,
  ) => ResultAsync<TransferEvent, NodeError>;
  readonly peers: () => ResultAsync<readonly PeerEvent[], NodeError>;
  /**
   * Finds the peer that a word means, without dialling: an address means the peer that is known there. Errors:
   * `chat/unknown-peer`, `chat/ambiguous-peer`, `chat/key-changed` (a stranger has the name of a contact).
   */
  readonly find: (peer: string) => ResultAsync<PeerEvent, NodeError>;
  /** Conversations with messages that the user has not read. The prompt, `read` and `markRead` move the mark. */
  readonly unread: () => ResultAsync<readonly UnreadInfo[], NodeError>;
  /** Marks the messages of a peer as read up to a `seq`; null: all. The mark never goes back. Errors: as `find`. */
  readonly markRead: (peer: string, upToSeq: number | null) => ResultAsync<PeerEvent, NodeError>;
  /** Newest `seq` that `serve --json` has written: a reader goes on behind it after a restart. */
  readonly emittedSeq: () => ResultAsync<number, NodeError>;
  readonly markEmitted: (seq: number) => ResultAsync<number, NodeError>;
  /** Every contact with what the user decided about it. Strangers that wrote are among them, with `standing: 'open'`. */
  readonly contacts: () => ResultAsync<readonly ContactInfo[], NodeError>;
  readonly contact: (peer: string) => ResultAsync<ContactInfo, NodeError>;
  /** Gives a contact an alias or a note, or mutes it. */
  readonly changeContact: (peer: string, choice: ContactChoice) => ResultAsync<ContactInfo, NodeError>;
  /**
   * Accepts a request, or the new key of a contact. Errors: `chat/key-changed` where the name belongs to another key
   * and the word does not hold the tag of the new one.
   */
  readonly acceptContact: (peer: string) => ResultAsync<AcceptedInfo, NodeError>;
  /** Refuses a request or a new key: the peer is blocked. Errors: those of `acceptContact`. */
  readonly rejectContact: (peer: string) => ResultAsync<ContactInfo, NodeError>;
  /** Forgets a contact with its key. Messages that wait for it stay in the outbox. */
  readonly forgetContact: (peer: string) => ResultAsync<PeerEvent, NodeError>;
  /** Reads messages that wait, a page at a time. */
  readonly outbox: (options?: OutboxOptions) => ResultAsync<OutboxInfo, NodeError>;
  /** Takes messages out of the outbox. Resolves with those that were still in it. */
  readonly withdraw: (peer: string, ids: readonly string[]) => ResultAsync<readonly StatusEvent[], NodeError>;
  /**
   * Answers, edits, deletes, or reacts to a message. `word` names it: an id, at least the last four characters of one,
   * `^1` for the last own message, `@1` for the last received one. Resolves once the operation stands synced in the
   * outbox, or a message that was never said is changed. Errors: `message/…`, `chat/peer-cannot`, those of `send`.
   */
  readonly operate: (
    word: string,
    operation: Operation,
    options?: OperateOptions,
  ) => ResultAsync<StatusEvent, NodeError>;
  /** The time after which messages to and from the peer disappear. */
  readonly timer: (peer: string) => ResultAsync<TimerInfo, NodeError>;
  /** Changes that time, on both sides, for the messages from now on; 0: they stay. Errors: `chat/peer-cannot`. */
  readonly setTimer: (peer: string, seconds: number) => ResultAsync<StatusEvent, NodeError>;
  /** Dials the peer, or (null) every peer for which messages wait, at once. */
  readonly retry: (peer: string | null) => ResultAsync<RetriedInfo, NodeError>;
  readonly history: (options: HistoryOptions) => ResultAsync<readonly MessageEvent[], NodeError>;
  /**
   * Removes messages from this home, a slice at a time: go on with `afterSeq: upToSeq` until `isLast`. Messages that wait
   * for their recipient stay: withdraw them first. Errors: as `find`, `message/id-invalid`, `store/…`.
   */
  readonly erase: (options: EraseOptions) => ResultAsync<ErasedInfo, NodeError>;
  /**
   * Every event from now on. Begins with `ready`, which says that this reader is subscribed and misses no later
   * event. Ends with `bye`. A reader that falls too far behind is ended with an `error` event.
   */
  readonly events: (options?: EventsOptions) => AsyncIterable<NodeEvent>;
  readonly safety: (peer: string) => ResultAsync<SafetyInfo, NodeError>;
  /**
   * Marks a peer as verified. `code` must be the safety code of the pair (blanks are ignored); `null`: the user has
   * compared it.
   */
  readonly verify: (peer: string, code: string | null) => ResultAsync<SafetyInfo, NodeError>;
  readonly block: (peer: string, blocked: boolean) => ResultAsync<PeerEvent, NodeError>;
  readonly rename: (name: string) => ResultAsync<SelfInfo, NodeError>;
  /** The own status, as peers see it. */
  readonly status: () => ResultAsync<PresenceEvent, NodeError>;
  /** Sets the own status. It is kept over restarts. Errors: `chat/status-invalid`. */
  readonly setStatus: (status: OwnStatus) => ResultAsync<PresenceEvent, NodeError>;
  /** Tells whether the user is idle. An idle user whose own presence is `here` is shown as away. */
  readonly setIdle: (isIdle: boolean) => ResultAsync<PresenceEvent, NodeError>;
  /** Tells a peer that the user types, or stopped, if a session is up and both sides want it. Errors: as `find`. */
  readonly setTyping: (peer: string, isTyping: boolean) => ResultAsync<null, NodeError>;
  /** The peers that learn that their messages were read, and that this user types. */
  readonly privacy: () => ResultAsync<PrivacyInfo, NodeError>;
  readonly setPrivacy: (choice: PrivacyChoice) => ResultAsync<PrivacyInfo, NodeError>;
  /** Ends live sessions with the peer. The next message starts a new one. */
  readonly disconnect: (peer: string) => ResultAsync<null, NodeError>;
  /** The announcements that this node sends and hears, for finding out why peers are not found. */
  readonly network: () => ResultAsync<NetworkInfo, NodeError>;
  /**
   * Finds out which traffic arrives in each direction between this node and a peer. Dials the peer, sends it an announcement, and
   * asks it what it heard. A peer that cannot be reached is a result, not an error. Errors: as `find`, for a name.
   */
  readonly probe: (peer: string) => ResultAsync<ProbeInfo, NodeError>;
  readonly stats: () => ResultAsync<Readonly<Record<string, unknown>>, NodeError>;
  readonly close: () => Promise<void>;
  /** As `close`, so that `await using` ends it. */
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}
