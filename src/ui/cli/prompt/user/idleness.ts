/** The time without a key, after which others see that the user is away. */
import type { NodeHandle } from '../../../../index.js';

/** Tells the node when the user stops and goes on to type. */
export class Idleness {
  readonly #node: Pick<NodeHandle, 'setIdle'>;
  readonly #afterMs: number;
  #timer: NodeJS.Timeout | null = null;
  #isIdle = false;
  #activeMs = performance.now();

  /** `afterMs` 0: the user is never idle. */
  constructor(node: Pick<NodeHandle, 'setIdle'>, afterMs: number) {
    this.#node = node;
    this.#afterMs = afterMs;
    this.#watch();
  }

  /** Time since the last key, in ms. */
  get idleMs(): number {
    return performance.now() - this.#activeMs;
  }

  /** The user pressed a key. */
  active(): void {
    this.#activeMs = performance.now();
    if (this.#isIdle) void this.#tell(false);
    if (this.#timer === null) this.#watch();
  }

  /** The prompt ends. An idle user that leaves is no longer idle. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#isIdle) await this.#tell(false);
  }

  #watch(): void {
    if (this.#afterMs === 0) return;
    // One timer at a time: each key only moves the moment that it looks at.
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        if (this.idleMs < this.#afterMs) this.#watch();
        else void this.#tell(true);
      },
      Math.max(0, this.#afterMs - this.idleMs),
    );
    this.#timer.unref();
  }

  async #tell(isIdle: boolean): Promise<void> {
    this.#isIdle = isIdle;
    // A node that ends needs no word.
    await this.#node.setIdle(isIdle);
  }
}
