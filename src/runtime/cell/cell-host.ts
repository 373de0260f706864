/** What an actor's cell and the thread it runs in expect of each other. */
import type { ExitReason, Fault, LogLevel } from '../actor.js';
import type { DeadLetter } from '../link/sender.js';

export interface CellEvents {
  /** It ended by itself or crashed; `incarnation` is the count of starts. */
  exited(id: string, incarnation: number, reason: ExitReason): void;
  deadLetter(letter: DeadLetter): void;
  log(actor: string, level: LogLevel, event: string, fields: Readonly<Record<string, unknown>>): void;
}

/** What the thread offers its cells: when to drain, and where to note what is being handled. */
export interface CellHost extends CellEvents {
  schedule(drain: () => void): void;
  /** The handler of `cell` begins with this envelope; 0 0: it is done. */
  note(slot: number, linkId: number, seq: number): void;
  /** Which cell has the thread right now; 0: none. */
  running(slot: number): void;
}

export type StartOutcome =
  | { readonly type: 'ready' }
  | { readonly type: 'refused'; readonly fault: Fault }
  | { readonly type: 'crashed'; readonly detail: string };
