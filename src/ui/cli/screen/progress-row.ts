/**
 * The progress of long work: a row on a terminal that is redrawn, `progress` lines with `--json`, and nothing in a
 * pipe.
 */
import type { World } from '../world.js';
import { catalogue } from '../../text/catalogue.js';
import { progressRow as limits } from '../limits.js';
import type { Output } from './output.js';

/** A row of progress, which is gone when the work ends. */
export class ProgressRow {
  readonly #stderr: World['stderr'];
  readonly #output: Output;
  readonly #what: string;
  readonly #isDrawn: boolean;
  readonly #startedMs = performance.now();
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
    if (this.#isTooSoon()) return;
    this.#print(doneMs, totalMs, {}, '');
  }

  /** Shows how much of the work is done, its rate, and the time left at this rate. Short work shows nothing. */
  showWork(done: number, total: number, unit: string): void {
    const doneMs = performance.now() - this.#startedMs;
    if (doneMs < limits.shortWorkMs || done <= 0 || this.#isTooSoon()) return;
    const perSecond = Math.round((done * 1_000) / doneMs);
    const counted = catalogue().screen.work(done, total, unit, perSecond);
    this.#print(doneMs, (doneMs * total) / done, { done, total }, counted);
  }

  #isTooSoon(): boolean {
    const nowMs = performance.now();
    if (nowMs - this.#shownMs < (this.#isDrawn ? limits.drawEveryMs : limits.lineEveryMs)) return true;
    this.#shownMs = nowMs;
    return false;
  }

  #print(
    doneMs: number,
    totalMs: number,
    work: { readonly done?: number; readonly total?: number },
    counted: string,
  ): void {
    const what = this.#what;
    if (this.#output.isJson) {
      const times = { doneMs: Math.round(doneMs), totalMs: Math.round(totalMs) };
      this.#output.result({ type: 'progress', what, ...times, ...work }, null).catch(() => undefined);
    }
    if (!this.#isDrawn) return;
    const left = Math.max(1, Math.ceil((totalMs - doneMs) / 1_000));
    this.#isThere = true;
    const room = (this.#stderr.columns ?? limits.columns) - 1;
    this.#stderr.write(`\r\u001B[K${catalogue().screen.secondsLeft(what, counted, left).slice(0, room)}`);
  }

  /** Removes the row. Idempotent. */
  end(): void {
    if (this.#isThere) this.#stderr.write('\r\u001B[K');
    this.#isThere = false;
  }
}
