/**
 * Cuts a stream into JSON objects, however its bytes arrive: in pieces, glued, with white space between. The cut
 * follows brackets and strings only; `parseBoundedJson` checks the content of a frame. Layer wire, pure.
 */
import type { WireError } from '../errors.js';
import { openHeldBytes } from '../held-bytes.js';
import { JsonScanner } from './scanner.js';

/** The objects that a run of bytes completed. */
export interface FrameCut {
  /** Whole frames, in order; those before an error are good. */
  readonly frames: readonly Uint8Array[];
  /** Set once; every later `push` returns nothing. */
  readonly error: WireError | null;
}

/** Cuts the bytes of one connection. */
export interface JsonFrames {
  readonly push: (bytes: Uint8Array) => FrameCut;
  /** Whether part of an object has arrived and its end has not. */
  readonly isPartial: () => boolean;
}

/**
 * Opens a cutter that holds at most `bytesMax` bytes and reads each byte once. Errors of a cut:
 * `wire/frame-too-large` (an object longer than `bytesMax`), `wire/malformed` (anything but an object, or brackets
 * nested deeper than `depthMax`).
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
