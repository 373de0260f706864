/** Contacts: the keys this home has pinned, and what its user decided about them. Pure types. */
import type { PeerId } from '../../ids.js';

/** `pinned`: seen in a finished handshake, numbers not compared. `verified`: compared. */
export type Trust = 'pinned' | 'verified';

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
  /** What it understands beyond texts, as its last handshake said; bits of `session/certificate.ts`. */
  readonly features: number;
  /** What it announced first of its next identity, in hex; never replaced. Empty: nothing yet. */
  readonly nextHex: string;
  /** Last address proved by a handshake, `host:port`; empty when none. */
  readonly address: string;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
}
