/**
 * The receiving end of one transfer: which chunks to ask for, which bytes to write, and which chunks are whole and true.
 * Bytes that were not asked for, or come twice, are ignored. Pure.
 *
 *   pulls ─► take (write, hash) … filled + expected ─► good: never asked for again · again · bad
 */
import { isSame } from '../../wire/bytes.js';
import { chunks as chunkLimits, flow as limits } from './limits.js';
import { chunkCountOf, chunkLengthOf } from './tree.js';

/** A run of chunks. */
export interface Pull {
  readonly first: number;
  readonly count: number;
}

/** The judgement of a chunk: `again` is asked for once more, `bad` is wrong for the second time. */
export type Verdict =
  | { readonly type: 'good' | 'again' | 'bad'; readonly chunk: number }
  /** The bytes or the hash are still to come. */
  | { readonly type: 'open' };

/** A chunk that was asked for. */
interface Open {
  /** Bytes that have come. */
  next: number;
  actual: Uint8Array | null;
  expected: Uint8Array | null;
}

/** The chunks of one transfer, as the receiver sees them. */
export class Receiving {
  readonly chunkBytes: number;
  readonly streamBytes: number;
  readonly chunkCount: number;
  /** The hash of each good chunk; null: it is missing. */
  readonly #hashes: (Uint8Array | null)[];
  readonly #open = new Map<number, Open>();
  readonly #tries = new Map<number, number>();
  /** Every chunk before this one is good. */
  #low = 0;
  #goodBytes = 0;
  #goodCount = 0;
  #windowBytes: number = limits.windowBytesMin;
  #heardAtMs = 0;

  constructor(sizes: { readonly chunkBytes: number; readonly streamBytes: number }) {
    this.chunkBytes = sizes.chunkBytes;
    this.streamBytes = sizes.streamBytes;
    this.chunkCount = chunkCountOf(sizes.streamBytes, sizes.chunkBytes);
    this.#hashes = Array.from({ length: this.chunkCount }, () => null);
  }

  /** Notes a chunk that is good on disk. */
  restore(chunk: number, hash: Uint8Array): void {
    if (chunk < this.chunkCount && this.#hashes[chunk] === null) this.#good(chunk, hash);
  }

  get goodBytes(): number {
    return this.#goodBytes;
  }

  get isComplete(): boolean {
    return this.#goodCount === this.chunkCount;
  }

  /** The hashes of all chunks, end to end. Call it once `isComplete`. */
  get hashList(): Uint8Array {
    const list = new Uint8Array(this.chunkCount * chunkLimits.hashBytes);
    for (const [chunk, hash] of this.#hashes.entries())
      if (hash !== null) list.set(hash, chunk * chunkLimits.hashBytes);
    return list;
  }

  /** Whether the chunk is good. */
  has = (chunk: number): boolean => (this.#hashes[chunk] ?? null) !== null;

  /** The hash of a good chunk; null: it is missing. */
  hashOf = (chunk: number): Uint8Array | null => this.#hashes[chunk] ?? null;

  /** Sets the window by the rate of arrival. */
  paced(bytesPerSecond: number): void {
    const wanted = (bytesPerSecond * limits.windowMs) / 1_000;
    const bounded = Math.min(Math.max(wanted, limits.windowBytesMin), limits.windowBytesMax);
    this.#windowBytes = Math.max(bounded, 2 * this.chunkBytes);
  }

  /** Returns the chunks to ask for now. Missing ones are asked for again after a long silence. */
  pulls(nowMs: number): readonly Pull[] {
    if (this.#open.size > 0 && nowMs - this.#heardAtMs > limits.stallMs) this.#open.clear();
    let openBytes = 0;
    for (const [chunk, { next }] of this.#open) openBytes += this.#lengthOf(chunk) - next;
    const wanted: Pull[] = [];
    for (let chunk = this.#low; chunk < this.chunkCount && openBytes < this.#windowBytes; chunk += 1) {
      if (this.has(chunk) || this.#open.has(chunk)) continue;
      this.#open.set(chunk, { next: 0, actual: null, expected: null });
      openBytes += this.#lengthOf(chunk);
      const last = wanted.at(-1);
      const joins =
        last !== undefined && last.first + last.count === chunk && last.count < limits.pullChunksMax;
      if (joins) wanted[wanted.length - 1] = { first: last.first, count: last.count + 1 };
      else wanted.push({ first: chunk, count: 1 });
      this.#heardAtMs = nowMs;
    }
    return wanted;
  }

  /** The session is over: what was under way is asked for again in the next one. */
  lost(): void {
    this.#open.clear();
  }

  /** Takes bytes of a chunk. False: nobody asked for them, so they are not to be written. */
  take(chunk: number, offset: number, bytes: number, nowMs: number): boolean {
    const open = this.#open.get(chunk);
    if (open === undefined || open.next !== offset || bytes <= 0) return false;
    if (offset + bytes > this.#lengthOf(chunk)) return false;
    open.next += bytes;
    this.#heardAtMs = nowMs;
    return true;
  }

  /** Whether all bytes of a chunk that was asked for have come. */
  isFilled = (chunk: number): boolean => this.#open.get(chunk)?.next === this.#lengthOf(chunk);

  /** Takes the hash of the bytes that came. */
  filled(chunk: number, actual: Uint8Array): Verdict {
    const open = this.#open.get(chunk);
    if (open === undefined) return { type: 'open' };
    open.actual = actual;
    return this.#judge(chunk, open);
  }

  /** Takes the hash that the sender names. */
  expected(chunk: number, hash: Uint8Array): Verdict {
    const open = this.#open.get(chunk);
    if (open === undefined) return { type: 'open' };
    open.expected = hash;
    return this.#judge(chunk, open);
  }

  #judge(chunk: number, { actual, expected }: Open): Verdict {
    if (actual === null || expected === null) return { type: 'open' };
    this.#open.delete(chunk);
    if (isSame(actual, expected)) {
      this.#good(chunk, actual);
      return { type: 'good', chunk };
    }
    const tries = (this.#tries.get(chunk) ?? 0) + 1;
    this.#tries.set(chunk, tries);
    return { type: tries > limits.badChunkTriesMax ? 'bad' : 'again', chunk };
  }

  #good(chunk: number, hash: Uint8Array): void {
    this.#hashes[chunk] = hash;
    this.#goodCount += 1;
    this.#goodBytes += this.#lengthOf(chunk);
    while (this.has(this.#low)) this.#low += 1;
  }

  #lengthOf = (chunk: number): number => chunkLengthOf(chunk, this.streamBytes, this.chunkBytes);
}
