/** The contract between the cell of an actor and the thread that it runs in. */
import type { Result } from 'neverthrow';
import type { RuntimeError } from '../errors.js';
import type { Behaviour, ChildSpec, Ended, ExitReason, Fault, LogLevel, SupervisorSpec } from '../actor.js';
import type { RuntimeLimits } from '../limits.js';
import type { Recorder } from '../recorder.js';
import type { Loop } from '../timers.js';
import type { DeadLetter } from '../link/protocol.js';
import type { LinkSender } from '../link/sender.js';

/** A question of an actor to its system. */
export type Ask =
  /** Answered with null once it is ready. `under`: name of its supervisor; null: the actor that asks. */
  | { readonly type: 'spawn'; readonly spec: ChildSpec; readonly under: string | null }
  /** Answered with null once all its children are ready. */
  | { readonly type: 'spawn-supervisor'; readonly spec: SupervisorSpec }
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

/** The reports of a cell. */
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

/** The services of a thread for its cells. */
export interface CellHost extends CellEvents {
  readonly limits: RuntimeLimits;
  readonly loop: Loop;
  readonly recorder: Recorder | null;
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

/** The result of a start. */
export type StartOutcome =
  | { readonly type: 'ready' }
  | { readonly type: 'refused'; readonly fault: Fault }
  | {
      readonly type: 'crashed';
      readonly detail: string;
      /** The death of its thread took it along while another start had the thread. */
      readonly isBystander?: boolean;
      /** The same for all starts that one death of a thread took along. Absent: it crashed by itself. */
      readonly cause?: unknown;
    }
  /** The arguments of the actor cannot be cloned into its thread. */
  | { readonly type: 'uncloneable'; readonly detail: string };

/** The data by which a cell is made. */
export interface CellParts {
  readonly id: string;
  readonly behaviour: Behaviour;
  readonly args: unknown;
  readonly slot: number;
  readonly limits: RuntimeLimits;
}
