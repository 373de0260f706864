/** The context that one life of an actor is given. */
import { err, type Result } from 'neverthrow';
import type { RuntimeError } from '../errors.js';
import type { LogLevel } from '../actor.js';
import { gone } from '../link/faults.js';
import { isOpened } from '../link/names.js';
import type { CellHost } from './cell-host.js';
import type { CellLinks } from './cell-links.js';
import { refOver, type AnyRef, type Incarnation } from './incarnation.js';
import { kinOf, type KinContext } from './kin.js';

/** The functions of a cell that a context uses. */
export interface CellPart {
  readonly id: string;
  readonly links: CellLinks;
  readonly host: CellHost;
  sendSelf(name: string, body: unknown): Result<void, RuntimeError>;
  /** For messages that no handler sends: without room it becomes a dead letter. */
  sendSelfOrBury(name: string, body: unknown): void;
  stash(): void;
  unstash(): void;
  /** Id of the message in hand; null between two. */
  messageInHand(): string | null;
}

/** The context as the runtime makes it: names and bodies unchecked, since `Context` has checked them. */
interface AnyContext {
  readonly id: string;
  readonly restarts: number;
  readonly links: Readonly<Record<string, AnyRef>>;
  /** Id of the message in hand; null between two. */
  readonly messageId: string | null;
  self(name: string, body: unknown): Result<void, RuntimeError>;
  after(delayMs: number, name: string, body: unknown): () => void;
  every(everyMs: number, name: string, body: unknown): () => void;
  stash(): void;
  unstash(): void;
  log(level: LogLevel, event: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Makes the context of one life. */
export function contextOf(cell: CellPart, life: Incarnation, restarts: number): AnyContext & KinContext {
  const { id, host } = cell;
  const links: Record<string, AnyRef> = {};
  for (const [name, sender] of cell.links.senders) if (!isOpened(name)) links[name] = refOver(sender, life);
  const own: AnyContext = {
    id,
    restarts,
    links,
    get messageId() {
      return cell.messageInHand();
    },
    self: (name, body) => (life.isOver ? err(gone(id)) : cell.sendSelf(name, body)),
    after: (delayMs, name, body) => plan(cell, life, delayMs, () => cell.sendSelfOrBury(name, body)),
    every(everyMs, name, body) {
      let callOff: () => void;
      const again = (): void => {
        callOff = plan(cell, life, everyMs, () => {
          again();
          // A full mailbox has one of these waiting already.
          cell.sendSelf(name, body);
        });
      };
      again();
      return () => callOff();
    },
    stash() {
      if (!life.isOver) cell.stash();
    },
    unstash() {
      if (!life.isOver) cell.unstash();
    },
    log(level, event, fields = {}) {
      host.log(id, level, event, fields);
    },
  };
  // Keeps the getter, which a spread would read.
  return Object.assign(own, kinOf(id, life, cell.links, host));
}

/** Runs `job` later, unless this life is over; returns the function that calls it off. */
function plan({ host }: CellPart, life: Incarnation, delayMs: number, job: () => void): () => void {
  if (life.isOver) return () => undefined;
  const timer = host.loop.timer(delayMs, () => {
    life.timers.delete(timer);
    if (!life.isOver) job();
  });
  life.timers.add(timer);
  return () => {
    timer.cancel();
    life.timers.delete(timer);
  };
}
