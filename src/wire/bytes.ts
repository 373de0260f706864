/**
 * A bounded reader and a growing writer over bytes, big-endian. Reading past the end never throws and never reads
 * garbage: the reader goes `isShort`, answers zeros, and its owner checks `isShort` once at the end of a structure.
 */

/** Reads big-endian numbers and runs of bytes from a bounded array. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #isShort = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether a read went past the end. Everything read since is zero and must not be used. */
  get isShort(): boolean {
    return this.#isShort;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** Whether a whole structure was read, with nothing left over. */
  get isExactlyRead(): boolean {
    return !this.#isShort && this.remaining === 0;
  }

  u8(): number {
    return this.#uint(1);
  }

  u16(): number {
    return this.#uint(2);
  }

  u32(): number {
    return this.#uint(4);
  }

  /** An unsigned 48-bit number, such as a time in ms until the year 10889. */
  u48(): number {
    return this.#uint(6);
  }

  /** An unsigned 64-bit number; `null` above 2^53-1, where a number loses precision. */
  u64(): number | null {
    const high = this.#uint(4);
    const low = this.#uint(4);
    return high > 0x1f_ffff ? null : high * 2 ** 32 + low;
  }

  /** A view, not a copy; empty when `length` bytes are not there. */
  take(length: number): Uint8Array {
    if (this.#isShort || length > this.remaining) {
      this.#isShort = true;
      return none;
    }
    const start = this.#at;
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }

  #uint(bytes: number): number {
    if (this.#isShort || bytes > this.remaining) {
      this.#isShort = true;
      return 0;
    }
    let value = 0;
    // Multiplication, since a shift would make a signed 32-bit number of it.
    for (let i = 0; i < bytes; i += 1) value = value * 256 + (this.#bytes[this.#at + i] ?? 0);
    this.#at += bytes;
    return value;
  }
}

const none = new Uint8Array(0);
const initialBytes = 256;

/** Collects big-endian numbers and runs of bytes in an array that grows. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(capacityBytes: number = initialBytes) {
    this.#bytes = new Uint8Array(capacityBytes);
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    return this.#uint(value, 1);
  }

  u16(value: number): this {
    return this.#uint(value, 2);
  }

  u32(value: number): this {
    return this.#uint(value, 4);
  }

  u48(value: number): this {
    return this.#uint(value, 6);
  }

  /** `value` is a safe integer ≥ 0. */
  u64(value: number): this {
    return this.#uint(Math.floor(value / 2 ** 32), 4).#uint(value % 2 ** 32, 4);
  }

  bytes(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  /** Room for `length` bytes that the caller fills at once; a view that the next write may make stale. */
  window(length: number): Uint8Array {
    this.#reserve(length);
    const start = this.#length;
    this.#length += length;
    return this.#bytes.subarray(start, this.#length);
  }

  /** Removes the last `count` bytes, such as the unused end of a window. */
  drop(count: number): void {
    this.#length -= Math.min(count, this.#length);
  }

  /** Writes over two bytes written before, such as a length known only later. */
  setU16(at: number, value: number): void {
    this.#bytes[at] = value >>> 8;
    this.#bytes[at + 1] = value;
  }

  setU32(at: number, value: number): void {
    this.setU16(at, value >>> 16);
    this.setU16(at + 2, value);
  }

  /** Returns the written bytes in an ArrayBuffer of exactly their length, so that it can be transferred. */
  finish(): Uint8Array<ArrayBuffer> {
    return copy(this.#bytes, 0, this.#length);
  }

  /** Returns a view of the written bytes; valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #uint(value: number, bytes: number): this {
    this.#reserve(bytes);
    let rest = value;
    for (let i = bytes - 1; i >= 0; i -= 1) {
      this.#bytes[this.#length + i] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    this.#length += bytes;
    return this;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** Joins the parts in one array of exactly their length. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Copies bytes into an ArrayBuffer of their own. `slice` of a Buffer would return a view. */
export const copy = (bytes: Uint8Array, start = 0, end = bytes.length): Uint8Array<ArrayBuffer> =>
  new Uint8Array(bytes.subarray(start, end));

/** Compares public values. Unfit for secrets: the time that it takes reveals where they differ. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

/** Encodes bytes as lower-case hexadecimal digits. */
export const toHex = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) text += hexOf[byte] ?? '';
  return text;
};

/** The two digits of each byte. */
const hexOf = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Decodes hexadecimal digits, the inverse of `toHex`. Digits after the last whole byte are ignored. */
export const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

/**
 * Returns an array in memory of its own that holds earlier content of the process: for callers that write each byte. To
 * fill 64 KiB with zeros first takes as long as half of their encryption.
 */
export const unfilled = (length: number): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
