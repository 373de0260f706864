/** The contract of a supervision tree: its specification, its options and its events. */
import type { ResultAsync } from 'neverthrow';
import type { RuntimeError } from '../errors.js';
import type {
  Address,
  ChildSpec,
  ExitReason,
  LogLevel,
  Protocol,
  Ref,
  Strategy,
  SupervisorSpec,
} from '../actor.js';
import type { ActorStats } from '../metrics.js';
import type { Meter } from './meter.js';
import type { DeadLetter } from '../link/protocol.js';
import type { RuntimeLimits } from '../limits.js';
import type { SystemStats } from './stats.js';
import type { Timers } from '../timers.js';

export type { Strategy, SupervisorSpec } from '../actor.js';

/** Writes one log line. */
export type Log = (level: LogLevel, event: string, fields: Readonly<Record<string, unknown>>) => void;

/** Options of a whole system. */
export interface SystemOptions {
  /** Every log line of every actor; `fields.actor` tells whose. Default: errors are printed on stderr. */
  readonly log?: Log;
  /** Numbers that differ from the defaults, for the whole system. */
  readonly limits?: Partial<RuntimeLimits>;
  /**
   * How actors of one thread hand each other messages. `by-reference`, the default: as they are. `strict`: cloned, with
   * transferred objects moved, as between threads, and bodies are frozen, so that a later change of one throws where it
   * is made; for tests.
   */
  readonly inline?: 'by-reference' | 'strict';
  /** Records handlers and messages for `trace()`. Costs some 2 µs a message. */
  readonly trace?: boolean;
  /** Counts restarts, dead letters, handled messages, mailbox depths and heaps. */
  readonly meter?: Meter;
  /** Clock, timers and dice. Default: the machine's. */
  readonly timers?: Timers;
}

/** An event of a system. */
export type SupervisorEvent =
  | { readonly type: 'started'; readonly id: string; readonly restarts: number }
  | { readonly type: 'exited'; readonly id: string; readonly reason: ExitReason }
  | {
      readonly type: 'restarted';
      readonly id: string;
      readonly restarts: number;
      /** Time from the crash until the actor was ready again. */
      readonly afterMs: number;
    }
  | {
      /** A crashed actor did not start again. Its supervisor tries once more, or gives up. */
      readonly type: 'restart-failed';
      readonly id: string;
      readonly error: RuntimeError;
    }
  | { readonly type: 'dead-letter'; readonly letter: DeadLetter }
  | { readonly type: 'gave-up'; readonly supervisor: string; readonly actor: string };

/** A supervisor in the description of a tree. */
export interface SupervisorNode {
  readonly type: 'supervisor';
  readonly id: string;
  readonly strategy: Strategy;
  readonly status: 'down' | 'starting' | 'running' | 'stopping';
  readonly children: readonly TreeNode[];
}

/** An actor in the description of a tree. */
export interface ActorNode {
  readonly type: 'actor';
  readonly id: string;
  /** Name of its definition. */
  readonly kind: string;
  readonly isUp: boolean;
  readonly restarts: number;
  /** Absent while it is in no thread that answers. */
  readonly stats?: ActorStats & { readonly thread: string };
  /** The actors that it has spawned. */
  readonly children: readonly TreeNode[];
}

/** A node in the description of a tree. */
export type TreeNode = SupervisorNode | ActorNode;

/** A running supervisor. */
export interface Supervisor {
  readonly name: string;
  /** A ref for code outside any actor. All such code shares one link per target. */
  ref<P extends Protocol>(to: Address<P>): Ref<P>;
  /** Adds a child and waits until it is ready. Errors: `runtime/start-failed`; the child is forgotten then. */
  startChild<P extends Protocol>(spec: ChildSpec<P>): ResultAsync<Ref<P>, RuntimeError>;
  /** Adds a supervisor with its children, and waits until all are ready. Errors: as `startChild`. */
  startBranch(spec: SupervisorSpec): ResultAsync<Supervisor, RuntimeError>;
  /** Stops a child of this supervisor, actor or supervisor, and forgets it. Errors: `runtime/no-actor`. */
  stopChild(id: string): ResultAsync<void, RuntimeError>;
  /** Ids of its children, in the order of their start. */
  children(): readonly string[];
  /** A nested supervisor, at any depth. */
  supervisor(name: string): Supervisor | null;
  /** Subscribes to the events of the whole system. Returns the function that unsubscribes. */
  onEvent(listener: (event: SupervisorEvent) => void): () => void;
  /** Returns the figures of the whole system. */
  stats(): Promise<SystemStats>;
  /** Supervisors and actors below this one, with what each is doing. */
  tree(): Promise<SupervisorNode>;
  /** Resolves once no message of the whole system waits or is being handled. A stashed message waits. */
  drained(): Promise<void>;
  /**
   * The events recorded since the last call, of the whole system with `trace: true`: a file for Perfetto or
   * `chrome://tracing`.
   */
  trace(): Promise<string>;
  /** Links of the whole system; constant when nothing leaks. */
  linkCount(): number;
  /** Messages of the whole system that were given up: the latest `deadLettersMax`. */
  deadLetters(): readonly DeadLetter[];
  /** Stops everything below, in reverse order; for the root also every thread. */
  stop(): Promise<void>;
  /** As `stop`, so that `await using` ends it. */
  [Symbol.asyncDispose](): Promise<void>;
  /** Settles when this supervisor has ended: `shutdown`, or `crash` when it gave up. */
  readonly done: Promise<ExitReason>;
}
