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

  /** Returns the next thing to say; null: nothing is wanted. */
  next(): { readonly type: 'chunk'; readonly chunk: number } | { readonly type: 'root' } | null {
    const chunk = this.#queue.shift();
    if (chunk !== undefined) {
      this.#queued.delete(chunk);
      return { type: 'chunk', chunk };
    }
    if (!this.#isRootWanted) return null;
    this.#isRootWanted = false;
    return { type: 'root' };
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
