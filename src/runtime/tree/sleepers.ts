/** Waits before a restart, which the end of their supervisor cuts short. */
import type { Timers } from '../timers.js';

/** The pending delays of a supervisor. */
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

  wakeAll(): void {
    for (const wake of this.#wakes) wake();
  }
}
