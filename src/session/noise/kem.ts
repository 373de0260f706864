/**
 * ML-KEM-768 (FIPS 203) behind one small interface: OpenSSL's where this Node has it (24.7 and later), else the pure
 * JavaScript one. Both give the same bytes for the same keys. The key of a handshake lives for that handshake alone,
 * which is what makes decapsulation in JavaScript, not constant in time, acceptable.
 */
import * as crypto from 'node:crypto';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { concat } from '../../wire/bytes.js';

/** Returns that many random bytes. */
export type Random = (bytes: number) => Uint8Array;

/** The private key of one handshake. */
export interface KemPrivateKey {
  /**
   * Returns the shared secret. `null`: the ciphertext has the wrong length. A forged one gives a wrong secret, which
   * fails at the next tag.
   */
  decapsulate(ciphertext: Uint8Array): Uint8Array | null;
  wipe(): void;
}

/** A key encapsulation mechanism. */
export interface Kem {
  /** The name in a protocol name of Noise, without hyphens (Noise, section 8.2). */
  readonly name: string;
  readonly publicKeyBytes: number;
  readonly ciphertextBytes: number;
  /** Generates a pair from 64 bytes of `random`: d, then z. */
  generate(random: Random): { readonly publicKey: Uint8Array; readonly privateKey: KemPrivateKey };
  /**
   * Encapsulates a secret. `null`: the key has the wrong length or is not reduced modulo q (FIPS 203, section 7.2).
   */
  encapsulate(
    publicKey: Uint8Array,
    random: Random,
  ): { readonly ciphertext: Uint8Array; readonly sharedSecret: Uint8Array } | null;
}

const mlKem = { name: 'MLKEM768', publicKeyBytes: 1_184, ciphertextBytes: 1_088 } as const;
const seedBytes = 64;
const messageBytes = 32;

/** The KEM in JavaScript. Deterministic in `random`: 64 bytes per key, 32 per encapsulation. */
export const nobleKem: Kem = {
  ...mlKem,
  generate(random) {
    const seed = random(seedBytes);
    const { publicKey, secretKey } = ml_kem768.keygen(seed);
    seed.fill(0);
    return {
      publicKey,
      privateKey: {
        decapsulate: (ciphertext) =>
          ciphertext.length === mlKem.ciphertextBytes ? ml_kem768.decapsulate(ciphertext, secretKey) : null,
        wipe: () => void secretKey.fill(0),
      },
    };
  },
  encapsulate(publicKey, random) {
    if (publicKey.length !== mlKem.publicKeyBytes) return null;
    const message = random(messageBytes);
    try {
      const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey, message);
      return { ciphertext: cipherText, sharedSecret };
    } catch {
      return null;
    } finally {
      message.fill(0);
    }
  },
};

/** For throwaway keys only. */
const anyBytes: Random = (bytes) => Uint8Array.from(crypto.randomBytes(bytes));

// OneAsymmetricKey with the seed form of FIPS 203 ([0] d z), and SubjectPublicKeyInfo; both name id-alg-ml-kem-768.
const pkcs8Prefix = Uint8Array.from([
  0x30, 0x54, 2, 1, 0, 0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 4, 2, 4, 0x42, 0x80, 0x40,
]);
const spkiPrefix = Uint8Array.from([
  0x30, 0x82, 0x04, 0xb2, 0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 4, 2, 3, 0x82, 0x04, 0xa1, 0,
]);

/** The KEM of OpenSSL; `null` where this Node lacks it. It draws the randomness of an encapsulation itself. */
export const nativeKem: Kem | null = findNativeKem();

/** The KEM of sessions: OpenSSL's, else the one in JavaScript. */
export const kem: Kem = nativeKem ?? nobleKem;

/** Runs one throwaway round. Without it the first handshake of a cold thread takes 138 ms. */
export function warmUpKem(chosen: Kem = kem): void {
  const { publicKey, privateKey } = chosen.generate(anyBytes);
  const sealed = chosen.encapsulate(publicKey, anyBytes);
  if (sealed !== null) privateKey.decapsulate(sealed.ciphertext);
  privateKey.wipe();
}

/**
 * Finds the KEM of OpenSSL. Its functions are looked up by name, since the types are those of the oldest supported
 * Node.
 */
function findNativeKem(): Kem | null {
  const encapsulate: unknown = Reflect.get(crypto, 'encapsulate');
  const decapsulate: unknown = Reflect.get(crypto, 'decapsulate');
  if (typeof encapsulate !== 'function' || typeof decapsulate !== 'function') return null;
  const adapter: Kem = {
    ...mlKem,
    generate(random) {
      const seed = random(seedBytes);
      const der = Buffer.from(concat([pkcs8Prefix, seed]).buffer);
      const privateKey = crypto.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
      der.fill(0);
      seed.fill(0);
      const spki = crypto.createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
      return {
        publicKey: Uint8Array.from(spki.subarray(-mlKem.publicKeyBytes)),
        privateKey: {
          decapsulate(ciphertext) {
            if (ciphertext.length !== mlKem.ciphertextBytes) return null;
            const secret: unknown = decapsulate(privateKey, ciphertext);
            return secret instanceof Uint8Array ? secret : null;
          },
          // The bytes are OpenSSL's; it clears them when the KeyObject is collected.
          wipe: () => undefined,
        },
      };
    },
    encapsulate(publicKey) {
      if (publicKey.length !== mlKem.publicKeyBytes) return null;
      try {
        const der = Buffer.from(concat([spkiPrefix, publicKey]).buffer);
        const key = crypto.createPublicKey({ key: der, format: 'der', type: 'spki' });
        const made: unknown = encapsulate(key);
        if (typeof made !== 'object' || made === null) return null;
        const ciphertext: unknown = Reflect.get(made, 'ciphertext');
        const sharedSecret: unknown = Reflect.get(made, 'sharedKey');
        if (!(ciphertext instanceof Uint8Array) || !(sharedSecret instanceof Uint8Array)) return null;
        return { ciphertext, sharedSecret };
      } catch {
        return null;
      }
    },
  };
  return doesRoundTrip(adapter) ? adapter : null;
}

/** Whether the KEM works: an OpenSSL below 3.5 refuses the algorithm although Node has the functions. */
function doesRoundTrip(candidate: Kem): boolean {
  try {
    const { publicKey, privateKey } = candidate.generate(anyBytes);
    const sealed = candidate.encapsulate(publicKey, anyBytes);
    const opened = sealed === null ? null : privateKey.decapsulate(sealed.ciphertext);
    return sealed !== null && opened !== null && crypto.timingSafeEqual(sealed.sharedSecret, opened);
  } catch {
    return false;
  }
}
