/**
 * Frames of programs without framing: the bytes between two pauses, or up to the close, are one frame. Layer wire,
 * pure: the caller watches the clock and reports the pause.
 */
import { openHeldBytes } from './held-bytes.js';
import { codePointEnd, unfinishedBytes } from './utf8.js';

/** Collects the bytes of one connection into frames. */
export interface ReadFrames {
  /** Takes bytes in, and returns frames only where more than `bytesMax` bytes came without a pause. */
  readonly push: (bytes: Uint8Array) => readonly Uint8Array[];
  /**
   * Reports a pause, and returns the held bytes as a frame. `null`: nothing is held, or the held bytes are
   * unfinished.
   */
  readonly gap: () => Uint8Array | null;
  /** Reports the close, and returns the last frame; `null`: nothing is held. */
  readonly end: () => Uint8Array | null;
}

/**
 * Opens a collector that holds at most `bytesMax` bytes: a longer run is cut there, at a code point. A pause within a
 * code point, or where `isUnfinished` returns true, does not end a frame.
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
