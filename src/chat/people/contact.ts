/** Contacts: the keys this home has pinned, and what its user decided about them. Pure types. */
import type { PeerId } from '../../ids.js';

/** `pinned`: seen in a finished handshake, numbers not compared. `verified`: compared. */
export type Trust = 'pinned' | 'verified';

/** A pinned peer. */
export interface Contact {
  readonly peerId: PeerId;
  /** Label the peer gave itself, sanitised. */
  readonly name: string;
  /** Ed25519 public key, 32 bytes in hex; empty for peers of older programs. */
  readonly idKeyHex: string;
  readonly trust: Trust;
  readonly blocked: boolean;
  /** Highest certificate serial seen (ms); a lower one is refused. */
  readonly certificateSerial: number;
  /** Highest wire version ever completed with it. */
  readonly wireVersion: number;
  /**
   * Bits of the operations beyond texts that its last handshake announced (`feature` in `session/certificate.ts`).
   */
  readonly features: number;
  /** Hash of the key of its next identity as it announced it first, in hex; never replaced. Empty: none announced. */
  readonly nextHex: string;
  /** Last address proved by a handshake, `host:port`; empty when none. */
  readonly address: string;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
}
