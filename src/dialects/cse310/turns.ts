/**
 * How much may be written to a program of cse310 that takes strict turns: it reads once after each send of its own, at
 * most 1,024 bytes. What we said meanwhile lies in its socket, and a read that ends within a character ends the
 * program. So no more than one read lies there at any time, and the rest waits until the program has spoken again.
 *
 * A message that follows an unread one begins with a line end, since both come in one read. Pure; times are monotonic ms.
 */
import { foreignFrames } from '../limits.js';
import type { ForeignRole, Pacing } from '../dialect.js';
import { turns as limits } from './limits.js';
import { parse } from './words.js';

interface Write {
  readonly bytes: number;
  readonly atMs: number;
}

export function openTurns(role: ForeignRole): Pacing {
  /** Writes since it last spoke. */
  let unread: readonly Write[] = [];
  /** Writes of before that may have come behind its last read: the read that follows takes them. */
  let inFlight: readonly Write[] = [];
  let hasSpoken = false;
  let takesTurns = true;
  let blockedSinceMs: number | null = null;

  /** Null: it is certain to have room. */
  const roomAtMs = (bytes: number, nowMs: number): number | null => {
    if (sum(unread) + bytes > foreignFrames.writeBytesMax)
      return takesTurns ? Infinity : (blockedSinceMs ?? nowMs) + limits.patienceMs;
    inFlight = inFlight.filter(({ atMs }) => nowMs - atMs < limits.inFlightMs);
    const isRoom = sum(inFlight) + sum(unread) + bytes <= foreignFrames.writeBytesMax;
    return isRoom ? null : Math.max(...inFlight.map(({ atMs }) => atMs)) + limits.inFlightMs;
  };
  return {
    heard(nowMs) {
      // It spoke twice without a word of ours between, although none was held back: it waits for nobody.
      if (hasSpoken && unread.length === 0 && blockedSinceMs === null) takesTurns = false;
      hasSpoken = true;
      blockedSinceMs = null;
      inFlight = [...inFlight, ...unread].filter(({ atMs }) => nowMs - atMs < limits.inFlightMs);
      unread = [];
    },
    take(bytes, nowMs) {
      // Its read takes the first write at once where it waits in it. A text behind that one may still be glued to it; a
      // command must stand at the beginning of its read.
      const readAtOnce = isCommand(bytes) && (hasSpoken || role === 'dial') ? 1 : 0;
      const message = unread.length <= readAtOnce ? bytes : withLineEnd(bytes);
      const atMs = roomAtMs(message.length, nowMs);
      const isPatienceOver = atMs !== null && atMs <= nowMs;
      if (atMs !== null && !isPatienceOver) {
        blockedSinceMs ??= nowMs;
        return { bytes: null, retryAfterMs: Number.isFinite(atMs) ? atMs - nowMs : null };
      }
      // By now it has read what there was.
      if (isPatienceOver) unread = [];
      const written = isPatienceOver ? bytes : message;
      unread = [...unread, { bytes: written.length, atMs: nowMs }];
      blockedSinceMs = null;
      return { bytes: written };
    },
  };
}

const isCommand = (bytes: Uint8Array): boolean => parse(new TextDecoder().decode(bytes)).type !== 'text';

const sum = (writes: readonly Write[]): number => writes.reduce((total, { bytes }) => total + bytes, 0);

function withLineEnd(bytes: Uint8Array): Uint8Array {
  const message = new Uint8Array(bytes.length + 1);
  message[0] = 0x0a;
  message.set(bytes, 1);
  return message;
}
