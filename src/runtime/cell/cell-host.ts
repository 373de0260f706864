/** What an actor's cell and the thread it runs in expect of each other. */
import type { Result } from 'neverthrow';
import type { RuntimeError } from '../errors.js';
import type { Behaviour, ChildSpec, Ended, ExitReason, Fault, LogLevel } from '../actor.js';
import type { RuntimeLimits } from '../limits.js';
import type { DeadLetter } from '../link/protocol.js';
import type { LinkSender } from '../link/sender.js';

/** What an actor asks of its system. */
export type Ask =
  /** Answered with null once it is ready. */
  | { readonly type: 'spawn'; readonly spec: ChildSpec }
  | { readonly type: 'stop-child'; readonly id: string }
  /** Answered with whether there is one. */
  | { readonly type: 'find'; readonly id: string }
  /** Answered by `HostControl.adopt`, before the link is joined. */
  | { readonly type: 'link'; readonly to: string }
  /** Answered by `HostControl.ended`. `nth`: the watch's number in this life. */
  | { readonly type: 'watch'; readonly nth: number; readonly id: string }
  | { readonly type: 'unwatch'; readonly nth: number };

/** One life of an actor. */
export interface LifeId {
  readonly actor: string;
  /** Count of its starts. */
  readonly incarnation: number;
}

/** An end that a life has watched for. */
export interface WatchedEnd {
  readonly watcher: LifeId;
  readonly nth: number;
  readonly ended: Ended;
}

export interface CellEvents {
  /**
   * It ended by itself or crashed; `incarnation` is the count of starts. `cause` names the envelope at which it
   * crashed, or is null.
   */
  exited(id: string, incarnation: number, reason: ExitReason, cause: string | null): void;
  deadLetter(letter: DeadLetter): void;
  log(actor: string, level: LogLevel, event: string, fields: Readonly<Record<string, unknown>>): void;
  /** Errors: `runtime/no-actor` when this life is over; those of the question. */
  asked(from: LifeId, ask: Ask): Promise<Result<unknown, RuntimeError>>;
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
  /** A link of an actor here that waits for its address. */
  openLink(from: string, to: string): LinkSender;
  /** Messages of this cell that would be lost if the thread died now. */
  unsafe(slot: number, count: number): void;
}

export type StartOutcome =
  | { readonly type: 'ready' }
  | { readonly type: 'refused'; readonly fault: Fault }
  | { readonly type: 'crashed'; readonly detail: string }
  /** Its arguments cannot be cloned into its thread. */
  | { readonly type: 'uncloneable'; readonly detail: string };

export interface CellBirth {
  readonly id: string;
  readonly behaviour: Behaviour;
  readonly args: unknown;
  readonly slot: number;
  readonly limits: RuntimeLimits;
}
