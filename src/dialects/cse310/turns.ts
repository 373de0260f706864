/**
 * The pace of writes to a program of cse310 that takes strict turns: it reads once after each send of its own, at most
 * 1,024 bytes. Earlier bytes of ours lie in its socket, and a read that ends within a character ends the program. So no
 * more than one read lies there at any time, and the rest waits until the program has spoken again.
 *
 * A message that follows one which may be unread begins with a line end, since both may come in one read. Each read
 * returns something, so a program that speaks again has read at least the first write that lay there, or came, after it
 * spoke the last time. Pure; times are monotonic ms.
 */
import { foreignFrames } from '../limits.js';
import type { ForeignRole, Pacing } from '../dialect.js';
import { turns as limits } from './limits.js';
import { parse } from './words.js';

interface Write {
  readonly bytes: number;
  readonly atMs: number;
}

/** Opens the pacing of one conversation. `role`: whether this side dialled. */
export function openTurns(role: ForeignRole): Pacing {
  /** Writes that the program may not have read. */
  let unread: readonly Write[] = [];
  /** The program reads an empty socket, so the next write ends its read. A program that waits for a call starts like this. */
  let isReading = role === 'dial';
  let takesTurns = true;
  let blockedSinceMs: number | null = null;
  let heardAtMs = Number.NEGATIVE_INFINITY;
  let hasWrittenSince = false;

  /** Returns the time at which there is room for these bytes; null: not before the program speaks. */
  const roomAtMs = (bytes: number, nowMs: number): number | null => {
    if (sum(unread) + bytes <= foreignFrames.writeBytesMax) return nowMs;
    return takesTurns ? null : (blockedSinceMs ?? nowMs) + limits.patienceMs;
  };
  return {
    heard(nowMs) {
      // The rest of what it was saying already.
      const isSameMessage = !hasWrittenSince && nowMs - heardAtMs < foreignFrames.idleGapMs;
      heardAtMs = nowMs;
      if (isSameMessage) return;
      hasWrittenSince = false;
      blockedSinceMs = null;
      // A program that takes turns cannot speak before its read has ended.
      if (isReading && unread.length === 0) takesTurns = false;
      const lying = isReading ? unread.slice(1) : unread;
      isReading = lying.length === 0;
      unread = lying.slice(1).filter(({ atMs }) => nowMs - atMs < limits.inFlightMs);
    },
    take(bytes, nowMs) {
      // A read that waits takes the first write at once. A text behind that one may still be glued to it, if the program
      // is slow; a command must stand at the beginning of its read.
      const readAtOnce = isCommand(bytes) && isReading ? 1 : 0;
      const message = unread.length <= readAtOnce ? bytes : withLineEnd(bytes);
      const atMs = roomAtMs(message.length, nowMs);
      if (atMs === null || atMs > nowMs) {
        blockedSinceMs ??= nowMs;
        return { bytes: null, retryAfterMs: atMs === null ? null : atMs - nowMs };
      }
      // Patience is over: by now it has read what there was.
      const isRead = sum(unread) + message.length > foreignFrames.writeBytesMax;
      const written = isRead ? bytes : message;
      unread = [...(isRead ? [] : unread), { bytes: written.length, atMs: nowMs }];
      hasWrittenSince = true;
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
