/**
 * UTF-8 at the edges of frames: decoding refuses invalid bytes, and cutting never parts a code point. Layer wire,
 * pure.
 */
import { err, ok, type Result } from 'neverthrow';
import type { WireError } from './errors.js';

/** Decodes bytes and keeps a byte order mark. Errors: `wire/malformed` where `bytes` are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): Result<string, WireError> {
  try {
    return ok(strict.decode(bytes));
  } catch {
    return err({ code: 'wire/malformed', detail: 'not UTF-8' });
  }
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Returns the greatest end up to `length` that does not part a code point, at most three less. Where the bytes are
 * not UTF-8, the result is `length`.
 */
export function codePointEnd(bytes: Uint8Array, length: number): number {
  if (length >= bytes.length) return bytes.length;
  for (let end = length; end > length - 4 && end > 0; end -= 1) {
    if (((bytes[end] ?? 0) & 0xc0) !== 0x80) return end;
  }
  return length;
}

/** Counts the bytes at the end that begin a code point and do not complete it: 0 to 3. */
export function unfinishedBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > back ? back : 0;
  }
  return 0;
}

const byteOrderMark = [0xef, 0xbb, 0xbf] as const;

/** Returns the index of the first byte of a text, behind a byte order mark and white space, also where a mark is cut off. */
export function openingStart(bytes: Uint8Array): number {
  const isMarked = bytes.length > 0 && byteOrderMark.every((byte, at) => (bytes[at] ?? byte) === byte);
  const behindMark = isMarked ? Math.min(byteOrderMark.length, bytes.length) : 0;
  const start = bytes.findIndex((byte, at) => at >= behindMark && !isBlank(byte));
  return start < 0 ? bytes.length : start;
}

const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;

/** Returns the bytes that one code point (a string of one or two units) takes in UTF-8. */
export const utf8Cost = (codePoint: string): number => Buffer.byteLength(codePoint);

/** Returns the bytes that one code point takes in a JSON string with no needless escapes. */
export function jsonCost(codePoint: string): number {
  const code = codePoint.codePointAt(0) ?? 0;
  if (code < 0x20) return jsonShort.has(codePoint) ? 2 : 6;
  // A lone surrogate: `JSON.stringify` escapes it.
  if (code >= 0xd800 && code <= 0xdfff) return 6;
  return codePoint === '"' || codePoint === '\\' ? 2 : utf8Cost(codePoint);
}

const jsonShort = new Set(['\b', '\t', '\n', '\f', '\r']);

/** Parts `text` into the fewest pieces in order that cost at most `budget` each; `budget` is at least 6. */
export function splitText(text: string, budget: number, cost: (codePoint: string) => number): string[] {
  const pieces: string[] = [];
  let start = 0;
  let spent = 0;
  let at = 0;
  for (const codePoint of text) {
    const price = cost(codePoint);
    if (spent + price > budget) {
      pieces.push(text.slice(start, at));
      start = at;
      spent = 0;
    }
    spent += price;
    at += codePoint.length;
  }
  if (start < text.length) pieces.push(text.slice(start));
  return pieces;
}
