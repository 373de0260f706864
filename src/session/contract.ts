/**
 * A native session as a pure state machine: bytes and decisions in, outputs out. No socket, clock or dice: time comes
 * as arguments, randomness as a function. A failure is the output `failed`; after it everything is ignored.
 * Source: session-protocol, sections 5.1 to 5.7.
 */
import type { KeyObject } from 'node:crypto';
import type { Utterance } from '../dialects/dialect.js';
import type { SessionError } from './errors.js';
import type { DhKeyPair } from './noise/dh.js';
import type { Kem } from './noise/kem.js';

/** Why a session is closed on purpose; travels in the CLOSE record. */
export type CloseReason = 'park' | 'rekey' | 'dup' | 'shutdown' | 'downgrade';

/** What this node is, towards every peer. The Ed25519 key itself never comes here. */
export interface LocalIdentity {
  /** X25519 static private key. */
  readonly staticKey: KeyObject;
  readonly staticPublic: Uint8Array;
  /** 113 bytes, section 5.2. */
  readonly certificate: Uint8Array;
  readonly bootId: Uint8Array;
  readonly wireVersions: readonly number[];
  /** Bits of what this version understands beyond texts (`certificate.ts`); null: not said. */
  readonly features: number | null;
  /** What is announced of the next identity, 32 bytes; null: nothing. */
  readonly next: Uint8Array | null;
}

/** What a finished handshake proved about the other side. */
export interface PeerProof {
  readonly idKey: Uint8Array;
  readonly staticPublic: Uint8Array;
  readonly certificateSerial: number;
  readonly bootIdHex: string;
  readonly wireVersions: readonly number[];
  /** Bits of what it understands beyond texts; 0 also where it said nothing of them. */
  readonly features: number;
  /** What it announced of its next identity, in hex; null: nothing. */
  readonly nextHex: string | null;
}

/** What lets two peers resume (section 5.5). Kept in RAM only; derived again by each success. */
export interface Resumption {
  readonly rms: Uint8Array;
  readonly peer: PeerProof;
  /** Tickets for each direction, by who dials. */
  readonly dial: { readonly ticketId: Uint8Array; readonly psk: Uint8Array };
  readonly accept: { readonly ticketId: Uint8Array; readonly psk: Uint8Array };
  /** Wall clock of the last full handshake, ms; the ticket is good for 24 h after it. */
  readonly fullHandshakeAtMs: number;
  readonly resumesLeft: number;
}

export interface SessionOptions {
  readonly local: LocalIdentity;
  readonly random: (bytes: number) => Uint8Array;
  /** Makes the ephemeral X25519 key. Default: `dh.ts`; tests give fixed ones. */
  readonly generateKeyPair?: () => DhKeyPair;
  /** Default: the best of `kem.ts`; tests give the one whose every byte comes from `random`. */
  readonly kem?: Kem;
  /** Monotonic ms at which the session starts (deadlines), and the wall clock then (certificate validity). */
  readonly nowMs: number;
  readonly wallClockMs: number;
  readonly role:
    | {
        readonly type: 'initiator';
        readonly expectedIdKey: Uint8Array | null;
        readonly resumption: Resumption | null;
      }
    | { readonly type: 'responder' };
}

export type SessionOutput =
  | { readonly type: 'write'; readonly bytes: Uint8Array }
  /** Responder: is there a ticket with this id? Answer with `ticket`. Nothing is read before. */
  | { readonly type: 'find-ticket'; readonly ticketId: Uint8Array }
  /** The certificate is valid; is this peer welcome? Answer with `judge`. Nothing is read or sent before. */
  | { readonly type: 'judge-peer'; readonly peer: PeerProof }
  /**
   * Responder of a resume, with its message: the initiator may know this generation from now on. Keep it beside the
   * one before (`tickets.ts`), for the case that the connection is cut before `up`.
   */
  | { readonly type: 'resumable'; readonly resumption: Resumption }
  /** Both sides are proved to each other. `resumption` replaces what was kept for this peer before. */
  | {
      readonly type: 'up';
      readonly peer: PeerProof;
      readonly isResumed: boolean;
      readonly resumption: Resumption;
    }
  | { readonly type: 'said'; readonly utterances: readonly Utterance[] }
  /** The peer closed with this reason; the connection may be ended. */
  | { readonly type: 'closed'; readonly reason: CloseReason }
  /** This side should close (age, volume, records): call `close` with the reason. */
  | { readonly type: 'due'; readonly reason: CloseReason }
  | { readonly type: 'failed'; readonly error: SessionError };

export interface Session {
  /** Initiator: the preamble and message 1. Responder: nothing. */
  start(): readonly SessionOutput[];
  /** Bytes as they came from the connection, cut anyhow. */
  receive(bytes: Uint8Array, nowMs: number): readonly SessionOutput[];
  ticket(found: Resumption | null, nowMs: number): readonly SessionOutput[];
  judge(
    verdict: { readonly welcome: true } | { readonly welcome: false; readonly error: SessionError },
    nowMs: number,
  ): readonly SessionOutput[];
  /**
   * Utterances that belong together share records. Only once `up` was output; text that `pack` of the native dialect
   * refuses is a bug of the caller and throws. Words that crossed a close are not heard: keep them until a receipt.
   */
  say(utterances: readonly Utterance[], nowMs: number): readonly SessionOutput[];
  /** Deadlines and rekey; call about once a second, and at the handshake deadline. */
  tick(nowMs: number): readonly SessionOutput[];
  /** CLOSE to the peer, then wipes. Idempotent. */
  close(reason: CloseReason): readonly SessionOutput[];
  /** Wipes keys without a word. */
  destroy(): void;
}
