/**
 * The handle on a running node: what the command line, a script over the local API and an embedding program hold.
 * One interface, whether the node runs in this process or behind the control socket.
 */
import type { ResultAsync } from 'neverthrow';
import type {
  HistoryOptions,
  ForeignPeerInfo,
  SafetyInfo,
  SelfInfo,
  SendViaOptions,
} from '../chat/contract.js';
import type { MessageEvent, NodeEvent, PeerEvent, StatusEvent } from '../chat/events.js';
import type { ForeignDialectName } from '../dialects/dialect.js';
import type { ApiError } from './errors.js';
import type { ChatError, StoreError } from '../chat/errors.js';
import type { DialectError } from '../dialects/errors.js';
import type { HomeError } from '../home/errors.js';
import type { RuntimeError } from '../runtime/errors.js';
import type { SessionError } from '../session/errors.js';
import type { TransportError } from '../errors.js';

/** `api/…` only where the node runs behind the control socket. */
export type NodeError =
  ApiError | ChatError | DialectError | HomeError | RuntimeError | SessionError | StoreError | TransportError;

export interface NodeOptions {
  readonly home: string;
  readonly name?: string;
  /** Address TCP and UDP listen on. Default `0.0.0.0`. */
  readonly bind?: string;
  /** 0: any free port. Taken: the next free one, unless `portStrict`. Default 6001. */
  readonly port?: number;
  readonly portStrict?: boolean;
  /** Where beacons go. Default: every interface's broadcast address, and this machine. */
  readonly broadcast?: readonly string[];
  /** UDP ports beacons are sent to and heard on. Default 6000 and 6001. */
  readonly beaconPorts?: readonly number[];
  readonly beaconIntervalMs?: number;
  readonly maxConnections?: number;
  /** Older programs to talk with: names, or `all`. Default: none. */
  readonly dialects?: readonly string[];
  /** Only the native dialect, whatever else is set. */
  readonly secureOnly?: boolean;
  /**
   * TCP ports where one older program is served alone, as `DIALECT=PORT`. Needed by those that cannot be told apart on
   * the shared port: default `chatbuddy=9090` and `cse310=65500`, where these are switched on.
   */
  readonly listen?: readonly string[];
  /** synergy: `IP:PORT` of the mandatory peers, greeted at start. */
  readonly greet?: readonly string[];
  /** synergy: how long a message is tried before it is given up. Default 20 s. */
  readonly sendTimeoutMs?: number;
  /** cmp2204: prime and generator of the toy key exchange, in decimal. Default 23 and 5. */
  readonly toyGroup?: { readonly p: string; readonly q: string };
  /** Called with a new name, so that it is there at the next start. */
  readonly keepName?: (name: string) => void;
  readonly log?: (level: string, event: string, fields: Readonly<Record<string, unknown>>) => void;
}

export type WaitFor = 'queued' | 'sent' | 'delivered';

export interface EventsOptions {
  /** Also the messages with a greater `seq` that are stored already, before the live ones; none lost between. */
  readonly sinceSeq?: number;
}

/**
 * The caller may give a message its id: any UUID in lower case. A caller that knows the id before it sends misses no
 * status of the message, and may send again when it does not know whether the first request arrived: a repeated id
 * with the same text is answered with the state that the message has reached.
 */
export interface SendOptions {
  readonly id?: string;
}

export interface SendAllOptions {
  /** One id for each text. */
  readonly ids?: readonly string[];
}

export interface NodeHandle {
  readonly self: () => ResultAsync<SelfInfo, NodeError>;
  /** Our half of every safety code, 30 digits in groups of five. Some 15 ms of work on another thread. */
  readonly ownSafetyCode: () => ResultAsync<string, NodeError>;
  /**
   * Queues one message; the statuses reached so far follow as events. Resolves once it stands synced in the outbox.
   * Errors: `chat/…` (unknown or ambiguous peer, text, outbox full, blocked, key changed), `store/…`,
   * `message/id-taken` (another message to the peer has the id), `message/id-invalid`.
   */
  readonly send: (peer: string, text: string, options?: SendOptions) => ResultAsync<StatusEvent, NodeError>;
  /** Many messages to one peer, in order; one sync for all. Same errors; either all are queued or none. */
  readonly sendAll: (
    peer: string,
    texts: readonly string[],
    options?: SendAllOptions,
  ) => ResultAsync<readonly StatusEvent[], NodeError>;
  /**
   * As `send`, to a peer of cmp2204. Errors: also `dialect/unsupported` for a private number that is none, and for every
   * other peer, where these options mean nothing.
   */
  readonly sendVia: (
    peer: string,
    text: string,
    via: SendViaOptions,
    options?: SendOptions,
  ) => ResultAsync<StatusEvent, NodeError>;
  /** Who is active in an older program, in order of appearance. */
  readonly foreignPeers: (dialect: ForeignDialectName) => ResultAsync<readonly ForeignPeerInfo[], NodeError>;
  /**
   * Sends a connection message (synergy, netech; `isManual`: a person typed the address) or opens a talk (chatbuddy,
   * cse310). Resolves once the peer has it. Errors: `transport/…` where it cannot be reached, `dialect/unsupported`
   * for cmp2204, `chat/blocked`, `chat/secure-only`, `chat/dialect-off`.
   */
  readonly foreignConnect: (
    peer: string,
    options?: { readonly isManual?: boolean },
  ) => ResultAsync<null, NodeError>;
  /** Tells one peer, or (`null`) every active peer of the dialect, that we leave. Those out of reach are passed over. */
  readonly foreignLeave: (dialect: ForeignDialectName, peer: string | null) => ResultAsync<null, NodeError>;
  readonly peers: () => ResultAsync<readonly PeerEvent[], NodeError>;
  /**
   * Whom a word means, as every other method takes it, but nobody is dialled: an address means who is known to be there.
   * Errors: `chat/unknown-peer`, `chat/ambiguous-peer`, `chat/key-changed` (a stranger bears the name of a contact).
   */
  readonly find: (peer: string) => ResultAsync<PeerEvent, NodeError>;
  readonly history: (options: HistoryOptions) => ResultAsync<readonly MessageEvent[], NodeError>;
  /**
   * Every event from now on. Begins with `ready`, which says that this reader is subscribed: nothing that happens
   * after it is missed. Ends with `bye`. A reader that falls too far behind is ended with an
   * `error` event.
   */
  readonly events: (options?: EventsOptions) => AsyncIterable<NodeEvent>;
  readonly safety: (peer: string) => ResultAsync<SafetyInfo, NodeError>;
  /** Marks verified: `code` must be the pair's safety code (blanks ignored), or `null` for "I compared". */
  readonly verify: (peer: string, code: string | null) => ResultAsync<SafetyInfo, NodeError>;
  readonly block: (peer: string, blocked: boolean) => ResultAsync<PeerEvent, NodeError>;
  readonly rename: (name: string) => ResultAsync<SelfInfo, NodeError>;
  /** Ends live sessions with the peer; they start again when somebody has something to say. */
  readonly disconnect: (peer: string) => ResultAsync<null, NodeError>;
  readonly stats: () => ResultAsync<Readonly<Record<string, unknown>>, NodeError>;
  readonly close: () => Promise<void>;
}
