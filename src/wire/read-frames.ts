/**
 * Frames of programs without framing: what arrived until a gap or the close is one. Layer wire, pure: the caller
 * watches the clock and says when the gap has come.
 */
import { openHeldBytes } from './held-bytes.js';
import { codePointEnd, unfinishedBytes } from './utf8.js';

export interface ReadFrames {
  /** The frames that are full already: only where more than `bytesMax` bytes came without a gap. */
  readonly push: (bytes: Uint8Array) => readonly Uint8Array[];
  /** The gap: what is held is a frame. `null` where nothing is, or where it is plain that more must come. */
  readonly gap: () => Uint8Array | null;
  /** The close: the last frame, or `null`. */
  readonly end: () => Uint8Array | null;
}

/**
 * Holds at most `bytesMax` bytes; a longer run is cut there, at a code point, and the rest is the next frame. A gap
 * within a code point, or where `isUnfinished` says so, ends nothing.
 */
export function openReadFrames(
  bytesMax: number,
  isUnfinished: (held: Uint8Array) => boolean = () => false,
): ReadFrames {
  const held = openHeldBytes();
  const take = (count: number): Uint8Array | null => (count === 0 ? null : held.take(count));
  return {
    push(bytes) {
      const frames: Uint8Array[] = [];
      held.append(bytes);
      while (held.size() > bytesMax) frames.push(held.take(codePointEnd(held.peek(), bytesMax)));
      return frames;
    },
    gap: () => (isUnfinished(held.peek()) ? null : take(held.size() - unfinishedBytes(held.peek()))),
    end: () => take(held.size()),
  };
}
