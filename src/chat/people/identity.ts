/**
 * Identities: ids made from identity keys, and the safety numbers that two people compare. Pure. Source:
 * session-protocol section 6. The id has the form of a Syncthing device id, the safety number that of Signal.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { base32nopad } from '@scure/base';
import { err, type Result } from 'neverthrow';
import { parsePeerId, type IdError, type PeerId } from '../../ids.js';
import { identity as limits } from './limits.js';

/** Ids by key: each beacon of a known peer needs one, and a hash costs more than all else in its check. */
const ids = new Map<string, PeerId>();

/** The id of an Ed25519 identity key (32 bytes): `SHA-256("parlance/1 id\0" | idKey)` in eight groups of seven. */
export function peerIdOf(idKey: Uint8Array): PeerId {
  const key = Buffer.from(idKey.buffer, idKey.byteOffset, idKey.byteLength).toString('latin1');
  const known = ids.get(key);
  if (known !== undefined) return known;
  const id = hashedId(idKey);
  // A flood of forged keys must not fill memory.
  if (ids.size >= limits.idsRemembered) ids.clear();
  ids.set(key, id);
  return id;
}

function hashedId(idKey: Uint8Array): PeerId {
  const digest = createHash('sha256').update('parlance/1 id\0').update(idKey).digest();
  const id = parsePeerId(formatId(digest));
  if (id.isErr()) throw new Error('an id made here has the shape of an id');
  return id.value;
}

/** Formats 32 bytes as an id: base32, a check character after every 13, dashes after every 7. */
export function formatId(digest: Uint8Array): string {
  return grouped(withChecks(base32nopad.encode(digest)), limits.idGroupChars, '-');
}

/**
 * Parses an id as people type it: any case, with or without dashes and check characters, `0 1 8` for `O I B`. Errors:
 * `ids/malformed` (length, alphabet, a check character that does not fit).
 */
export function parseNativeId(text: string): Result<PeerId, IdError> {
  const malformed = err<PeerId, IdError>({ code: 'ids/malformed', kind: 'peer id' });
  if (text.length > 4 * limits.idChars) return malformed;
  const chars = text
    .toUpperCase()
    .replace(/[\s-]/g, '')
    .replaceAll('0', 'O')
    .replaceAll('1', 'I')
    .replaceAll('8', 'B');
  if (!/^[A-Z2-7]*$/.test(chars)) return malformed;
  if (chars.length !== limits.idChars && chars.length !== limits.idCharsBare) return malformed;
  const bare = chars.length === limits.idCharsBare ? chars : withoutChecks(chars);
  const checked = withChecks(bare);
  if (chars.length === limits.idChars && chars !== checked) return malformed;
  // 52 characters hold 260 bits: the last four must be zero, or one key would have sixteen ids.
  if ((alphabet.indexOf(bare.slice(-1)) & 0b1111) !== 0) return malformed;
  return parsePeerId(grouped(checked, limits.idGroupChars, '-'));
}

/** Whether the id is that of a native peer, and not the address of an older program. */
export const isNativeId = (peerId: PeerId): boolean => !peerId.includes('://');

/**
 * Returns the tag, the characters that distinguish peers of one name: the first ones of the id, or of a hash of a
 * foreign address.
 */
export const tagOf = (peerId: PeerId, chars: number = limits.tagChars): string =>
  tagSource(peerId).slice(0, chars);

/** Whether `tag`, in any spelling, is the beginning of the tag of the peer. */
export const hasTag = (peerId: PeerId, tag: string): boolean =>
  tagSource(peerId).startsWith(tag.toLowerCase().replaceAll('-', ''));

/** Returns how many characters it takes to distinguish the peer from `others`, at least `tagCharsShared`. */
export function tagCharsAmong(peerId: PeerId, others: Iterable<PeerId>): number {
  const own = tagSource(peerId);
  let chars: number = limits.tagCharsShared;
  for (const other of others) {
    if (other === peerId) continue;
    const theirs = tagSource(other);
    while (chars < own.length && theirs.startsWith(own.slice(0, chars))) chars += 1;
  }
  return chars;
}

const tagSource = (peerId: PeerId): string =>
  (isNativeId(peerId) ? peerId.replaceAll('-', '') : base32nopad.encode(sha256(peerId))).toLowerCase();

/**
 * Computes the safety number that two people compare: 60 digits in twelve groups of five, equal on both sides. Takes
 * 30 ms.
 */
export function safetyNumber(own: Uint8Array, peer: Uint8Array): string {
  const halves = [own, peer].map((key) => fingerprintDigits({ ...ours, key })).toSorted();
  return grouped(halves.join(''), 5, ' ');
}

/** Computes our half of every safety number: 30 digits in six groups of five. Takes 15 ms. */
export const ownSafetyNumber = (own: Uint8Array): string =>
  grouped(fingerprintDigits({ ...ours, key: own }), 5, ' ');

/** Compares two spellings of a safety number, ignoring blanks and dashes, in constant time. */
export function isSameSafetyNumber(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => text.slice(0, 4 * limits.safetyDigits).replace(/[\s-]/g, ''));
  if (left?.length !== limits.safetyDigits || right === undefined) return false;
  return timingSafeEqual(sha256(left), sha256(right));
}

/**
 * Computes thirty digits for one party, after Signal: SHA-512 over version | key | stable id | key, then again over
 * hash | key up to `iterations` in all; six times five bytes, big endian, modulo 100,000.
 */
export function fingerprintDigits(party: {
  readonly version: Uint8Array;
  readonly key: Uint8Array;
  readonly stableId: string;
  readonly iterations: number;
}): string {
  let hash = createHash('sha512')
    .update(party.version)
    .update(party.key)
    .update(party.stableId)
    .update(party.key)
    .digest();
  for (let round = 1; round < party.iterations; round += 1) {
    hash = createHash('sha512').update(hash).update(party.key).digest();
  }
  const chunks = Array.from({ length: 6 }, (_, index) => hash.readUIntBE(index * 5, 5) % 100_000);
  return chunks.map((chunk) => chunk.toString().padStart(5, '0')).join('');
}

const ours = {
  version: Uint8Array.of(0, 1),
  stableId: 'parlance',
  iterations: limits.safetyIterations,
} as const;

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

const sha256 = (text: string): Uint8Array => createHash('sha256').update(text).digest();

function withChecks(bare: string): string {
  return pieces(bare, limits.idCheckEveryChars)
    .map((piece) => piece + checkCharacter(piece))
    .join('');
}

const withoutChecks = (chars: string): string =>
  pieces(chars, limits.idCheckEveryChars + 1)
    .map((piece) => piece.slice(0, -1))
    .join('');

/** Computes the check character: Luhn modulo 32 as in Syncthing, with factors 1, 2, 1, … from the left. */
function checkCharacter(piece: string): string {
  let sum = 0;
  for (let index = 0; index < piece.length; index += 1) {
    const code = piece.charCodeAt(index);
    const addend = (code < 65 ? code - 24 : code - 65) * (index % 2 === 0 ? 1 : 2);
    sum += (addend >> 5) + (addend & 31);
  }
  return alphabet.charAt((32 - (sum % 32)) % 32);
}

function pieces(text: string, length: number): string[] {
  const cut: string[] = [];
  for (let at = 0; at < text.length; at += length) cut.push(text.slice(at, at + length));
  return cut;
}

const grouped = (text: string, length: number, separator: string): string =>
  pieces(text, length).join(separator);
