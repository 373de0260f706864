/**
 * Cuts a stream into JSON objects, however its bytes arrive: in pieces, glued, with white space between. Only
 * brackets and strings are looked at here; what a frame holds is checked by `parseBoundedJson`. Layer wire, pure.
 */
import type { WireError } from '../errors.js';
import { openHeldBytes } from '../held-bytes.js';
import { JsonScanner } from './scanner.js';

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
  const scanner = new JsonScanner();
  let isOver = false;

  const cut = (bytes: Uint8Array, frames: Uint8Array[]): WireError | null => {
    let start = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      const isBetween = scanner.depth === 0;
      if (isBetween) start = at;
      const step = scanner.step(bytes[at] ?? 0);
      if (isBetween && step === 'blank') continue;
      if (isBetween && step !== 'object') return { code: 'wire/malformed', detail: 'no JSON object' };
      if (scanner.depth > depthMax) return { code: 'wire/malformed', detail: 'json: too deep' };
      const gotBytes = held.size() + at + 1 - start;
      if (gotBytes > bytesMax) return { code: 'wire/frame-too-large', limitBytes: bytesMax, gotBytes };
      if (scanner.depth > 0) continue;
      held.append(bytes.subarray(start, at + 1));
      frames.push(held.take(held.size()));
    }
    if (scanner.depth > 0) held.append(bytes.subarray(start));
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
    isPartial: () => !isOver && scanner.depth > 0,
  };
}
