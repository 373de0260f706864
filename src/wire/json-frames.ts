/**
 * Cuts a stream into JSON objects, however its bytes arrive: in pieces, glued, with white space between. Only
 * brackets and strings are looked at here; what a frame holds is checked by `parseBoundedJson`. Layer wire, pure.
 */
import type { WireError } from './errors.js';
import { openHeldBytes } from './held-bytes.js';

export interface FrameCut {
  /** Whole frames, in order; those before an error are good. */
  readonly frames: readonly Uint8Array[];
  /** Set once; every later `push` returns nothing. */
  readonly error: WireError | null;
}

export interface JsonFrames {
  readonly push: (bytes: Uint8Array) => FrameCut;
  /** Part of an object has arrived, the rest has not. */
  readonly isPartial: () => boolean;
}

/**
 * Holds at most `bytesMax` bytes and looks at each byte once. Errors: `wire/frame-too-large` (an object longer than
 * `bytesMax`), `wire/malformed` (anything but an object, or brackets nested deeper than `depthMax`).
 */
export function openJsonFrames(bytesMax: number, depthMax: number): JsonFrames {
  const held = openHeldBytes();
  let depth = 0;
  let isInString = false;
  let isEscaped = false;
  let isOver = false;

  /** Takes one byte of an object into account; true when it was the last. */
  const step = (byte: number): boolean => {
    if (isInString) {
      if (isEscaped) isEscaped = false;
      else if (byte === backslash) isEscaped = true;
      else if (byte === quote) isInString = false;
      return false;
    }
    if (byte === quote) isInString = true;
    else if (byte === braceOpen || byte === bracketOpen) depth += 1;
    else if (byte === braceClose || byte === bracketClose) depth -= 1;
    return depth === 0;
  };
  const cut = (bytes: Uint8Array, frames: Uint8Array[]): WireError | null => {
    let start = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (depth === 0) {
        start = at;
        if (isBlank(byte)) continue;
        if (byte !== braceOpen) return { code: 'wire/malformed', detail: 'no JSON object' };
      }
      const isEnd = step(byte);
      if (depth > depthMax) return { code: 'wire/malformed', detail: 'json: too deep' };
      const gotBytes = held.size() + at + 1 - start;
      if (gotBytes > bytesMax) return { code: 'wire/frame-too-large', limitBytes: bytesMax, gotBytes };
      if (!isEnd) continue;
      held.append(bytes.subarray(start, at + 1));
      frames.push(held.take(held.size()));
    }
    if (depth > 0) held.append(bytes.subarray(start));
    return null;
  };

  return {
    push(bytes) {
      const frames: Uint8Array[] = [];
      if (isOver) return { frames, error: null };
      const error = cut(bytes, frames);
      if (error !== null) held.take(held.size());
      isOver = error !== null;
      return { frames, error };
    },
    isPartial: () => !isOver && depth > 0,
  };
}

const quote = 0x22;
const backslash = 0x5c;
const bracketOpen = 0x5b;
const bracketClose = 0x5d;
const braceOpen = 0x7b;
const braceClose = 0x7d;

const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
