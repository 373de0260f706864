/**
 * Supervision trees: a supervisor starts its children in order, waits until each is ready, restarts what crashes,
 * gives up and passes the trouble to its own supervisor when that happens too often, and stops in reverse order.
 */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import type { RuntimeError } from '../errors.js';
import { runtime as limits } from '../limits.js';
import type { Address, ChildSpec, ExitReason, LogLevel, Protocol, Ref } from '../actor.js';
import { Branch } from './branch.js';
import type { DeadLetter } from '../link/sender.js';
import { Registry, type SystemStats } from './registry.js';
import { systemTimers, type Timers } from '../timers.js';

/**
 * Who else is restarted with a child that crashed: `one-for-one` nobody, `one-for-all` everybody, `rest-for-one` those
 * that were started after it.
 */
export type Strategy = 'one-for-one' | 'one-for-all' | 'rest-for-one';

export interface SupervisorSpec {
  /** Unique among the supervisors of one system. */
  readonly name: string;
  readonly strategy: Strategy;
  /** More restarts than this within `restartWindowMs`: it gives up. Defaults in `limits.runtime`. */
  readonly restartsMax?: number;
  readonly restartWindowMs?: number;
  /** The delay before a restart doubles up to this while the crashes go on. */
  readonly restartDelayMaxMs?: number;
  readonly children: readonly (ChildSpec | SupervisorSpec)[];
}

export type Log = (level: LogLevel, event: string, fields: Readonly<Record<string, unknown>>) => void;

export interface SystemOptions {
  /** Every log line of every actor; `fields.actor` tells whose. */
  readonly log?: Log;
  /** Clock, timers and dice. Default: the machine's. */
  readonly timers?: Timers;
}

export type SupervisorEvent =
  | { readonly type: 'started'; readonly id: string; readonly restarts: number }
  | { readonly type: 'exited'; readonly id: string; readonly reason: ExitReason }
  | {
      readonly type: 'restarted';
      readonly id: string;
      readonly restarts: number;
      /** From the crash until it was ready again. */
      readonly afterMs: number;
    }
  | { readonly type: 'dead-letter'; readonly letter: DeadLetter }
  | { readonly type: 'gave-up'; readonly supervisor: string; readonly actor: string };

export interface Supervisor {
  readonly name: string;
  /** A ref for code outside any actor. All such code shares one link per target. */
  ref<P extends Protocol>(to: Address<P>): Ref<P>;
  /** Adds a child and waits until it is ready. Errors: `runtime/start-failed`; the child is forgotten then. */
  startChild<P extends Protocol>(spec: ChildSpec<P>): ResultAsync<Ref<P>, RuntimeError>;
  /** Stops a child of this supervisor and forgets it. Errors: `runtime/no-actor`. */
  stopChild(id: string): ResultAsync<void, RuntimeError>;
  /** Ids of its children, in the order of their start. */
  children(): readonly string[];
  /** A nested supervisor, at any depth. */
  supervisor(name: string): Supervisor | null;
  /** What happens in the whole system. Returns the function that ends it. */
  onEvent(listener: (event: SupervisorEvent) => void): () => void;
  /** Of the whole system: one call returns it all. */
  stats(): Promise<SystemStats>;
  /** Links of the whole system; constant when nothing leaks. */
  linkCount(): number;
  /** Messages of the whole system that were given up: the latest `deadLettersMax`. */
  deadLetters(): readonly DeadLetter[];
  /** Stops everything below, in reverse order; for the root also every thread. */
  stop(): Promise<void>;
  /** Settles when it has ended: `shutdown`, or `crash` when it gave up. */
  readonly done: Promise<ExitReason>;
}

/** What all supervisors of one tree share. */
export interface System {
  readonly registry: Registry;
  readonly timers: Timers;
  readonly branches: Map<string, Branch>;
  emit(event: SupervisorEvent): void;
}

/**
 * Starts a tree and waits until every child is ready. Errors: `runtime/start-failed` with the first child that did not
 * start; what was started before is stopped again.
 */
export function startSupervisor(spec: SupervisorSpec & SystemOptions): ResultAsync<Supervisor, RuntimeError> {
  return new ResultAsync(start(spec));
}

async function start(spec: SupervisorSpec & SystemOptions): Promise<Result<Supervisor, RuntimeError>> {
  const timers = spec.timers ?? systemTimers;
  const listeners = new Set<(event: SupervisorEvent) => void>();
  const letters: DeadLetter[] = [];
  const branches = new Map<string, Branch>();
  const emit = (event: SupervisorEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const registry = new Registry(timers, {
    deadLetter(letter) {
      letters.push(letter);
      if (letters.length > limits.deadLettersMax) letters.shift();
      emit({ type: 'dead-letter', letter });
    },
    log(actor, level, event, fields) {
      spec.log?.(level, event, { actor, ...fields });
    },
  });
  const system: System = { registry, timers, branches, emit };
  const root = new Branch(spec, null, system);
  const started = await root.start();
  if (started.isErr()) {
    await root.stop();
    return err(started.error);
  }

  const handleOf = (branch: Branch): Supervisor => ({
    name: branch.id,
    ref: <P extends Protocol>(to: Address<P>) => registry.ref<P>(to.id),
    startChild: <P extends Protocol>(child: ChildSpec<P>) => new ResultAsync(branch.startChild(child)),
    stopChild: (id) => new ResultAsync(branch.stopChild(id)),
    children: () => branch.childIds(),
    supervisor(name) {
      const nested = branches.get(name);
      return nested === undefined ? null : handleOf(nested);
    },
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stats: () => registry.stats(),
    linkCount: () => registry.linkCount,
    deadLetters: () => [...letters],
    stop: () => branch.stop(),
    done: branch.done,
  });
  return ok(handleOf(root));
}
