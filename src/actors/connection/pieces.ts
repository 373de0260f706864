/**
 * The bytes that a session writes, cut so that they pass a path that loses large packets. A handshake always goes out in
 * pieces, since nothing is known of the path yet. On a path that is known to be narrow all bytes do, with a pause
 * between two pieces: the system would join pieces that wait together. Pure.
 */
import { connection as limits } from './limits.js';

/** Cuts bytes into pieces of at most `pieceBytes`. */
export function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += limits.pieceBytes)
    yield bytes.slice(at, at + limits.pieceBytes);
}

/** The pieces of one session that wait for their turn. */
export class Pieces {
  #isNarrow = false;
  #waiting: Uint8Array[] = [];
  #at = 0;

  get areWaiting(): boolean {
    return this.#at < this.#waiting.length;
  }

  narrow(): void {
    this.#isNarrow = true;
  }

  /** Takes bytes, and returns those to write at once. The others follow by `next`. */
  write(bytes: Uint8Array): Uint8Array | null {
    if (!this.#isNarrow) return bytes;
    const wasWaiting = this.areWaiting;
    this.#waiting.push(...piecesOf(bytes));
    return wasWaiting ? null : this.next();
  }

  /** Returns the next piece; call it after a pause of `pieceEveryMs`. Null: none waits. */
  next(): Uint8Array | null {
    const piece = this.#waiting[this.#at] ?? null;
    this.#at += 1;
    if (this.areWaiting) return piece;
    this.#waiting = [];
    this.#at = 0;
    return piece;
  }

  /** Returns all that waits, to be written at the end of the session. */
  rest(): readonly Uint8Array[] {
    const rest = this.#waiting.slice(this.#at);
    this.#waiting = [];
    this.#at = 0;
    return rest;
  }
}
