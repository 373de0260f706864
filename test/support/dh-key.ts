/** X25519 pairs from known bytes, as vectors give them; the product only draws fresh ones. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { DhKeyPair } from '../../src/session/noise/dh.js';

/** `secret`: 32 bytes. */
export function dhKeyPairFromPrivate(secret: Uint8Array): DhKeyPair {
  const der = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), secret]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return { privateKey, publicKey: Uint8Array.from(spki.subarray(-32)) };
}
