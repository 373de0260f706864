/** Waits of a supervisor: for the moment of a restart, and of starts for the supervisor itself. */
import type { Timers } from '../timers.js';

/** The pending waits of a supervisor. */
export class Sleepers {
  readonly #wakes = new Set<() => void>();

  sleep(ms: number, timers: Timers): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        callOff();
        this.#wakes.delete(wake);
        resolve();
      };
      const callOff = timers.after(ms, wake);
      this.#wakes.add(wake);
    });
  }

  /** Settles with the next `wakeAll`. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wakes.delete(wake);
        resolve();
      };
      this.#wakes.add(wake);
    });
  }

  wakeAll(): void {
    for (const wake of this.#wakes) wake();
  }
}
