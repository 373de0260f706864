/** Bounds the threads that boot at once: more of them slow each other down until none is ready in time. */
export class Boots {
  readonly #max: number;
  #booting = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(max: number) {
    this.#max = Math.max(1, max);
  }

  /** Runs `boot` now or later. Each boot calls `over` once: when its thread is up, or has ended. */
  admit(boot: () => void): void {
    if (this.#booting >= this.#max) {
      this.#waiting.push(boot);
      return;
    }
    this.#booting += 1;
    boot();
  }

  /** Takes back an admission that was not granted yet; returns whether there was one. */
  withdraw(boot: () => void): boolean {
    const at = this.#waiting.indexOf(boot);
    if (at >= 0) this.#waiting.splice(at, 1);
    return at >= 0;
  }

  over(): void {
    this.#booting -= 1;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#booting += 1;
    next();
  }
}
