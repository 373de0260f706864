/**
 * X25519 over node:crypto. Private keys are KeyObjects: they never leave OpenSSL, and they clone into workers without
 * their bytes being exposed.
 */
import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { sessionV1 } from '../limits.js';

/** An X25519 key pair. */
export interface DhKeyPair {
  readonly privateKey: KeyObject;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

/**
 * Generates a pair with the randomness of the operating system, in about 45 µs.
 *
 * Keep exactly this form: generating KeyObjects and exporting the public one as JWK afterwards deadlocks Node 20 when
 * a full collection lands inside the export: the generation job's destructor takes the key's mutex, which is held
 * already.
 */
export function generateDhKeyPair(): DhKeyPair {
  const pair = generateKeyPairSync('x25519', { publicKeyEncoding: { format: 'jwk' } });
  return { privateKey: pair.privateKey, publicKey: jwkBytes(pair.publicKey) };
}

/**
 * Computes the shared secret, 32 bytes. `null`: the key of the other side is of small order. OpenSSL refuses the
 * all-zero result that such a key gives, so a handshake cannot be forced onto a secret that everybody knows.
 */
export function dh(privateKey: KeyObject, publicKey: Uint8Array): Uint8Array | null {
  if (publicKey.length !== sessionV1.keyBytes) return null;
  try {
    return diffieHellman({ privateKey, publicKey: importDhPublic(publicKey) });
  } catch {
    return null;
  }
}

function importDhPublic(publicKey: Uint8Array): KeyObject {
  // JWK is the fastest form to import. The caller has checked the length, since the import accepts a longer key.
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: toBase64Url(publicKey) }, format: 'jwk' });
}

const toBase64Url = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');

/**
 * Reads the bytes of a JWK. The types of Node 20 do not know that a generation returns one, so it is `unknown` here.
 */
function jwkBytes(jwk: unknown): Uint8Array {
  const x: unknown = typeof jwk === 'object' && jwk !== null ? Reflect.get(jwk, 'x') : undefined;
  if (typeof x !== 'string') throw new Error('node:crypto did not return a JWK');
  return Uint8Array.from(Buffer.from(x, 'base64url'));
}
