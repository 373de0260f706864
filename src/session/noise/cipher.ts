/**
 * The symmetric half of Noise: AEAD and hash as exchangeable suites, CipherState and SymmetricState as Noise revision
 * 34, section 5, defines them. Secrets live in plain byte arrays here and are filled with zeros when they are done
 * with; JavaScript promises no more than that.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto';
import { sessionV1 } from '../limits.js';
import { concat, copy } from '../../wire/bytes.js';

/** An authenticated cipher. `nonce` is a counter below 2^53, or `rekeyNonce` for 2^64-1. */
export interface Aead {
  /** The name in a protocol name of Noise. */
  readonly name: string;
  /** Writes ciphertext and tag to `target` at `at`: `plaintext.length + 16` bytes. */
  seal(
    key: Uint8Array,
    nonce: number,
    ad: Uint8Array,
    plaintext: Uint8Array,
    target: Uint8Array,
    at: number,
  ): void;
  /** Opens a ciphertext. `null`: the tag does not fit, and no plaintext is returned. */
  open(key: Uint8Array, nonce: number, ad: Uint8Array, ciphertext: Uint8Array): Uint8Array | null;
}

/** A hash function and its HMAC. */
export interface Hash {
  readonly name: string;
  readonly hashBytes: number;
  hash(parts: readonly Uint8Array[]): Uint8Array;
  hmac(key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array;
}

/** REKEY uses nonce 2^64-1, which no counter reaches. */
export const rekeyNonce = -1;
/** Counters are exact numbers; a session ends long before (`sessionV1.sessionRecordsMax`). */
const nonceMax = Number.MAX_SAFE_INTEGER;
const nothing = new Uint8Array(0);

/** ChaCha20-Poly1305 of OpenSSL. */
export const chaChaPoly: Aead = {
  name: 'ChaChaPoly',
  seal(key, nonce, ad, plaintext, target, at) {
    // The tag length is always given: without it Node takes other lengths for some ciphers (AES-GCM, down to 4 bytes).
    const cipher = createCipheriv('chacha20-poly1305', key, nonceBytes(nonce), {
      authTagLength: sessionV1.tagBytes,
    });
    if (ad.length > 0) cipher.setAAD(ad, { plaintextLength: plaintext.length });
    target.set(cipher.update(plaintext), at);
    cipher.final();
    target.set(cipher.getAuthTag(), at + plaintext.length);
  },
  open(key, nonce, ad, ciphertext) {
    const length = ciphertext.length - sessionV1.tagBytes;
    if (length < 0) return null;
    const decipher = createDecipheriv('chacha20-poly1305', key, nonceBytes(nonce), {
      authTagLength: sessionV1.tagBytes,
    });
    if (ad.length > 0) decipher.setAAD(ad, { plaintextLength: length });
    decipher.setAuthTag(ciphertext.subarray(length));
    // update() hands plaintext out before the tag is checked: it must not leave this function before final() has
    // passed.
    const unchecked = decipher.update(ciphertext.subarray(0, length));
    try {
      decipher.final();
    } catch {
      unchecked.fill(0);
      return null;
    }
    return unchecked;
  },
};

/** SHA-256 and its HMAC, of OpenSSL. */
export const sha256: Hash = {
  name: 'SHA256',
  hashBytes: 32,
  hash: (parts) => digest('sha256', parts),
  hmac(key, parts) {
    const mac = createHmac('sha256', key);
    for (const part of parts) mac.update(part);
    return mac.digest();
  },
};

function digest(algorithm: string, parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Four zero bytes, then the counter little-endian (Noise, section 12.3). One shared buffer: Node copies it at once. */
function nonceBytes(nonce: number): Uint8Array {
  if (nonce === rekeyNonce) {
    nonceView.setUint32(4, 0xffff_ffff, true);
    nonceView.setUint32(8, 0xffff_ffff, true);
  } else {
    nonceView.setUint32(4, nonce % 2 ** 32, true);
    nonceView.setUint32(8, Math.floor(nonce / 2 ** 32), true);
  }
  return nonceBuffer;
}
const nonceBuffer = new Uint8Array(12);
const nonceView = new DataView(nonceBuffer.buffer);

/** Derives `count` outputs of one hash length each (HKDF of Noise, section 4.3). */
export function hkdf(hash: Hash, chainingKey: Uint8Array, input: Uint8Array, count: 2 | 3): Uint8Array[] {
  const temporary = hash.hmac(chainingKey, [input]);
  const outputs: Uint8Array[] = [];
  let previous: Uint8Array = nothing;
  for (let i = 1; i <= count; i += 1) {
    previous = hash.hmac(temporary, [previous, Uint8Array.of(i)]);
    outputs.push(previous);
  }
  temporary.fill(0);
  return outputs;
}

/** A key and its counter. Without a key it passes everything through. */
export class CipherState {
  readonly #aead: Aead;
  #key: Uint8Array | null;
  #nonce: number;

  /** Takes ownership of `key`. A `nonce` other than 0 is for tests of the boundaries. */
  constructor(aead: Aead, key: Uint8Array | null, nonce = 0) {
    this.#aead = aead;
    this.#key = key;
    this.#nonce = nonce;
  }

  get hasKey(): boolean {
    return this.#key !== null;
  }

  get nonce(): number {
    return this.#nonce;
  }

  /** Writes ciphertext and tag to `target` at `at`, where the caller has reserved `plaintext.length + 16` bytes. */
  sealInto(ad: Uint8Array, plaintext: Uint8Array, target: Uint8Array, at: number): void {
    if (this.#key === null) {
      target.set(plaintext, at);
      return;
    }
    this.#aead.seal(this.#key, this.#next(), ad, plaintext, target, at);
  }

  encrypt(ad: Uint8Array, plaintext: Uint8Array): Uint8Array {
    if (this.#key === null) return plaintext;
    const sealed = new Uint8Array(plaintext.length + sessionV1.tagBytes);
    this.sealInto(ad, plaintext, sealed, 0);
    return sealed;
  }

  /** Opens a ciphertext. `null`: refused; the owner must give up the whole state. */
  decrypt(ad: Uint8Array, ciphertext: Uint8Array): Uint8Array | null {
    if (this.#key === null) return ciphertext;
    const opened = this.#aead.open(this.#key, this.#nonce, ad, ciphertext);
    if (opened !== null) this.#next();
    return opened;
  }

  /** Noise, section 11.3: the key becomes ENCRYPT(k, 2^64-1, "", 32 zeros); the counter goes on. */
  rekey(): void {
    if (this.#key === null) return;
    const sealed = new Uint8Array(sessionV1.keyBytes + sessionV1.tagBytes);
    this.#aead.seal(this.#key, rekeyNonce, nothing, new Uint8Array(sessionV1.keyBytes), sealed, 0);
    this.#key.fill(0);
    this.#key = copy(sealed, 0, sessionV1.keyBytes);
    sealed.fill(0);
  }

  wipe(): void {
    this.#key?.fill(0);
    this.#key = null;
  }

  #next(): number {
    const nonce = this.#nonce;
    if (nonce >= nonceMax) throw new Error('the counter of a cipher state ran out');
    this.#nonce = nonce + 1;
    return nonce;
  }
}

/** Chaining key and transcript hash of one handshake (Noise, section 5.2). */
export class SymmetricState {
  readonly #aead: Aead;
  readonly #hash: Hash;
  #chainingKey: Uint8Array;
  #transcript: Uint8Array;
  #cipher: CipherState;

  constructor(aead: Aead, hash: Hash, protocolName: string) {
    const name = new TextEncoder().encode(protocolName);
    this.#aead = aead;
    this.#hash = hash;
    // A name of exactly the hash length is used as it is, a shorter one is padded, a longer one hashed.
    if (name.length <= hash.hashBytes) {
      this.#transcript = new Uint8Array(hash.hashBytes);
      this.#transcript.set(name);
    } else {
      this.#transcript = hash.hash([name]);
    }
    this.#chainingKey = copy(this.#transcript);
    this.#cipher = new CipherState(aead, null);
  }

  get hasKey(): boolean {
    return this.#cipher.hasKey;
  }

  /** A copy of the chaining key, for the keys derived after the last message. */
  get chainingKey(): Uint8Array {
    return copy(this.#chainingKey);
  }

  get transcriptHash(): Uint8Array {
    return copy(this.#transcript);
  }

  mixHash(data: Uint8Array): void {
    this.#transcript = this.#hash.hash([this.#transcript, data]);
  }

  mixKey(input: Uint8Array): void {
    const [chainingKey = nothing, key = nothing] = hkdf(this.#hash, this.#chainingKey, input, 2);
    this.#replace(chainingKey, key);
  }

  mixKeyAndHash(input: Uint8Array): void {
    const [chainingKey = nothing, mixed = nothing, key = nothing] = hkdf(
      this.#hash,
      this.#chainingKey,
      input,
      3,
    );
    this.mixHash(mixed);
    mixed.fill(0);
    this.#replace(chainingKey, key);
  }

  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const ciphertext = this.#cipher.encrypt(this.#transcript, plaintext);
    this.mixHash(ciphertext);
    return ciphertext;
  }

  /** Opens a ciphertext and mixes it into the transcript. `null`: refused. */
  decryptAndHash(ciphertext: Uint8Array): Uint8Array | null {
    const plaintext = this.#cipher.decrypt(this.#transcript, ciphertext);
    if (plaintext !== null) this.mixHash(ciphertext);
    return plaintext;
  }

  /** Returns the keys of both directions: `initiatorKey` seals the frames of the initiator. */
  split(): { readonly initiatorKey: Uint8Array; readonly responderKey: Uint8Array } {
    const [first = nothing, second = nothing] = hkdf(this.#hash, this.#chainingKey, nothing, 2);
    const keys = {
      initiatorKey: copy(first, 0, sessionV1.keyBytes),
      responderKey: copy(second, 0, sessionV1.keyBytes),
    };
    first.fill(0);
    second.fill(0);
    return keys;
  }

  wipe(): void {
    this.#chainingKey.fill(0);
    this.#cipher.wipe();
  }

  #replace(chainingKey: Uint8Array, key: Uint8Array): void {
    this.#chainingKey.fill(0);
    this.#chainingKey = chainingKey;
    this.#cipher.wipe();
    // A cipher key is always 32 bytes, even where the hash has 64.
    this.#cipher = new CipherState(this.#aead, copy(key, 0, sessionV1.keyBytes));
    key.fill(0);
  }
}

/** Returns the name of a protocol: "Noise_" pattern "_" key agreement "_" cipher "_" hash. */
export const protocolName = (pattern: string, keyAgreement: string, aead: Aead, hash: Hash): string =>
  ['Noise', pattern, keyAgreement, aead.name, hash.name].join('_');

/** Joins texts and bytes to a label of the protocol. */
export const label = (...parts: readonly (string | Uint8Array)[]): Uint8Array =>
  concat(parts.map((part) => (typeof part === 'string' ? new TextEncoder().encode(part) : part)));
