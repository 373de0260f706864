/** Waits for an answer of a thread for as long as `Patience` says: the shell that keeps its timer. */
import type { StartOutcome } from '../cell/cell-host.js';
import type { Awaitable, ExitReason } from '../actor.js';
import { Patience, type Observation } from './patience.js';
import type { Timers } from '../timers.js';

const looksPerDeadline = 20;
const lookEveryMsMin = 10;
const lookEveryMsMax = 500;
/** Microtasks that an answer may take before its time is measured. */
const quickTurns = 8;

/** A promise, or a `ResultAsync`. */
export interface Settling {
  then(done: () => void, failed: () => void): unknown;
}

/** The observable state of a thread. */
export type Sight = Omit<Observation, 'atMs' | 'lateMs'>;

/** Observes the supervisor's own thread, which shares no counters: nothing is seen. */
const nothingSeen = (): Sight => ({ times: null, progress: 0, isDeaf: false });

/** Resolves to true as soon as `work` settles, and to false when `deadlineMs` of usable time have passed before. */
export function inTime(
  work: Settling,
  deadlineMs: number,
  timers: Timers,
  see: () => Sight = nothingSeen,
): Promise<boolean> {
  const slice = Math.min(lookEveryMsMax, Math.max(lookEveryMsMin, deadlineMs / looksPerDeadline));
  const everyMs = Math.min(slice, deadlineMs);
  // The thread's times are not read yet: nearly every answer is there before the second look.
  const patience = new Patience(deadlineMs, { ...see(), times: null, atMs: timers.now(), lateMs: 0 });
  return new Promise((resolve) => {
    let callOff: () => void;
    const plan = (): void => {
      const dueMs = timers.now() + everyMs;
      callOff = timers.after(everyMs, () => {
        const atMs = timers.now();
        if (!patience.isOver({ ...see(), atMs, lateMs: Math.max(0, atMs - dueMs) })) plan();
        // An answer may lie in a port that this turn of the loop has not read.
        else callOff = timers.after(0, () => resolve(false));
      });
    };
    const settle = (): void => {
      callOff();
      resolve(true);
    };
    plan();
    work.then(settle, settle);
  });
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

/** Waits for the `init` of an actor to which its thread has come. */
export async function startInTime(
  starting: PromiseLike<StartOutcome>,
  readyDeadlineMs: number,
  timers: Timers,
  see?: () => Sight,
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
