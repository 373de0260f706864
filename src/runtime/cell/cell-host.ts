/** What an actor's cell and the thread it runs in expect of each other. */
import type { ExitReason, Fault, LogLevel } from '../actor.js';
import type { RuntimeLimits } from '../limits.js';
import type { DeadLetter } from '../link/protocol.js';

export interface CellEvents {
  /**
   * It ended by itself or crashed; `incarnation` is the count of starts. `cause` names the envelope at which it
   * crashed, or is null.
   */
  exited(id: string, incarnation: number, reason: ExitReason, cause: string | null): void;
  deadLetter(letter: DeadLetter): void;
  log(actor: string, level: LogLevel, event: string, fields: Readonly<Record<string, unknown>>): void;
}

/** What the thread offers its cells: when to drain, and where to note what is being handled. */
export interface CellHost extends CellEvents {
  readonly limits: RuntimeLimits;
  /** Its memory ends with the process only, so what an actor here has sent is as safe as it can be. */
  readonly isLasting: boolean;
  schedule(drain: () => void): void;
  /** The handler of `cell` begins with this envelope; 0 0: it is done. */
  note(slot: number, linkId: number, seq: number): void;
  /** Which cell has the thread right now; 0: none. */
  running(slot: number): void;
  /** Messages of this cell that would be lost if the thread died now. */
  unsafe(slot: number, count: number): void;
}

export type StartOutcome =
  | { readonly type: 'ready' }
  | { readonly type: 'refused'; readonly fault: Fault }
  | { readonly type: 'crashed'; readonly detail: string }
  /** Its arguments cannot be cloned into its thread. */
  | { readonly type: 'uncloneable'; readonly detail: string };
