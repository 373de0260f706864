/** The core's view of a native session, from its connection to its end. Types only. */
import type { RuntimeError } from '../../runtime/errors.js';
import type { SessionError } from '../../session/errors.js';
import type { DialError } from '../errors.js';
import type { ConnectionId, MessageId, PeerId, SessionId } from '../../ids.js';
import type { CloseReason, PeerProof, Resumption } from '../../session/contract.js';
import type { Inquiry } from '../../dialects/inquiry.js';
import type { Address } from '../../wire/address.js';
import type { RouteReport } from './route.js';

/** A native session, connecting or up. */
export interface LiveSession {
  readonly sessionId: SessionId;
  readonly connectionId: ConnectionId;
  readonly direction: 'in' | 'out';
  readonly address: Address;
  /** The peer that was dialled; null for a caller, and for an address that was typed. */
  readonly expected: PeerId | null;
  /** The peer that a handshake proved; null before. */
  peerId: PeerId | null;
  /** The peer whose certificate was accepted while the handshake goes on; null before. It may still hang up. */
  welcomed: PeerId | null;
  /** The run of the peer's node (8 bytes, hex). */
  bootIdHex: string;
  isUp: boolean;
  /** Time of the last change of name (monotonic, ms); `renameTo`: the name that waits. */
  renamedAtMs: number;
  renameTo: string | null;
  /** Whether the disk refused messages of it. It is being closed, and later messages must not overtake these. */
  isRefused: boolean;
  /** Whether it got the order to close. It takes no further utterances. */
  isClosing: boolean;
  /** Time of the last handshake, text or name of the peer on it (monotonic, ms). */
  heardAtMs: number;
  /** Whether the peer was asked for a sign of life. */
  ping: PingState;
  /** Messages that went out on it and that the peer has not confirmed, and the bytes of each. */
  readonly unconfirmed: Map<MessageId, number>;
  /** Time since which the peer has confirmed none of them (monotonic, ms). */
  unansweredSinceMs: number;
}

/** The state of a question for a sign of life. */
export type PingState =
  | { readonly state: 'none' | 'answered' }
  /** `atMs`: monotonic. */
  | { readonly state: 'open'; readonly atMs: number };

/** The end of a session. */
export type SessionEnd =
  | { readonly type: 'closed'; readonly by: 'us' | 'peer'; readonly reason: CloseReason }
  | { readonly type: 'failed'; readonly error: SessionError }
  /** The connection broke. */
  | { readonly type: 'lost'; readonly reason: string };

/** The identity of this side in every session. */
export interface OwnSide {
  readonly peerId: PeerId;
  readonly idKey: Uint8Array;
  /** This run of the node (8 bytes, hex). */
  readonly instance: string;
  /** Serial of the certificate: the wall clock (ms) when its static key was made. */
  readonly certificateSerial: number;
  /** Wall clock (ms) at which that key is to be replaced. */
  readonly keyIsOldAtMs: number;
}

/** The result of a finished handshake. */
export interface SessionUp {
  readonly sessionId: SessionId;
  readonly peer: PeerProof;
  readonly isResumed: boolean;
  readonly resumption: Resumption;
}

/** The answer to a question about an address. */
export interface AddressAnswer {
  readonly address: Address;
  readonly found: PeerId | SessionError | DialError | RuntimeError;
}

/** The consequences of an input for the other parts. */
export interface NativeOutcome {
  readonly reports: readonly RouteReport[];
  readonly answers: readonly AddressAnswer[];
  /** Questions and answers about the network that a peer sent. */
  readonly inquiries?: readonly HeardInquiry[];
  /** Utterances of peers that no outbox keeps. */
  readonly notes?: readonly PeerNote[];
}

/** An utterance of a peer that no outbox keeps. */
export type PeerNote =
  /** Its user has read our messages up to this one, but `unread`. `id`: of the utterance, to be confirmed. */
  | {
      readonly type: 'read';
      readonly peerId: PeerId;
      readonly id: MessageId;
      readonly upTo: MessageId;
      readonly unread: readonly MessageId[];
    }
  /** Its user types, for this many seconds unless a further notice comes; 0: stopped. */
  | { readonly type: 'typing'; readonly peerId: PeerId; readonly seconds: number };

/** A question or an answer about the network, and the peer that sent it. */
export interface HeardInquiry {
  readonly peerId: PeerId;
  /** Host at the other end of the session. */
  readonly host: string;
  readonly inquiry: Inquiry;
}
