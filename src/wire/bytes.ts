/**
 * A bounded reader and a growing writer over bytes, big-endian. Reading past the end never throws and never reads
 * garbage: the reader goes `isShort`, answers zeros, and its owner checks that once at the end of a structure.
 */

export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #isShort = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Something was asked for that is not there. Everything read since is zero and must not be used. */
  get isShort(): boolean {
    return this.#isShort;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** A whole structure was read, and nothing is left over. */
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

  /** `null` where the number exceeds 2^53-1 and could not be told exactly. */
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

  /** Takes the last `count` bytes back, such as what a window had too much. */
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

  /** What was written, exactly as long as its ArrayBuffer, so that it can be transferred. */
  finish(): Uint8Array<ArrayBuffer> {
    return copy(this.#bytes, 0, this.#length);
  }

  /** A view of what was written; valid until the next write. */
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

/** All parts in one array of exactly their length. */
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

/** A copy with its own ArrayBuffer. `slice` would not do: on a Buffer it gives a view. */
export const copy = (bytes: Uint8Array, start = 0, end = bytes.length): Uint8Array<ArrayBuffer> =>
  new Uint8Array(bytes.subarray(start, end));

/** For public values only: how long it takes tells where they differ. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

export const toHex = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
};

/** The inverse of `toHex`; digits behind the last whole byte are ignored. */
export const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
