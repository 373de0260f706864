/**
 * Supervision trees: a supervisor starts its children in order, waits until each is ready, restarts what crashes,
 * gives up and passes the trouble to its own supervisor when that happens too often, and stops in reverse order.
 */
import { inspect } from 'node:util';
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import type { RuntimeError } from '../errors.js';
import { limitsWith, limitTrouble } from '../limits.js';
import type { Address, ChildSpec, Protocol } from '../actor.js';
import { Branch, type System } from './branch.js';
import type { DeadLetter } from '../link/protocol.js';
import { checkTree, startFailed } from './checks.js';
import { Directory } from './directory.js';
import { Families, familyName } from './families.js';
import { connectMeter } from './meter.js';
import { untilDrained } from './stats.js';
import { systemLoop, systemTimers, type Loop } from '../timers.js';
import { detailOf } from '../cell/step.js';
import type { Log, SupervisorSpec, SystemOptions, SupervisorEvent, Supervisor } from './spec.js';

/**
 * Starts a tree and waits until every child is ready. Errors: `runtime/start-failed` with the first child that did
 * not start; earlier children are stopped again.
 */
export function startSupervisor(spec: SupervisorSpec & SystemOptions): ResultAsync<Supervisor, RuntimeError> {
  return new ResultAsync(startSystem(spec, systemLoop)).map(({ root }) => root);
}

/** A running system, with the parts that the testkit needs. */
export interface RunningSystem {
  readonly root: Supervisor;
  readonly directory: Directory;
}

/** `loop`: of this thread. */
export async function startSystem(
  spec: SupervisorSpec & SystemOptions,
  loop: Loop,
): Promise<Result<RunningSystem, RuntimeError>> {
  const timers = spec.timers ?? systemTimers;
  const trouble = limitTrouble(spec.limits ?? {});
  if (trouble !== null) return err(startFailed(spec.name, trouble));
  const limits = limitsWith(spec.limits);
  const log = guarded('log', spec.log ?? printErrors);
  const listeners = new Set<(event: SupervisorEvent) => void>();
  const letters: DeadLetter[] = [];
  const branches = new Map<string, Branch>();
  const emit = (event: SupervisorEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const isStrict = spec.inline === 'strict';
  const directory = new Directory(
    { limits, isStrict, timers, loop, isRecording: spec.trace === true },
    {
      deadLetter(letter) {
        letters.push(letter);
        if (letters.length > limits.deadLettersMax) letters.shift();
        emit({ type: 'dead-letter', letter });
      },
      log: (actor, level, event, fields) => log(level, event, { actor, ...fields }),
    },
  );
  const checked = checkTree(spec, directory, branches);
  if (checked.isErr()) {
    await directory.close();
    return err(checked.error);
  }
  const system: System = { directory, limits, timers, branches, emit };
  directory.families = new Families(system);
  const metered = spec.meter === undefined ? null : connectMeter(spec.meter, () => directory.stats());
  if (metered !== null) listeners.add(guarded('meter', metered.onEvent));
  const root = new Branch(spec, null, system, null);
  const started = await root.start();
  if (started.isErr()) {
    await root.stop();
    metered?.end();
    return err(started.error);
  }

  void root.done.then(() => metered?.end());
  return ok({ root: handleOf(root, { system, listeners, letters }), directory });
}

/** Parts that all handles of one system share. */
interface Shared {
  readonly system: System;
  readonly listeners: Set<(event: SupervisorEvent) => void>;
  readonly letters: readonly DeadLetter[];
}

/** The handle on one supervisor. */
function handleOf(branch: Branch, shared: Shared): Supervisor {
  const { system, listeners, letters } = shared;
  const { directory, branches, timers } = system;
  return {
    name: branch.id,
    ref: <P extends Protocol>(to: Address<P>) => directory.ref<P>(to.id),
    startChild: <P extends Protocol>(child: ChildSpec<P>) => new ResultAsync(branch.startChild(child)),
    startBranch: (nested) => new ResultAsync(branch.startBranch(nested)).map((one) => handleOf(one, shared)),
    stopChild: (id) => new ResultAsync(branch.stopChild(id)),
    children: () => branch.childIds(),
    supervisor(name) {
      const nested = branches.get(name);
      return nested === undefined ? null : handleOf(nested, shared);
    },
    onEvent(listener) {
      const safe = guarded('event listener', listener);
      listeners.add(safe);
      return () => listeners.delete(safe);
    },
    stats: () => directory.stats(),
    async tree() {
      const { actors } = await directory.stats();
      const stats = new Map(actors.map((one) => [one.id, one]));
      return branch.node(stats, (actor) => branches.get(familyName(actor)));
    },
    trace: () => directory.trace(),
    drained: () => untilDrained(() => directory.stats(), timers),
    linkCount: () => directory.linkCount,
    deadLetters: () => [...letters],
    stop: () => branch.stop(),
    [Symbol.asyncDispose]: () => branch.stop(),
    done: branch.done,
  };
}

const printErrors: Log = (level, event, { actor, message, ...fields }) => {
  const at = typeof message === 'string' ? ` at ${message}` : '';
  if (level === 'error') process.stderr.write(`${String(actor)}: ${event}${at} ${shown(fields)}\n`);
};

const shown = (fields: Readonly<Record<string, unknown>>): string =>
  typeof fields['detail'] === 'string' ? fields['detail'] : inspect(fields, { breakLength: Infinity });

/** Guards a function of the embedder, whose exceptions must not stop supervision: the first one is printed. */
function guarded<A extends readonly unknown[]>(
  what: string,
  job: (...args: A) => void,
): (...args: A) => void {
  let isReported = false;
  return (...args) => {
    try {
      job(...args);
    } catch (error) {
      if (isReported) return;
      isReported = true;
      process.stderr.write(`the ${what} of a supervisor threw: ${detailOf(error)}\n`);
    }
  };
}
