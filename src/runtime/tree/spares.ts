/**
 * Threads that have booted and host nothing yet. One waits for each kind of thread that has died lately: the next one
 * that dies is replaced at once, since the boot of a thread takes longer than everything else in a restart. A system
 * whose threads do not die has none.
 */
import type { ThreadPlacement } from '../actor.js';
import type { RuntimeLimits } from '../limits.js';
import type { ThreadHost } from '../thread/thread-host.js';
import type { Timers } from '../timers.js';

interface Spare {
  readonly thread: ThreadHost;
  /** Cancels its end. */
  readonly callOff: () => void;
}

/** The spare threads of one system. */
export class Spares {
  readonly #limits: RuntimeLimits;
  readonly #timers: Timers;
  readonly #end: (thread: ThreadHost) => void;
  /** By kind: the threads of one kind can replace each other. */
  readonly #waiting = new Map<string, Spare>();

  constructor(limits: RuntimeLimits, timers: Timers, end: (thread: ThreadHost) => void) {
    this.#limits = limits;
    this.#timers = timers;
    this.#end = end;
  }

  /** Boots a spare for the kind of a thread that died. */
  want(placement: ThreadPlacement, make: () => ThreadHost): void {
    const kind = kindOf(placement);
    const { spareIdleMs } = this.#limits;
    if (kind === null || spareIdleMs <= 0 || this.#waiting.has(kind)) return;
    const thread = make();
    const callOff = this.#timers.after(spareIdleMs, () => {
      this.#waiting.delete(kind);
      this.#end(thread);
    });
    this.#waiting.set(kind, { thread, callOff });
  }

  /** Takes the spare for a placement out; null: there is none. */
  take(placement: ThreadPlacement): ThreadHost | null {
    const kind = kindOf(placement);
    const spare = kind === null ? undefined : this.#waiting.get(kind);
    if (kind === null || spare === undefined) return null;
    this.#waiting.delete(kind);
    spare.callOff();
    return spare.thread.isDead || spare.thread.isDying ? null : spare.thread;
  }

  /** Forgets a thread that has died. Returns whether it was a spare. */
  drop(thread: ThreadHost): boolean {
    for (const [kind, spare] of this.#waiting) {
      if (spare.thread !== thread) continue;
      this.#waiting.delete(kind);
      spare.callOff();
      return true;
    }
    return false;
  }

  close(): void {
    for (const { thread, callOff } of this.#waiting.values()) {
      callOff();
      this.#end(thread);
    }
    this.#waiting.clear();
  }
}

/** Null: a thread whose output goes to a function of its own has no spare, since the function belongs to one thread. */
function kindOf({ entry, env, execArgv, resourceLimits, limits, stdout }: ThreadPlacement): string | null {
  if (entry === undefined || stdout !== undefined) return null;
  // A thread without an environment of its own copies that of the process when it boots.
  return JSON.stringify([entry.href, env ?? process.env, execArgv, resourceLimits, limits]);
}
