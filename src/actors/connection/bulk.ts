/**
 * The words about files that wait for a session's stream. They are written only as far ahead of the socket as it takes
 * in a short time, so that a word of a person waits behind little. Pure.
 */
import type { FileWords } from '../../dialects/files.js';
import { connection as limits } from './limits.js';

/** The words of one session that wait. */
export class Bulk {
  #waiting: FileWords[] = [];
  #at = 0;
  #aheadBytes: number = 4 * limits.bulkAheadBytesMin;
  #writtenBytes = 0;
  #takenBytes = 0;
  #measuredAtMs: number | null = null;

  get isWaiting(): boolean {
    return this.#at < this.#waiting.length;
  }

  /** Words that are held in memory. */
  get heldCount(): number {
    return this.#waiting.length;
  }

  add(words: readonly FileWords[]): void {
    this.#waiting.push(...words);
  }

  /** Returns what to write next; null: nothing, or the stream is ahead enough. `outstandingBytes`: not in the socket. */
  next(outstandingBytes: number, nowMs: number): FileWords | null {
    this.#measure(outstandingBytes, nowMs);
    if (outstandingBytes >= this.#aheadBytes) return null;
    const words = this.#waiting[this.#at];
    if (words === undefined) return null;
    this.#at += 1;
    // Written words are let go, also where the next ones come before the last is written.
    if (2 * this.#at >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#at);
      this.#at = 0;
    }
    if (words.type === 'data') this.#writtenBytes += words.bytes.length;
    return words;
  }

  /** Measures how fast the socket takes bytes. */
  #measure(outstandingBytes: number, nowMs: number): void {
    const taken = Math.max(0, this.#writtenBytes - outstandingBytes);
    this.#measuredAtMs ??= nowMs;
    const elapsedMs = nowMs - this.#measuredAtMs;
    if (elapsedMs < limits.bulkRateOverMs) return;
    const aheadBytes = ((taken - this.#takenBytes) / elapsedMs) * limits.bulkAheadMs;
    this.#aheadBytes = Math.min(Math.max(aheadBytes, limits.bulkAheadBytesMin), limits.bulkAheadBytesMax);
    this.#takenBytes = taken;
    this.#measuredAtMs = nowMs;
  }
}
