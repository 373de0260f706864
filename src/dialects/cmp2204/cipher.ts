/**
 * The toy secrecy of cmp2204: Diffie-Hellman over a prime of two digits, and Triple-DES with a key made of the shared
 * number. It protects texts from no attacker: it is shown as `toy-dh-3des`, never raises a peer's trust, and shares
 * no key with anything else. Pure; private numbers are arguments.
 *
 * The shared number as cipher key, in 24 bytes:
 * - `encoded` (the real program): base64url of the decimal digits, with its `=`, padded with blanks on the right;
 * - `plain` (other programs of the same assignment): the decimal digits, padded with blanks on the right.
 * Cipher: Triple-DES, ECB, PKCS#5 padding, UTF-8 text, standard base64.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { err, ok, type Result } from 'neverthrow';
import { toyCipher } from './limits.js';
import { decodeUtf8 } from '../../wire/utf8.js';

/** The group of the key exchange. */
export interface ToyGroup {
  readonly prime: bigint;
  readonly generator: bigint;
}

/** The way from the shared number to the key; the head of this file describes both. */
export type KeyDerivation = 'encoded' | 'plain';

/** The group of the original program. */
export const defaultGroup: ToyGroup = { prime: 23n, generator: 5n };

/** The groups that the original program and its imitations use. */
export const knownGroups: readonly ToyGroup[] = [defaultGroup, { prime: 19n, generator: 2n }];

/**
 * Parses the group in the environment, `P` and `Q`; `null`: neither is set. Errors: the mistake in words for the
 * user.
 */
export function parseGroup(p: string | undefined, q: string | undefined): Result<ToyGroup | null, string> {
  if (p === undefined || q === undefined) return ok(null);
  const prime = parseNumber(p);
  const generator = parseNumber(q);
  if (prime === null || prime < 3n)
    return err(`P, the prime, is "${p}": it must be a number from 3 to ${'9'.repeat(toyCipher.digitsMax)}`);
  if (generator === null || generator < 2n || generator >= prime)
    return err(`Q, the generator, is "${q}": it must be at least 2 and below P, which is ${prime}`);
  return ok({ prime, generator });
}

/** Parses a number of at most `toyCipher.digitsMax` decimal digits; `null` for anything else. */
export function parseNumber(text: string): bigint | null {
  const digits = text.trim();
  return /^\d+$/.test(digits) && digits.length <= toyCipher.digitsMax ? BigInt(digits) : null;
}

/** Checks a private number: whole and from 1 to 2^53-1; `null` for anything else. */
export const parsePrivate = (value: number): bigint | null =>
  Number.isSafeInteger(value) && value >= 1 ? BigInt(value) : null;

/** Draws a private number from 1 to the prime, from eight bytes of `random`. */
export function drawPrivate(group: ToyGroup, random: (bytes: number) => Uint8Array): bigint {
  let number = 0n;
  for (const byte of random(8)) number = (number << 8n) | BigInt(byte);
  return 1n + (number % group.prime);
}

/** Computes the public number of a private one. */
export const publicNumber = (group: ToyGroup, secret: bigint): bigint =>
  power(group.generator, secret, group.prime);

/** Computes the shared number; `null`: `other` is not a public number of this group (1 to below the prime). */
export function sharedNumber(group: ToyGroup, secret: bigint, other: bigint): bigint | null {
  return other >= 1n && other < group.prime ? power(other, secret, group.prime) : null;
}

/** Finds the private number of a public one by trying all; null: none fits, or the group is large. */
export function privateOf(group: ToyGroup, other: bigint): bigint | null {
  if (group.prime > toyCipher.triedPrimeMax) return null;
  for (let secret = 1n; secret < group.prime; secret += 1n)
    if (publicNumber(group, secret) === other) return secret;
  return null;
}

/** Derives the key, 24 bytes. */
export function cipherKey(shared: bigint, derivation: KeyDerivation): Uint8Array {
  const digits = shared.toString();
  // Node's own base64url leaves out the `=` that the real program keeps; digits never need `-` or `_`.
  const text = derivation === 'plain' ? digits : Buffer.from(digits, 'ascii').toString('base64');
  return Buffer.from(text.padEnd(toyCipher.keyBytes, ' '), 'ascii');
}

/** Seals a text, as base64. */
export function sealText(text: string, key: Uint8Array): string {
  const cipher = createCipheriv('des-ede3-ecb', key, null);
  return cipher.update(text, 'utf8', 'base64') + cipher.final('base64');
}

/** Opens a sealed text; `null`: the input is not base64, or does not open to padded UTF-8 under `key`. */
export function openText(base64: string, key: Uint8Array): string | null {
  const compact = base64.replace(/\s+/g, '');
  if (compact.length === 0 || compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact))
    return null;
  const decipher = createDecipheriv('des-ede3-ecb', key, null);
  try {
    const bytes = Buffer.concat([decipher.update(Buffer.from(compact, 'base64')), decipher.final()]);
    return decodeUtf8(bytes).unwrapOr(null);
  } catch {
    // Wrong padding or length: the key differs, or the input is not a sealed text.
    return null;
  }
}

/** Returns the most bytes of text whose sealed base64 has at most `base64Bytes` bytes. */
export function sealableBytes(base64Bytes: number): number {
  const sealed = Math.floor(base64Bytes / 4) * 3;
  // Padding adds at least one byte.
  return Math.floor(sealed / toyCipher.blockBytes) * toyCipher.blockBytes - 1;
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result % modulus;
}
