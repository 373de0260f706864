/**
 * Decides how long a supervisor waits for a thread. Only time that the thread could have used counts: neither the
 * lateness of the supervisor itself nor the time in which the thread had to wait for a processor or a disk. Pure:
 * clock and processor times are arguments.
 */

/** The use that a thread made of its time since its start. */
export interface ThreadTimes {
  /** Time on a processor. */
  readonly ranMs: number;
  /** Time in which the thread was ready to run and had no processor; 0 where the system does not say. */
  readonly waitedMs: number;
  /** Time in which its event loop waited for events; the time until it gets a processor is part of it. */
  readonly idleMs: number;
  /** At this moment the thread runs, is ready to run, or waits for a disk; false where the system does not say. */
  readonly isHeldUp: boolean;
}

/** The observation of a thread at one moment. */
export interface Observation {
  /** Monotonic, ms. */
  readonly atMs: number;
  /** Lateness of the observation itself, ms. */
  readonly lateMs: number;
  /** Null where nothing tells them. */
  readonly times: ThreadTimes | null;
  /** Rises while the thread works; a change is a sign of life. */
  readonly progress: number;
  /** Whether the event loop turns while the answer does not come, so that progress does not count. */
  readonly isDeaf: boolean;
  /** Time without progress that is allowed to what it does now, ms. Default: the deadline. */
  readonly busyMsMax?: number;
}

/**
 * Part of the rest that counts, in which the thread neither ran nor was idle nor is known to have waited: it may have
 * blocked itself, or wait for helpers of V8's garbage collection that have no processor.
 */
const blockedShare = 1 / 5;

/** Returns the time between two observations that the thread could have used, ms. */
export function usableMs(from: Observation, to: Observation): number {
  const passedMs = Math.max(0, to.atMs - from.atMs - to.lateMs);
  if (from.times === null || to.times === null) return passedMs;
  const spent = (kind: 'ranMs' | 'waitedMs' | 'idleMs'): number =>
    Math.max(0, (to.times?.[kind] ?? 0) - (from.times?.[kind] ?? 0));
  const ranMs = Math.min(passedMs, spent('ranMs'));
  if (to.times.isHeldUp) return ranMs;
  const waitedMs = Math.min(passedMs - ranMs, spent('waitedMs'));
  const leftMs = passedMs - ranMs - waitedMs;
  const idleMs = Math.min(leftMs, Math.max(0, spent('idleMs') - waitedMs));
  return ranMs + idleMs + (leftMs - idleMs) * blockedShare;
}

/** One wait for one answer of a thread. */
export class Patience {
  readonly #deadlineMs: number;
  #last: Observation;
  /** Usable time since the question. */
  #unansweredMs = 0;
  /** Usable time since the last progress. */
  #motionlessMs = 0;

  /** `first`: the look at the moment of the question. */
  constructor(deadlineMs: number, first: Observation) {
    this.#deadlineMs = deadlineMs;
    this.#last = first;
  }

  /** Takes in another look; returns whether the wait is over. */
  isOver(look: Observation): boolean {
    const usedMs = usableMs(this.#last, look);
    this.#unansweredMs += usedMs;
    this.#motionlessMs = look.progress === this.#last.progress ? this.#motionlessMs + usedMs : 0;
    this.#last = look;
    if (look.isDeaf) return this.#unansweredMs >= this.#deadlineMs;
    return this.#motionlessMs >= (look.busyMsMax ?? this.#deadlineMs);
  }
}
