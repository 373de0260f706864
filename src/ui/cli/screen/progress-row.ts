/**
 * The progress of long work: a row on a terminal that is redrawn, `progress` lines with `--json`, and nothing in a
 * pipe.
 */
import type { World } from '../world.js';
import { progressRow as limits } from '../limits.js';
import type { Output } from './output.js';

/** A row of progress, which is gone when the work ends. */
export class ProgressRow {
  readonly #stderr: World['stderr'];
  readonly #output: Output;
  readonly #what: string;
  readonly #isDrawn: boolean;
  #shownMs = Number.NEGATIVE_INFINITY;
  #isThere = false;

  constructor(world: Pick<World, 'stderr'>, output: Output, what: string) {
    this.#stderr = world.stderr;
    this.#output = output;
    this.#what = what;
    this.#isDrawn = world.stderr.isTTY === true && !output.isJson && !output.isPlain;
  }

  /** Shows how much of the time has passed. */
  show(doneMs: number, totalMs: number): void {
    const nowMs = performance.now();
    if (nowMs - this.#shownMs < (this.#isDrawn ? limits.drawEveryMs : limits.lineEveryMs)) return;
    this.#shownMs = nowMs;
    const [done, total] = [Math.round(doneMs), Math.round(totalMs)];
    if (this.#output.isJson) {
      const line = { type: 'progress', what: this.#what, doneMs: done, totalMs: total } as const;
      this.#output.result(line, null).catch(() => undefined);
    }
    if (!this.#isDrawn) return;
    const left = Math.max(1, Math.ceil((totalMs - doneMs) / 1_000));
    this.#isThere = true;
    this.#stderr.write(`\r\u001B[K${this.#what}: ${left} s left`);
  }

  /** Removes the row. Idempotent. */
  end(): void {
    if (this.#isThere) this.#stderr.write('\r\u001B[K');
    this.#isThere = false;
  }
}
