/**
 * A native session as a pure state machine: bytes and decisions in, outputs out. No socket, clock or dice: time comes
 * as arguments, randomness as a function. A failure is the output `failed`; after it everything is ignored.
 * Source: session-protocol, sections 5.1 to 5.7.
 */
import type { KeyObject } from 'node:crypto';
import type { Utterance } from '../dialects/dialect.js';
import type { FileWords } from '../dialects/files.js';
import type { SessionError } from './errors.js';
import type { DhKeyPair } from './noise/dh.js';
import type { Kem } from './noise/kem.js';

/** The reason for which a session is closed on purpose; travels in the CLOSE record. */
export type CloseReason = 'park' | 'rekey' | 'dup' | 'shutdown' | 'downgrade';

/** The identity that this node shows to every peer. The Ed25519 private key is not a part of it. */
export interface LocalIdentity {
  /** X25519 static private key. */
  readonly staticKey: KeyObject;
  readonly staticPublic: Uint8Array;
  /** 113 bytes, section 5.2. */
  readonly certificate: Uint8Array;
  readonly bootId: Uint8Array;
  readonly wireVersions: readonly number[];
  /**
   * Bits of the operations beyond texts that this version understands (`feature` in `certificate.ts`). Null: not
   * announced.
   */
  readonly features: number | null;
  /** SHA-256 of the key of the next identity, 32 bytes. Null: not announced. */
  readonly next: Uint8Array | null;
}

/** The facts that a finished handshake proved about the peer. */
export interface PeerProof {
  readonly idKey: Uint8Array;
  readonly staticPublic: Uint8Array;
  readonly certificateSerial: number;
  readonly bootIdHex: string;
  readonly wireVersions: readonly number[];
  /** Bits of the operations beyond texts that the peer understands. 0 too where the peer announced none. */
  readonly features: number;
  /** Hash of the key of its next identity, in hex. Null: not announced. */
  readonly nextHex: string | null;
}

/** The secrets by which two peers resume (section 5.5). They stay in RAM, and each handshake derives new ones. */
export interface Resumption {
  readonly rms: Uint8Array;
  readonly peer: PeerProof;
  /** Tickets: `dial` where this side dials, `accept` where the peer does. */
  readonly dial: { readonly ticketId: Uint8Array; readonly psk: Uint8Array };
  readonly accept: { readonly ticketId: Uint8Array; readonly psk: Uint8Array };
  /** Wall clock of the last full handshake, ms; the ticket expires 24 h later. */
  readonly fullHandshakeAtMs: number;
  readonly resumesLeft: number;
  /** Serial of the own certificate in the last full handshake: a ticket is worthless once the own key was replaced. */
  readonly localSerial: number;
}

/** Arguments of a session. */
export interface SessionOptions {
  readonly local: LocalIdentity;
  readonly random: (bytes: number) => Uint8Array;
  /** Makes the ephemeral X25519 key. Default: the generator in `dh.ts`; tests pass fixed keys. */
  readonly generateKeyPair?: () => DhKeyPair;
  /** Default: `kem` in `kem.ts`; tests pass `nobleKem`, whose bytes all come from `random`. */
  readonly kem?: Kem;
  /**
   * Monotonic ms at the start of the session, for deadlines; `wallClockMs` is the wall clock then, for certificates.
   */
  readonly nowMs: number;
  readonly wallClockMs: number;
  /** Wall clock by which the peer's certificate may have expired. Default: `wallClockMs`. */
  readonly certificateClockMs?: number;
  readonly role:
    | {
        readonly type: 'initiator';
        readonly expectedIdKey: Uint8Array | null;
        readonly resumption: Resumption | null;
      }
    | { readonly type: 'responder' };
}

/** A decision of the session that its owner carries out. */
export type SessionOutput =
  | { readonly type: 'write'; readonly bytes: Uint8Array }
  /**
   * Responder: asks for the ticket with this id. The owner answers with `ticket`; the session reads nothing until
   * then.
   */
  | { readonly type: 'find-ticket'; readonly ticketId: Uint8Array }
  /**
   * The certificate is valid. The owner decides on the peer with `judge`; the session reads and sends nothing until
   * then.
   */
  | { readonly type: 'judge-peer'; readonly peer: PeerProof }
  /**
   * Responder of a resume: the initiator may know this generation as soon as our message arrives. Keep it beside the
   * previous one (`tickets.ts`), since the connection may break before `up`.
   */
  | { readonly type: 'resumable'; readonly resumption: Resumption }
  /** Both sides are proved to each other. `resumption` replaces the earlier ones of this peer. */
  | {
      readonly type: 'up';
      readonly peer: PeerProof;
      readonly isResumed: boolean;
      readonly resumption: Resumption;
    }
  | { readonly type: 'said'; readonly utterances: readonly Utterance[] }
  /** The peer answered the PING of `ping`. */
  | { readonly type: 'answered' }
  /** The peer closed with this reason; the connection may be ended. */
  | { readonly type: 'closed'; readonly reason: CloseReason }
  /** The session has reached its age, its volume or its number of records: call `close` with the reason. */
  | { readonly type: 'due'; readonly reason: CloseReason }
  | { readonly type: 'failed'; readonly error: SessionError };

/** A native session. Every method returns the outputs that the owner carries out, in order. */
export interface Session {
  /** Initiator: the preamble and message 1. Responder: nothing. */
  start(): readonly SessionOutput[];
  /** Bytes as they came from the connection, cut anyhow. */
  receive(bytes: Uint8Array, nowMs: number): readonly SessionOutput[];
  /** Answers `find-ticket`. `found`: the secrets of the ticket; null: it is unknown here. */
  ticket(found: Resumption | null, nowMs: number): readonly SessionOutput[];
  /** Answers `judge-peer` with the decision of the owner. */
  judge(
    verdict: { readonly welcome: true } | { readonly welcome: false; readonly error: SessionError },
    nowMs: number,
  ): readonly SessionOutput[];
  /**
   * Sends utterances, which share records. Throws before `up`, and on text that `pack` of the native dialect refuses.
   * Utterances that cross a close are lost, so the caller keeps them until their receipt.
   */
  say(utterances: readonly Utterance[], nowMs: number): readonly SessionOutput[];
  /**
   * Sends words about files, each in a record of its own. Throws before `up`, and on words that exceed a record. Words
   * that cross a close are lost.
   */
  sayBulk(words: readonly FileWords[]): readonly SessionOutput[];
  /** Sends PING; the PONG that answers it is output as `answered`. Without effect before `up` and after the end. */
  ping(): readonly SessionOutput[];
  /** Whether `tick` has something to do now. Costs next to nothing. */
  needsTick(nowMs: number): boolean;
  /** Checks deadlines and rekeying. Call about once a second, and at the deadline of the handshake. */
  tick(nowMs: number): readonly SessionOutput[];
  /** Sends CLOSE to the peer and wipes the keys. Idempotent. */
  close(reason: CloseReason): readonly SessionOutput[];
  /** Wipes the keys and sends nothing. */
  destroy(): void;
}
