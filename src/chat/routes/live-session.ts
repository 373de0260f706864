/** A native session as the core knows it, from the moment its connection exists until it ended. Types only. */
import type { RuntimeError } from '../../runtime/errors.js';
import type { SessionError } from '../../session/errors.js';
import type { DialError } from '../errors.js';
import type { ConnectionId, PeerId, SessionId } from '../../ids.js';
import type { CloseReason, PeerProof, Resumption } from '../../session/contract.js';
import type { Address } from '../../wire/address.js';
import type { RouteReport } from './route.js';

export interface LiveSession {
  readonly sessionId: SessionId;
  readonly connectionId: ConnectionId;
  readonly direction: 'in' | 'out';
  readonly address: Address;
  /** The peer that was dialled; null for a caller, and for an address that was typed. */
  readonly expected: PeerId | null;
  /** The peer, once a handshake proved it. */
  peerId: PeerId | null;
  /** The peer whose certificate was welcome while the handshake goes on: it is at the other end, and may still hang up. */
  welcomed: PeerId | null;
  /** The run of the peer's node (8 bytes, hex). */
  bootIdHex: string;
  isUp: boolean;
  /** When the peer's last change of name was taken (monotonic, ms), and the name that waits. */
  renamedAtMs: number;
  renameTo: string | null;
  /** The disk did not take words of it: it is being closed, and nothing after them may overtake. */
  isRefused: boolean;
}

/** How a session ended. */
export type SessionEnd =
  | { readonly type: 'closed'; readonly by: 'us' | 'peer'; readonly reason: CloseReason }
  | { readonly type: 'failed'; readonly error: SessionError }
  /** The connection ended without a word. */
  | { readonly type: 'lost'; readonly reason: string };

/** This side, as every session presents it. */
export interface OwnSide {
  readonly peerId: PeerId;
  readonly idKey: Uint8Array;
  /** This run of the node (8 bytes, hex). */
  readonly instance: string;
  /** Serial of the certificate at the start of the core: when its static key was made, wall clock in ms. */
  readonly certificateSerial: number;
  /** When that key is to be replaced, wall clock in ms. */
  readonly keyIsOldAtMs: number;
}

export interface SessionUp {
  readonly sessionId: SessionId;
  readonly peer: PeerProof;
  readonly isResumed: boolean;
  readonly resumption: Resumption;
}

/** What was found at an address that somebody asked about. */
export interface AddressAnswer {
  readonly address: Address;
  readonly found: PeerId | SessionError | DialError | RuntimeError;
}

/** What an input to the native routes leads to outside them. */
export interface NativeOutcome {
  readonly reports: readonly RouteReport[];
  readonly answers: readonly AddressAnswer[];
}
