/**
 * The beats of one thread, seen from its supervisor. A beat is a bare message, and the thread counts it in shared memory,
 * so that a thread that hears it wakes its supervisor no second time. Only one that does not is asked for an answer.
 * The beats of all threads fall on the same moments and share a wake-up.
 */
import type { RuntimeLimits } from '../limits.js';
import type { Timers } from '../timers.js';
import type { ProgressTable } from './progress.js';

/** Part of the pause between two beats after which a thread should have counted the beat. */
const heardWithin = 1 / 4;

/** Time until the next beat, ms: a multiple of the pause by the clock, so that all that beat together wake together. */
export const untilBeatMs = (everyMs: number, nowMs: number): number =>
  everyMs > 0 ? Math.ceil(everyMs - (nowMs % everyMs)) : 0;

/** The part of a thread that its heart needs. */
export interface Beaten {
  readonly limits: Pick<RuntimeLimits, 'heartbeatEveryMs'>;
  readonly timers: Timers;
  readonly progress: ProgressTable;
  /** Sends a beat. */
  readonly ping: () => void;
  /** Asks for an answer, and begins again with it. */
  readonly ask: () => void;
}

/** Beats until it is stopped, or until a beat is not heard. */
export class Heart {
  readonly #thread: Beaten;
  #callOff: () => void = () => undefined;
  #isBeating = false;

  constructor(thread: Beaten) {
    this.#thread = thread;
  }

  begin(): void {
    this.stop();
    this.#isBeating = true;
    const { limits, timers } = this.#thread;
    const waitMs = untilBeatMs(limits.heartbeatEveryMs, timers.now());
    this.#callOff = timers.after(waitMs, () => this.#beat());
  }

  stop(): void {
    this.#isBeating = false;
    this.#callOff();
  }

  /** Asks now, unless an answer is awaited. */
  hurry(): void {
    if (!this.#isBeating) return;
    this.stop();
    this.#thread.ask();
  }

  #beat(): void {
    const { limits, timers, progress, ping } = this.#thread;
    const before = progress.beats;
    ping();
    this.#callOff = timers.after(limits.heartbeatEveryMs * heardWithin, () => {
      if (progress.beats === before) this.hurry();
      else this.begin();
    });
  }
}
