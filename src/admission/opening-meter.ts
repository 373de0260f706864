/** Measures the first message of a native caller, whose end is the start of the work on this side. Pure. */
import { preambleAt, preambleMode } from '../wire/frames.js';
import { wireV1 } from '../wire/limits.js';

const lengthBytes = 2;

/** Counts the bytes of an opening. */
export class OpeningMeter {
  /** The bytes up to the length of the first message. */
  #head: Uint8Array = new Uint8Array(0);
  #seenBytes = 0;
  #isWhole = false;

  /** Takes the next bytes. True: these bytes completed the first message. */
  take(chunk: Uint8Array): boolean {
    if (this.#isWhole) return false;
    this.#seenBytes += chunk.byteLength;
    const missing = wireV1.preambleResumeBytes + lengthBytes - this.#head.byteLength;
    if (missing > 0) this.#head = Buffer.concat([this.#head, chunk.subarray(0, missing)]);
    const wholeBytes = openingBytes(this.#head);
    this.#isWhole = wholeBytes !== null && this.#seenBytes >= wholeBytes;
    return this.#isWhole;
  }
}

/** Returns the length of preamble and first message; null: its header is not there yet. */
function openingBytes(head: Uint8Array): number | null {
  const mode = head[preambleAt.mode];
  if (mode === undefined) return null;
  const at = mode === preambleMode.resume ? wireV1.preambleResumeBytes : wireV1.preambleFullBytes;
  const [high, low] = [head[at], head[at + 1]];
  return high === undefined || low === undefined ? null : at + lengthBytes + high * 256 + low;
}
