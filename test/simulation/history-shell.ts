/**
 * The actor of the history, in memory: asks arrive in order, writes are committed in batches, and the link asks again
 * after a crash what was not answered.
 */
import type { StoredAnswer } from '../../src/chat/effects.js';
import { Lane, type VirtualClock } from './clock.js';
import { SimulatedHistory, type Disk, type HistoryAsk, type HistoryFaults } from './store.js';

interface Pending {
  readonly ask: HistoryAsk;
  readonly answer: (answered: StoredAnswer) => void;
  hasArrived: boolean;
  isAnswered: boolean;
}

export class HistoryShell {
  readonly #clock: VirtualClock;
  readonly #disk: Disk;
  readonly #faults: HistoryFaults;
  readonly #syncMs: () => number;
  readonly #to: Lane;
  readonly #from: Lane;
  /** Not answered yet, in the order of asking. */
  #pending: Pending[] = [];
  #history: SimulatedHistory | null;
  #isCommitPlanned = false;
  #isOver = false;

  constructor(options: {
    readonly clock: VirtualClock;
    readonly disk: Disk;
    readonly faults: HistoryFaults;
    readonly delayMs: () => number;
    /** Time that a sync to disk takes. */
    readonly syncMs: () => number;
  }) {
    this.#clock = options.clock;
    this.#disk = options.disk;
    this.#faults = options.faults;
    this.#syncMs = options.syncMs;
    this.#to = new Lane(options.clock, options.delayMs);
    this.#from = new Lane(options.clock, options.delayMs);
    this.#history = new SimulatedHistory(this.#disk, this.#faults);
  }

  ask(ask: HistoryAsk, answer: (answered: StoredAnswer) => void): void {
    const pending: Pending = { ask, answer, hasArrived: false, isAnswered: false };
    this.#pending.push(pending);
    this.#to.send(() => {
      pending.hasArrived = true;
      this.#execute(pending);
    });
  }

  /** The asker is gone: what it asked is still done, and nobody is answered. */
  abandon(): void {
    for (const pending of this.#pending) pending.isAnswered = true;
    this.#pending = [];
    this.#history?.commit();
  }

  /** The process dies: what is not synced is lost. */
  die(): void {
    this.#isOver = true;
    this.#history = null;
  }

  /** The actor crashes, with or without a commit of what was under way, and is back after `downMs`. */
  crash(isCommitted: boolean, downMs: number): void {
    if (this.#history === null) return;
    if (isCommitted) this.#history.commitSilently();
    this.#history = null;
    this.#clock.after(downMs, () => {
      if (this.#isOver) return;
      this.#history = new SimulatedHistory(this.#disk, this.#faults);
      for (const pending of this.#pending) if (pending.hasArrived) this.#execute(pending);
    });
  }

  #execute(pending: Pending): void {
    if (this.#history === null || this.#isOver) return;
    this.#history.ask(pending.ask, (answered) => {
      this.#from.send(() => {
        if (pending.isAnswered || this.#isOver) return;
        pending.isAnswered = true;
        this.#pending = this.#pending.filter((other) => other !== pending);
        pending.answer(answered);
      });
    });
    if (!this.#history.hasWrites || this.#isCommitPlanned) return;
    this.#isCommitPlanned = true;
    this.#clock.after(this.#syncMs(), () => {
      this.#isCommitPlanned = false;
      if (!this.#isOver) this.#history?.commit();
    });
  }
}
