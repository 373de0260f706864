/**
 * Virtual time: events in the order of their time, and of their making where the times are equal. Nothing else decides
 * the order in which a simulated world goes on.
 */

interface Appointment {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

export class VirtualClock {
  /** A binary heap: the earliest appointment stands first. */
  readonly #heap: Appointment[] = [];
  #nowMs = 0;
  #made = 0;
  #taken = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Events that have happened. */
  get taken(): number {
    return this.#taken;
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.#nowMs + delayMs, run);
  }

  /** A time that has passed means now. */
  at(atMs: number, run: () => void): void {
    this.#made += 1;
    const appointment = { atMs: Math.max(atMs, this.#nowMs), order: this.#made, run };
    let place = this.#heap.length;
    this.#heap.push(appointment);
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#heap[above];
      if (parent === undefined || isBefore(parent, appointment)) break;
      this.#heap[place] = parent;
      place = above;
    }
    this.#heap[place] = appointment;
  }

  /** Lets time pass, and everything happen that is due meanwhile. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= untilMs; next = this.#heap[0]) {
      this.#take();
      this.#nowMs = next.atMs;
      this.#taken += 1;
      next.run();
    }
    this.#nowMs = untilMs;
  }

  /** Removes the earliest appointment. */
  #take(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      let child = this.#heap[below];
      const right = this.#heap[below + 1];
      if (child !== undefined && right !== undefined && isBefore(right, child)) {
        child = right;
        below += 1;
      }
      if (child === undefined || isBefore(last, child)) break;
      this.#heap[place] = child;
      place = below;
    }
    this.#heap[place] = last;
  }
}

const isBefore = (one: Appointment, other: Appointment): boolean =>
  one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);

/** A way on which messages keep their order, each after a delay of its own. */
export class Lane {
  readonly #clock: VirtualClock;
  readonly #delayMs: () => number;
  #lastAtMs = 0;

  constructor(clock: VirtualClock, delayMs: () => number) {
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  send(arrive: () => void): void {
    this.#lastAtMs = Math.max(this.#lastAtMs, this.#clock.nowMs + this.#delayMs());
    this.#clock.at(this.#lastAtMs, arrive);
  }
}
