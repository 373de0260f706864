/**
 * Identities of simulated nodes: a public key that is the hash of a secret, and proofs that are keyed hashes. Who does
 * not hold the secret cannot make a proof; the simulation looks the secret up to check one.
 */
import { createHash } from 'node:crypto';
import type { PeerId } from '../../src/ids.js';
import { peerIdOf } from '../../src/chat/people/identity.js';
import { toHex } from '../../src/wire/bytes.js';

export interface KeyedIdentity {
  readonly idKey: Uint8Array;
  readonly peerId: PeerId;
  readonly certificateSerial: number;
  /** This run of the node (8 bytes, hex). */
  readonly bootIdHex: string;
  readonly secret: string;
}

const secrets = new Map<string, string>();

/** The same for the same secret. */
export function keyedIdentity(secret: string, bootIdHex: string, certificateSerial = 1): KeyedIdentity {
  const idKey = new Uint8Array(createHash('sha256').update(secret).digest());
  secrets.set(toHex(idKey), secret);
  return { idKey, peerId: peerIdOf(idKey), certificateSerial, bootIdHex, secret };
}

export const proofOf = ({ secret }: KeyedIdentity, challenge: string): string => keyedHash(secret, challenge);

export function isProof(proof: string, idKeyHex: string, challenge: string): boolean {
  const secret = secrets.get(idKeyHex);
  return secret !== undefined && proof === keyedHash(secret, challenge);
}

const keyedHash = (secret: string, text: string): string =>
  createHash('sha256').update(`${secret}|${text}`).digest('hex').slice(0, 32);
