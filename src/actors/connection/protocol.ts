/** The protocols of one live connection: a native session, or a connection with an older program. */
import type { MessagePort } from 'node:worker_threads';
import type { ForeignEnd, HeardWords } from '../../chat/foreign/state.js';
import type { SessionEnd } from '../../chat/routes/live-session.js';
import type { ForeignDialectName, Utterance, ForeignOptions, ForeignRole } from '../../dialects/dialect.js';
import type { Texts } from '../../dialects/texts.js';
import type { FileWords } from '../../dialects/files.js';
import type { SessionError } from '../../session/errors.js';
import type { MessageId, SessionId } from '../../ids.js';
import type { Call, Cast } from '../../runtime/actor.js';
import type {
  CloseReason,
  LocalIdentity,
  PeerProof,
  Resumption,
  SessionOptions,
} from '../../session/contract.js';
import type { DialectError } from '../../dialects/errors.js';

/** The messages that a session takes. */
export type SessionProtocol = {
  /**
   * Sends utterances to the peer, in this order. Before the session is up they are dropped, and the node sends them
   * again.
   */
  say: Cast<{ readonly utterances: readonly (Utterance | Texts)[] }>;
  /** Ends the session, and sends the reason to the peer. */
  close: Cast<{ readonly reason: CloseReason }>;
  /** Asks the peer for a sign of life, which `sessionAnswered` reports. */
  ping: Cast<Record<string, never>>;
  /** The path to the peer loses large packets: bytes go out in small pieces from now on. */
  narrow: Cast<Record<string, never>>;
  /** Sends words about files once the stream has room for them. `filesWritten` reports the bytes that went out. */
  sayFiles: Cast<{ readonly words: readonly FileWords[] }>;
  /** The actor of files has dealt with these bytes. */
  filesTaken: Cast<{ readonly bytes: number }>;
  /** Reports itself to the actor of files, which has started again and knows no session. */
  attachFiles: Cast<Record<string, never>>;
  /** The other end of the stream took bytes. Sent to itself. */
  drained: Cast<Record<string, never>>;
  /** The pause after a piece is over. */
  pieceDue: Cast<Record<string, never>>;
  /** Bytes arrived. Sent to itself, since listeners only enqueue. */
  received: Cast<{ readonly chunk: Uint8Array }>;
  streamEnded: Cast<{ readonly reason: string }>;
  committed: Cast<{ readonly bytes: number; readonly receipts: readonly MessageId[] }>;
  tick: Cast<Record<string, never>>;
};

/** The reports and questions of a session to the node, whose protocol contains them. */
export type SessionReports = {
  findTicket: Call<{ readonly ticketId: Uint8Array }, Resumption | null>;
  /** Asks the node to judge a peer with a valid certificate. `null`: it is welcome. */
  judgePeer: Call<{ readonly sessionId: SessionId; readonly peer: PeerProof }, SessionError | null>;
  /**
   * The peer may resume with these tickets from now on, even where the connection breaks before the session is up.
   */
  resumable: Cast<{ readonly resumption: Resumption }>;
  sessionUp: Cast<{
    readonly sessionId: SessionId;
    readonly peer: PeerProof;
    readonly isResumed: boolean;
    readonly resumption: Resumption;
  }>;
  /** Bytes of the peer arrived since the last such report. */
  sessionHeard: Cast<{ readonly sessionId: SessionId }>;
  /** The peer answered a `ping`. */
  sessionAnswered: Cast<{ readonly sessionId: SessionId }>;
  /** Utterances of the peer. The reply comes once they are committed, and names the messages that get a receipt. */
  said: Call<
    { readonly sessionId: SessionId; readonly utterances: readonly (Utterance | Texts)[] },
    { readonly receipts: readonly MessageId[] }
  >;
  sessionDown: Cast<{ readonly sessionId: SessionId; readonly end: SessionEnd }>;
};

/** Arguments of a session. */
export interface SessionArgs {
  readonly sessionId: SessionId;
  readonly local: LocalIdentity;
  readonly role: SessionOptions['role'];
  /** Carries the bytes of the connection; transferred to this actor. */
  readonly port: MessagePort;
}

/** The messages that a foreign connection takes. */
export type ForeignProtocol = {
  /** Sends an utterance to the peer. `token` comes back in `foreignSent` or `foreignRefused`. */
  say: Cast<{ readonly token: number; readonly utterance: Utterance }>;
  /** Ends the connection once all writes are flushed. */
  close: Cast<Record<string, never>>;
  /** Drops unwritten utterances, which are not reported as sent. */
  stopSending: Cast<Record<string, never>>;
  /** Bytes arrived. Sent to itself, since listeners only enqueue. */
  received: Cast<{ readonly chunk: Uint8Array }>;
  drained: Cast<Record<string, never>>;
  streamEnded: Cast<{ readonly reason: string }>;
  committed: Cast<{ readonly bytes: number }>;
  /** The pause after a write is over. */
  rested: Cast<Record<string, never>>;
  /** A later try to write to a program that takes no turns. */
  retry: Cast<Record<string, never>>;
  /** The silence that ends a frame. `afterChunks`: chunks received before it. */
  quiet: Cast<{ readonly afterChunks: number }>;
  /** The silence after which a receiver ends its half. */
  finish: Cast<{ readonly afterChunks: number }>;
  overdue: Cast<Record<string, never>>;
};

/** The reports of a foreign connection to the node, whose protocol contains them. */
export type ForeignReports = {
  /** The first bytes of the other side were read. */
  foreignReading: Cast<{ readonly sessionId: SessionId }>;
  /** The connection is open (dialled), or the other side has sent valid input (accepted). */
  foreignUp: Cast<{
    readonly sessionId: SessionId;
    /** Whether the text of an accepted connection for one message is still to come, after the key exchange. */
    readonly isTextToCome: boolean;
  }>;
  /** Texts of the peer. The reply comes once they are committed; until then their bytes count against its credit. */
  foreignHeard: Call<
    { readonly sessionId: SessionId; readonly words: readonly HeardWords[] },
    { readonly receipts: readonly MessageId[] }
  >;
  /** The system has taken all writes of the utterance. */
  foreignSent: Cast<{ readonly sessionId: SessionId; readonly token: number }>;
  /** The dialect, or this end of the connection, cannot carry the utterance. */
  foreignRefused: Cast<{
    readonly sessionId: SessionId;
    readonly token: number;
    readonly error: DialectError;
  }>;
  foreignDown: Cast<{ readonly sessionId: SessionId; readonly end: ForeignEnd }>;
};

/** Arguments of a foreign connection. */
export interface ForeignConnectionArgs {
  readonly sessionId: SessionId;
  readonly dialect: ForeignDialectName;
  readonly role: ForeignRole;
  readonly options: Omit<ForeignOptions, 'random'>;
  /** Carries the bytes of the connection; transferred to this actor. */
  readonly port: MessagePort;
}
