/** Ed25519 verification of beacons. */
import { createPublicKey, verify } from 'node:crypto';

/** Whether the key signed the message. The caller has checked that the key is sound. */
export function verifyEd25519(idKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const x = Buffer.from(idKey).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, message, key, signature);
}
