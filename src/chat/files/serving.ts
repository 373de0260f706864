/**
 * The chunks that a receiver asked for, in their order, each once. Pure.
 */
import { flow as limits } from './limits.js';
import type { Pull } from './receiving.js';

/** The open requests of the receiver of one transfer. */
export class Serving {
  readonly #chunkCount: number;
  #queue: number[] = [];
  readonly #queued = new Set<number>();
  #isRootWanted = false;

  constructor(chunkCount: number) {
    this.#chunkCount = chunkCount;
  }

  /** Takes a request. A count of 0 asks for the root; chunks that do not exist are ignored. */
  pulled({ first, count }: Pull): void {
    if (count === 0) this.#isRootWanted = true;
    const end = Math.min(first + Math.min(count, limits.pullChunksMax), this.#chunkCount);
    for (let chunk = first; chunk < end; chunk += 1) {
      if (this.#queued.has(chunk)) continue;
      this.#queued.add(chunk);
      this.#queue.push(chunk);
    }
  }

  /** Returns the next chunk to send; null: none is wanted. */
  nextChunk(): number | null {
    const chunk = this.#queue.shift();
    if (chunk === undefined) return null;
    this.#queued.delete(chunk);
    return chunk;
  }

  get isRootWanted(): boolean {
    return this.#isRootWanted;
  }

  /** Whether the root is to be said now. Its request counts once. */
  takeRoot(): boolean {
    const isWanted = this.#isRootWanted;
    this.#isRootWanted = false;
    return isWanted;
  }

  get isIdle(): boolean {
    return this.#queue.length === 0 && !this.#isRootWanted;
  }

  /** The session is over: its receiver asks again in the next one. */
  lost(): void {
    this.#queue = [];
    this.#queued.clear();
    this.#isRootWanted = false;
  }
}
