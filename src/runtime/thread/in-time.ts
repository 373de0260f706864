/** Waits for an answer of a thread for as long as `Patience` says: the shell that keeps its timer. */
import type { StartOutcome } from '../cell/cell-host.js';
import type { Awaitable, ExitReason } from '../actor.js';
import { Patience, type Observation } from './patience.js';
import type { Timers } from '../timers.js';

const looksPerDeadline = 20;
const lookEveryMsMin = 10;
const lookEveryMsMax = 500;
/** Less than any difference that a deadline should show. */
const togetherMs = 20;
/** Microtasks that an answer may take before its time is measured. */
const quickTurns = 8;

/** A promise, or a `ResultAsync`. */
export interface Settling {
  then(done: () => void, failed: () => void): unknown;
}

/** The observable state of a thread. */
export type Sight = Omit<Observation, 'atMs' | 'lateMs'>;

/** Looks at a thread. `areTimesRead`: whether the system is asked for its times, which costs two files of /proc. */
export type See = (areTimesRead: boolean) => Sight;

/** Observes the supervisor's own thread, which shares no counters: nothing is seen. */
const nothingSeen = (): Sight => ({ times: null, progress: 0, isDeaf: false });

/** Waits for answers of one thread with one timer. An answer is a sign of life, so that it prolongs the other waits. */
class Wait {
  readonly #patience: Patience;
  readonly #everyMs: number;
  readonly #timers: Timers;
  readonly #see: See;
  /** Of the answers that have not come. */
  readonly #open = new Set<(isInTime: boolean) => void>();
  readonly beganMs: number;
  #answered = 0;
  #callOff: () => void = () => undefined;

  constructor(deadlineMs: number, timers: Timers, see: See) {
    this.#timers = timers;
    this.#see = see;
    const slice = Math.min(lookEveryMsMax, Math.max(lookEveryMsMin, deadlineMs / looksPerDeadline));
    this.#everyMs = Math.min(slice, deadlineMs);
    this.beganMs = timers.now();
    // The thread's times are not read yet: nearly every answer is there before the second look.
    this.#patience = new Patience(deadlineMs, { ...see(false), times: null, atMs: this.beganMs, lateMs: 0 });
    this.#plan();
  }

  get isOver(): boolean {
    return this.#open.size === 0;
  }

  /** Resolves to true as soon as `work` settles, and to false when the wait is over before. */
  add(work: Settling): Promise<boolean> {
    return new Promise((resolve) => {
      this.#open.add(resolve);
      const settle = (): void => {
        if (!this.#open.delete(resolve)) return;
        this.#answered += 1;
        if (this.isOver) this.#callOff();
        resolve(true);
      };
      work.then(settle, settle);
    });
  }

  #plan(): void {
    const dueMs = this.#timers.now() + this.#everyMs;
    this.#callOff = this.#timers.after(this.#everyMs, () => {
      const atMs = this.#timers.now();
      const sight = this.#see(true);
      const progress = sight.progress + this.#answered;
      const look = { ...sight, progress, atMs, lateMs: Math.max(0, atMs - dueMs) };
      if (!this.#patience.isOver(look)) this.#plan();
      // An answer may lie in a port that this turn of the loop has not read.
      else this.#callOff = this.#timers.after(0, () => this.#end());
    });
  }

  #end(): void {
    for (const resolve of this.#open) resolve(false);
    this.#open.clear();
  }
}

/** Resolves to true as soon as `work` settles, and to false when `deadlineMs` of usable time have passed before. */
export function inTime(
  work: Settling,
  deadlineMs: number,
  timers: Timers,
  see: See = nothingSeen,
): Promise<boolean> {
  return new Wait(deadlineMs, timers, see).add(work);
}

/** Waits with one timer for all answers of a thread that were asked for at about the same time. */
export class Waits {
  readonly #timers: Timers;
  readonly #see: See;
  /** The latest wait for each deadline. */
  readonly #latest = new Map<number, Wait>();

  constructor(timers: Timers, see: See) {
    this.#timers = timers;
    this.#see = see;
  }

  /** As `inTime`; the deadline begins again with each answer to what was asked together with this. */
  inTime(work: Settling, deadlineMs: number): Promise<boolean> {
    const latest = this.#latest.get(deadlineMs);
    if (latest !== undefined && !latest.isOver && this.#timers.now() - latest.beganMs < togetherMs)
      return latest.add(work);
    const wait = new Wait(deadlineMs, this.#timers, this.#see);
    this.#latest.set(deadlineMs, wait);
    return wait.add(work);
  }
}

/** Most work in this thread is done before a timer is worth its while: waits for that. */
async function isDoneSoon(work: Settling): Promise<boolean> {
  const seen = { isSettled: false };
  const note = (): void => {
    seen.isSettled = true;
  };
  work.then(note, note);
  for (let turn = 0; turn < quickTurns && !seen.isSettled; turn += 1) await Promise.resolve();
  return seen.isSettled;
}

/** How a start went; `late`: it may still go on over there. */
export type StartAnswer = StartOutcome | { readonly type: 'late'; readonly detail: string };

/** The end of a life that did not begin. */
export const unbegun = (answer: Exclude<StartAnswer, { readonly type: 'ready' }>): ExitReason =>
  answer.type === 'refused' ? answer : { type: 'crash', detail: answer.detail };

/** Waits for the `init` of an actor to which its thread has come. */
export async function startInTime(
  starting: PromiseLike<StartOutcome>,
  readyDeadlineMs: number,
  timers: Timers,
  see?: See,
): Promise<StartAnswer> {
  if (await inTime(starting, readyDeadlineMs, timers, see)) return starting;
  return { type: 'late', detail: `its init took more than ${readyDeadlineMs} ms` };
}

/** As `startInTime`, in this thread; at once when the start does not wait. */
export function startHere(
  starting: Awaitable<StartOutcome>,
  readyDeadlineMs: number,
  timers: Timers,
): Awaitable<StartAnswer> {
  if (!(starting instanceof Promise)) return starting;
  return isDoneSoon(starting).then((isDone) =>
    isDone ? starting : startInTime(starting, readyDeadlineMs, timers),
  );
}

/** The end of an actor in this thread; null when it took longer than `deadlineMs`. */
export function endHere(
  ending: Awaitable<ExitReason>,
  deadlineMs: number,
  timers: Timers,
): Awaitable<ExitReason | null> {
  if (!(ending instanceof Promise)) return ending;
  return isDoneSoon(ending).then(async (isDone) =>
    isDone || (await inTime(ending, deadlineMs, timers)) ? ending : null,
  );
}
