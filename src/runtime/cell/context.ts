/** The context that one life of an actor is given. */
import { err, type Result } from 'neverthrow';
import type { RuntimeError } from '../errors.js';
import type { LogLevel } from '../actor.js';
import type { Timer } from '../timers.js';
import { gone } from '../link/faults.js';
import { isOpened } from '../link/names.js';
import type { CellHost } from './cell-host.js';
import type { CellLinks } from './cell-links.js';
import { refOver, type AnyRef, type Incarnation } from './incarnation.js';
import { KinContext } from './kin.js';
import type { OwnMessages } from './own-messages.js';

/** The functions of a cell that a context uses. */
export interface CellPart {
  readonly id: string;
  readonly links: CellLinks;
  readonly host: CellHost;
  readonly own: OwnMessages;
  stash(): void;
  unstash(): void;
  /** Id of the message in hand; null between two. */
  messageInHand(): string | null;
}

/**
 * The context as the runtime makes it: names and bodies unchecked, since `Context` has checked them. Its functions are
 * made when they are used, and need no `this`.
 */
class LifeContext extends KinContext {
  readonly restarts: number;
  readonly #cell: CellPart;
  #links: Readonly<Record<string, AnyRef>> | null = null;

  constructor(cell: CellPart, life: Incarnation, restarts: number) {
    super(cell.id, life, cell.links, cell.host);
    this.restarts = restarts;
    this.#cell = cell;
  }

  get links(): Readonly<Record<string, AnyRef>> {
    this.#links ??= linksOf(this.#cell, this.life);
    return this.#links;
  }

  /** Id of the message in hand; null between two. */
  get messageId(): string | null {
    return this.#cell.messageInHand();
  }

  get self() {
    return (name: string, body: unknown): Result<void, RuntimeError> =>
      this.life.isOver ? err(gone(this.id)) : this.#cell.own.send(name, body);
  }

  get after() {
    return (delayMs: number, name: string, body: unknown): (() => void) =>
      plan(this.#cell, this.life, delayMs, () => this.#cell.own.sendOrBury(name, body));
  }

  get every() {
    return (everyMs: number, name: string, body: unknown): (() => void) => {
      let cancel: () => void;
      const planNext = (): void => {
        cancel = plan(this.#cell, this.life, everyMs, () => {
          planNext();
          // Where the mailbox is full, an earlier message of this timer waits in it: this one may be lost.
          this.#cell.own.send(name, body);
        });
      };
      planNext();
      return () => cancel();
    };
  }

  get atEnd() {
    return (job: () => void): void => {
      if (this.life.isOver) job();
      else (this.life.endJobs ??= []).push(job);
    };
  }

  get stash() {
    return (): void => {
      if (!this.life.isOver) this.#cell.stash();
    };
  }

  get unstash() {
    return (): void => {
      if (!this.life.isOver) this.#cell.unstash();
    };
  }

  get log() {
    return (level: LogLevel, event: string, fields: Readonly<Record<string, unknown>> = {}): void =>
      this.#cell.host.log(this.id, level, event, fields);
  }
}

/** Makes the context of one life. */
export const contextOf = (cell: CellPart, life: Incarnation, restarts: number): object =>
  new LifeContext(cell, life, restarts);

function linksOf(cell: CellPart, life: Incarnation): Readonly<Record<string, AnyRef>> {
  const links: Record<string, AnyRef> = {};
  for (const [name, sender] of cell.links.senders) if (!isOpened(name)) links[name] = refOver(sender, life);
  return links;
}

/** Runs `job` after a delay, unless this life is over then. Returns the function that cancels it. */
function plan({ host }: CellPart, life: Incarnation, delayMs: number, job: () => void): () => void {
  if (life.isOver) return () => undefined;
  const timers = (life.timers ??= new Set<Timer>());
  const timer = host.loop.timer(delayMs, () => {
    timers.delete(timer);
    if (!life.isOver) job();
  });
  timers.add(timer);
  return () => {
    timer.cancel();
    timers.delete(timer);
  };
}
