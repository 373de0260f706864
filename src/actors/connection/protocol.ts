/** The protocols of one live connection: a native session, or a connection with an older program. */
import type { MessagePort } from 'node:worker_threads';
import type { ForeignEnd, HeardWords } from '../../chat/foreign/state.js';
import type { SessionEnd } from '../../chat/routes/live-session.js';
import type { ForeignDialectName, Utterance, ForeignOptions, ForeignRole } from '../../dialects/dialect.js';
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

export type SessionProtocol = {
  /** Says these to the peer, in this order. Before the session is up they are dropped: the node resends. */
  say: Cast<{ readonly utterances: readonly Utterance[] }>;
  /** Ends the session on purpose, telling the peer why. */
  close: Cast<{ readonly reason: CloseReason }>;
  /** The stream has something, or ended. Sent to itself: listeners only enqueue. */
  received: Cast<{ readonly chunk: Uint8Array }>;
  streamEnded: Cast<{ readonly reason: string }>;
  committed: Cast<{ readonly bytes: number; readonly receipts: readonly MessageId[] }>;
  tick: Cast<Record<string, never>>;
};

/** What a session reports to the node, and asks of it. The node's protocol contains these messages. */
export type SessionReports = {
  findTicket: Call<{ readonly ticketId: Uint8Array }, Resumption | null>;
  /** Is this peer, whose certificate is valid, welcome? `null`: yes. */
  judgePeer: Call<{ readonly sessionId: SessionId; readonly peer: PeerProof }, SessionError | null>;
  /** The peer may resume with this from now on, should the connection be cut before the session is up. */
  resumable: Cast<{ readonly resumption: Resumption }>;
  sessionUp: Cast<{
    readonly sessionId: SessionId;
    readonly peer: PeerProof;
    readonly isResumed: boolean;
    readonly resumption: Resumption;
  }>;
  /** Words of the peer. The reply comes once they are committed, and names those to send a receipt for. */
  said: Call<
    { readonly sessionId: SessionId; readonly utterances: readonly Utterance[] },
    { readonly receipts: readonly MessageId[] }
  >;
  sessionDown: Cast<{ readonly sessionId: SessionId; readonly end: SessionEnd }>;
};

export interface SessionArgs {
  readonly sessionId: SessionId;
  readonly local: LocalIdentity;
  readonly role: SessionOptions['role'];
  /** Carries the bytes of the connection; transferred to this actor. */
  readonly port: MessagePort;
}

export type ForeignProtocol = {
  /** Says this to the peer. `token` comes back in `foreignSent` or `foreignRefused`. */
  say: Cast<{ readonly token: number; readonly utterance: Utterance }>;
  /** Ends the connection once what was said is flushed. */
  close: Cast<Record<string, never>>;
  /** What is not written yet stays unsaid, and is not reported as sent. */
  stopSending: Cast<Record<string, never>>;
  /** The stream has something, took something, or ended. Sent to itself: listeners only enqueue. */
  received: Cast<{ readonly chunk: Uint8Array }>;
  drained: Cast<Record<string, never>>;
  streamEnded: Cast<{ readonly reason: string }>;
  committed: Cast<{ readonly bytes: number }>;
  /** The gap after a write is over. */
  rested: Cast<Record<string, never>>;
  /** Silence that ends a frame, by the count of chunks it began after. */
  quiet: Cast<{ readonly afterChunks: number }>;
  overdue: Cast<Record<string, never>>;
};

/** What a connection with an older program reports to the node. The node's protocol contains these messages. */
export type ForeignReports = {
  /** The connection stands (dialled), or the other side has said something that makes sense (accepted). */
  foreignUp: Cast<{
    readonly sessionId: SessionId;
    /** Accepted, for one message: the key is agreed on, and the text has not come yet. */
    readonly isTextToCome: boolean;
  }>;
  /** The reply comes once the words are committed; until then their bytes count against the peer. */
  foreignHeard: Call<
    { readonly sessionId: SessionId; readonly words: readonly HeardWords[] },
    { readonly receipts: readonly MessageId[] }
  >;
  /** All of it was handed to the system's socket. */
  foreignSent: Cast<{ readonly sessionId: SessionId; readonly token: number }>;
  /** This dialect, or this end of the connection, cannot say that. */
  foreignRefused: Cast<{
    readonly sessionId: SessionId;
    readonly token: number;
    readonly error: DialectError;
  }>;
  foreignDown: Cast<{ readonly sessionId: SessionId; readonly end: ForeignEnd }>;
};

export interface ForeignConnectionArgs {
  readonly sessionId: SessionId;
  readonly dialect: ForeignDialectName;
  readonly role: ForeignRole;
  readonly options: Omit<ForeignOptions, 'random'>;
  /** Carries the bytes of the connection; transferred to this actor. */
  readonly port: MessagePort;
}
