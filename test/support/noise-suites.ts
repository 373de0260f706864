/**
 * Ciphers, hashes and the X448 of Noise that only the vectors need, plugged into the product's engine; and the cipher
 * states of plain Noise after its handshake, in whose place the product has records.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
} from 'node:crypto';
import {
  chaChaPoly,
  CipherState,
  rekeyNonce,
  sha256,
  type Aead,
  type Hash,
} from '../../src/session/noise/cipher.js';
import type { NoiseOutcome, Role } from '../../src/session/noise/handshake.js';
import type { OlderHybrid } from './noise-patterns.js';

/** AES-GCM counts big-endian. */
function gcmNonce(nonce: number): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(4, nonce === rekeyNonce ? 2n ** 64n - 1n : BigInt(nonce), false);
  return bytes;
}

export const aesGcm: Aead = {
  name: 'AESGCM',
  seal(key, nonce, ad, plaintext, target, at) {
    const cipher = createCipheriv('aes-256-gcm', key, gcmNonce(nonce), { authTagLength: 16 });
    cipher.setAAD(ad);
    target.set(cipher.update(plaintext), at);
    cipher.final();
    target.set(cipher.getAuthTag(), at + plaintext.length);
  },
  open(key, nonce, ad, ciphertext) {
    const length = ciphertext.length - 16;
    if (length < 0) return null;
    const decipher = createDecipheriv('aes-256-gcm', key, gcmNonce(nonce), { authTagLength: 16 });
    decipher.setAAD(ad);
    decipher.setAuthTag(ciphertext.subarray(length));
    const unchecked = decipher.update(ciphertext.subarray(0, length));
    try {
      decipher.final();
    } catch {
      return null;
    }
    return unchecked;
  },
};

const nodeHash = (name: string, algorithm: string, hashBytes: number): Hash => ({
  name,
  hashBytes,
  hash(parts) {
    const hash = createHash(algorithm);
    for (const part of parts) hash.update(part);
    return hash.digest();
  },
  hmac(key, parts) {
    const mac = createHmac(algorithm, key);
    for (const part of parts) mac.update(part);
    return mac.digest();
  },
});

const aeads: readonly Aead[] = [chaChaPoly, aesGcm];
const hashes: readonly Hash[] = [
  sha256,
  nodeHash('SHA512', 'sha512', 64),
  nodeHash('BLAKE2s', 'blake2s256', 32),
  nodeHash('BLAKE2b', 'blake2b512', 64),
];

export function aeadNamed(name: string): Aead {
  const found = aeads.find((aead) => aead.name === name);
  if (found === undefined) throw new Error(`no cipher ${name}`);
  return found;
}

export function hashNamed(name: string): Hash {
  const found = hashes.find((hash) => hash.name === name);
  if (found === undefined) throw new Error(`no hash ${name}`);
  return found;
}

const x448Private = Buffer.from('3046020100300506032b656f043a0438', 'hex');
const x448Public = Buffer.from('3042300506032b656f033900', 'hex');

/** Tokens `f` and `ff` of the older hybrid draft with X448, for one side of one handshake. */
export function x448Hybrid(role: Role, secret: Uint8Array): OlderHybrid {
  const privateKey = createPrivateKey({
    key: Buffer.concat([x448Private, secret]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = Uint8Array.from(
    createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-56),
  );
  let remote: Uint8Array = new Uint8Array(0);
  const agree = () =>
    diffieHellman({
      privateKey,
      publicKey: createPublicKey({ key: Buffer.concat([x448Public, remote]), format: 'der', type: 'spki' }),
    });
  return {
    f: {
      write: (symmetric) => symmetric.encryptAndHash(publicKey),
      read(symmetric, take) {
        const sealed = take(symmetric.hasKey ? 72 : 56);
        const opened = sealed === null ? null : symmetric.decryptAndHash(sealed);
        if (opened === null) return false;
        remote = opened.slice();
        return true;
      },
    },
    ff: {
      write(symmetric) {
        symmetric.mixKey(agree());
        return new Uint8Array(0);
      },
      read(symmetric) {
        if (remote.length !== 56) throw new Error(`${role} has no f yet`);
        symmetric.mixKey(agree());
        return true;
      },
    },
  };
}

/** Both cipher states of a finished handshake. */
export function transportCiphers(
  outcome: NoiseOutcome,
  aead: Aead,
): { readonly send: CipherState; readonly receive: CipherState } {
  return { send: new CipherState(aead, outcome.sendKey), receive: new CipherState(aead, outcome.receiveKey) };
}
