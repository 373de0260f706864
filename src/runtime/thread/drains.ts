/**
 * Schedules the drains of the mailboxes of one thread as microtasks. Actors that keep each other busy must not keep
 * I/O out, so after some drains the next ones wait for a turn of the event loop.
 */
import type { RuntimeLimits } from '../limits.js';
import type { Loop } from '../timers.js';

/** The drains of one thread. */
export class Drains {
  readonly #loop: Loop;
  readonly #limits: Pick<RuntimeLimits, 'drainsPerTurn' | 'drainsPerTurnMax' | 'turnMs'>;
  /** Drains since the last turn. */
  #count = 0;
  /** Drains that this turn may have, as far as is known. */
  #countMax = 0;
  #beganMs = 0;
  /** Drains that wait for the next turn. */
  #late: (() => void)[] = [];

  constructor(loop: Loop, limits: Pick<RuntimeLimits, 'drainsPerTurn' | 'drainsPerTurnMax' | 'turnMs'>) {
    this.#loop = loop;
    this.#limits = limits;
  }

  add(drain: () => void): void {
    if (this.#count === 0) {
      this.#beganMs = this.#loop.now();
      this.#countMax = this.#limits.drainsPerTurn;
    }
    this.#count += 1;
    if (this.#count <= this.#countMax || this.#hasTime()) this.#loop.soon(drain);
    else if (this.#late.push(drain) === 1) this.#loop.turn(this.#onTurn);
  }

  /** I/O has had its turn. */
  reset(): void {
    this.#count = 0;
  }

  /** Grants some more drains while this turn has been short. */
  #hasTime(): boolean {
    const { drainsPerTurn, drainsPerTurnMax, turnMs } = this.#limits;
    if (this.#count > drainsPerTurnMax || this.#loop.now() - this.#beganMs >= turnMs) return false;
    this.#countMax += drainsPerTurn;
    return true;
  }

  readonly #onTurn = (): void => {
    this.#count = 0;
    const late = this.#late;
    this.#late = [];
    for (const one of late) one();
  };
}
