/**
 * The calls that the core answers: a manifest with body, reply and failure of each. Commands come from users,
 * questions from the actors of connections and beacons. Types only.
 */
import type { ForeignDialectName } from '../dialects/dialect.js';
import type { ChatError, DialError, FileError } from './errors.js';
import type { DialectError } from '../dialects/errors.js';
import type { RuntimeError } from '../runtime/errors.js';
import type { SessionError } from '../session/errors.js';
import type { MessageId, SessionId } from '../ids.js';
import type {
  AcceptedInfo,
  ContactChoice,
  ContactInfo,
  EmittedInfo,
  Operation,
  RetriedInfo,
  ForeignPeerInfo,
  PrivacyChoice,
  PrivacyInfo,
  ProbeInfo,
  SafetyInfo,
  SelfInfo,
  SendViaOptions,
  AcceptOptions,
  OfferWishes,
  TimerInfo,
  TransferAction,
  UnreadInfo,
} from './contract.js';
import type { PeerProof, Resumption } from '../session/contract.js';
import type { Words, SendFailure as DeliveryFailure } from './delivery/sending.js';
import type { StoreFailure } from './delivery/effects.js';
import type { HistoryQuery, Entry, OutboxPage } from './delivery/entry.js';
import type { PeerEvent, PresenceEvent, StatusEvent, TransferEvent } from './events.js';
import type { Status } from '../wire/status.js';
import type { HeardWords } from './foreign/state.js';
import type { Said } from './routes/utterances.js';
import type { CallId, Fault } from './turn.js';

/** The facts that the core knows of this side; the shell adds those of the process. */
export type CoreSelf = Omit<SelfInfo, 'pid' | 'home'>;

/** Failures of finding a peer. An address is dialled, so the failures of a dial and of a handshake belong to them. */
export type FindFailure = ChatError | SessionError | DialError | RuntimeError;
/** Failures of a send: those of finding the peer, and those of delivery. */
export type SendFailure = FindFailure | DeliveryFailure;

interface Asking<Body, Reply, Failure extends Fault = never> {
  readonly body: Body;
  readonly reply: Reply;
  readonly failure: Failure;
}
type Nothing = Record<string, never>;

/** The commands of users. The core resolves a PEER word, so that every caller finds the same peer. */
export interface Commands {
  readonly self: Asking<Nothing, CoreSelf>;
  /** Replies once all texts stand synced in the outbox, in this order. */
  readonly send: Asking<
    {
      readonly peer: string;
      readonly messages: readonly Words[];
      readonly via: SendViaOptions | null;
    },
    readonly StatusEvent[],
    SendFailure
  >;
  /** Offers files. Replies once the offer stands synced in the outbox. */
  readonly offerFiles: Asking<
    {
      readonly peer: string;
      readonly id: MessageId;
      /** Absolute paths. */
      readonly paths: readonly string[];
      readonly comment: string;
      /** A folder below the home that holds the only path; it is removed with the transfer. Empty: none. */
      readonly spool: string;
      readonly wishes: OfferWishes;
    },
    readonly StatusEvent[],
    SendFailure | FileError
  >;
  readonly transfers: Asking<Nothing, readonly TransferEvent[], FileError | RuntimeError>;
  /** A command about one transfer. `directory`: where accepted files go; null: where they usually go. */
  readonly actOnTransfer: Asking<
    {
      readonly id: string;
      readonly action: TransferAction;
      readonly directory: string | null;
      readonly options: AcceptOptions;
    },
    TransferEvent,
    FileError | RuntimeError
  >;
  readonly peers: Asking<Nothing, readonly PeerEvent[]>;
  readonly find: Asking<{ readonly peer: string }, PeerEvent, ChatError>;
  /** Conversations with unread messages. */
  readonly unread: Asking<Nothing, readonly UnreadInfo[]>;
  /** The user read the messages of a peer up to a `seq`; null: all. */
  readonly read: Asking<
    { readonly peer: string; readonly upToSeq: number | null },
    PeerEvent,
    ChatError | StoreFailure
  >;
  /** `serve --json` has written everything up to a `seq`; null: asks how far. */
  readonly emitted: Asking<{ readonly seq: number | null }, EmittedInfo, StoreFailure>;
  /** `peer`: only the conversation with it; null: all. */
  readonly page: Asking<
    { readonly peer: string | null; readonly query: HistoryQuery },
    readonly Entry[],
    SendFailure
  >;
  readonly safety: Asking<{ readonly peer: string }, SafetyInfo, FindFailure>;
  readonly verify: Asking<{ readonly peer: string; readonly code: string | null }, SafetyInfo, FindFailure>;
  readonly block: Asking<{ readonly peer: string; readonly blocked: boolean }, PeerEvent, FindFailure>;
  readonly contacts: Asking<Nothing, readonly ContactInfo[]>;
  readonly contact: Asking<{ readonly peer: string }, ContactInfo, ChatError>;
  readonly choose: Asking<{ readonly peer: string; readonly choice: ContactChoice }, ContactInfo, ChatError>;
  /** Accepts a request or a changed key. The name of a contact is given with the tag of the new key. */
  readonly accept: Asking<{ readonly peer: string }, AcceptedInfo, ChatError>;
  readonly reject: Asking<{ readonly peer: string }, ContactInfo, ChatError>;
  /** Replies with the row of the contact before it was forgotten. */
  readonly forget: Asking<{ readonly peer: string }, PeerEvent, ChatError>;
  /** Messages that wait, for one peer or (null) for all, oldest first, after a `seq`. */
  readonly outbox: Asking<
    { readonly peer: string | null; readonly afterSeq: number },
    OutboxPage,
    ChatError | StoreFailure
  >;
  /** Takes messages out of the outbox; replies with those that were still in it. */
  readonly withdraw: Asking<
    { readonly peer: string; readonly ids: readonly MessageId[] },
    readonly StatusEvent[],
    ChatError | StoreFailure
  >;
  /** Dials the peer, or (null) all peers for which messages wait, at once. */
  readonly retry: Asking<{ readonly peer: string | null }, RetriedInfo, ChatError>;
  /** Answers, edits, deletes, or reacts to the message that `word` names. `peer`: only in that conversation. */
  readonly operate: Asking<
    { readonly peer: string | null; readonly word: string; readonly operation: Operation },
    readonly StatusEvent[],
    SendFailure
  >;
  /** The time after which texts to and from the peer disappear. */
  readonly timer: Asking<{ readonly peer: string }, TimerInfo, ChatError>;
  /** Changes that time for the texts from now on, on both sides; 0: they stay. */
  readonly setTimer: Asking<
    { readonly peer: string; readonly seconds: number; readonly id: MessageId },
    readonly StatusEvent[],
    SendFailure
  >;
  /** The user types to a peer, or stopped. Nothing is kept, and nobody is dialled. */
  readonly typing: Asking<{ readonly peer: string; readonly isTyping: boolean }, null, ChatError>;
  readonly privacy: Asking<Nothing, PrivacyInfo>;
  /** Changes the privacy from now on; it is kept for the next start. */
  readonly setPrivacy: Asking<PrivacyChoice, PrivacyInfo>;
  readonly rename: Asking<{ readonly name: string }, CoreSelf, ChatError>;
  readonly ownStatus: Asking<Nothing, PresenceEvent>;
  /** Sets the own status, until it is changed or until a time (wall clock, ms). */
  readonly setStatus: Asking<Status, PresenceEvent, ChatError>;
  /** Tells whether the user is idle. An idle user whose own presence is `here` is shown as away. */
  readonly idle: Asking<{ readonly isIdle: boolean }, PresenceEvent>;
  /** Finds out what arrives in each direction between this node and a peer. */
  readonly probe: Asking<{ readonly peer: string }, ProbeInfo, FindFailure | DialectError>;
  readonly disconnect: Asking<{ readonly peer: string }, null, FindFailure | DialectError>;
  readonly foreignPeers: Asking<
    { readonly dialect: ForeignDialectName },
    readonly ForeignPeerInfo[],
    ChatError
  >;
  readonly foreignConnect: Asking<
    { readonly peer: string; readonly isManual: boolean },
    null,
    FindFailure | DialectError
  >;
  readonly foreignLeave: Asking<
    { readonly dialect: ForeignDialectName; readonly peer: string | null },
    null,
    FindFailure | DialectError
  >;
  /** Tells foreign programs that the node ends. */
  readonly farewell: Asking<Nothing, null>;
  readonly counts: Asking<Nothing, Counts>;
}

/** The figures of the core. */
export interface Counts {
  /** Connections that were ended because of malformed input, by dialect. */
  readonly malformed: Readonly<Record<string, number>>;
  /** Utterances of native peers whose kind this version does not know, by kind. */
  readonly unknownKinds: Readonly<Record<string, number>>;
}

/** The questions of the actors of connections and beacons. */
export interface Questions {
  readonly findTicket: Asking<{ readonly ticketId: Uint8Array }, Resumption | null>;
  /** Judges a peer with a valid certificate. Null: it is welcome. */
  readonly judgePeer: Asking<
    { readonly sessionId: SessionId; readonly peer: PeerProof },
    SessionError | null
  >;
  /** Words of a native peer. The reply comes once they are committed, and names those to send a receipt for. */
  readonly said: Asking<Said, { readonly receipts: readonly MessageId[] }>;
  /** Words of a foreign program. The reply comes once they are committed; its receipts go nowhere. */
  readonly foreignHeard: Asking<
    { readonly sessionId: SessionId; readonly words: readonly HeardWords[] },
    { readonly receipts: readonly MessageId[] }
  >;
  /** The content of the beacon; null while the port is unknown. */
  readonly description: Asking<
    Nothing,
    {
      readonly name: string;
      readonly tcpPort: number;
      readonly certificateSerial: number;
      readonly status: Status;
    } | null
  >;
}

/** All calls that the core answers. */
export type Asked = Commands & Questions;
/** The names of these calls. */
export type AskedName = keyof Asked;
/** The id of an open call, typed with its reply and failure. */
export type CallOf<N extends AskedName> = CallId<Asked[N]['reply'], Asked[N]['failure']>;

/** A call of the node, as an input. */
export type AskedInput = {
  [N in AskedName]: {
    readonly type: 'asked';
    readonly name: N;
    readonly body: Asked[N]['body'];
    readonly call: CallOf<N>;
  };
}[AskedName];
