/**
 * Supervision trees: a supervisor starts its children in order, waits until each is ready, restarts what crashes,
 * gives up and passes the trouble to its own supervisor when that happens too often, and stops in reverse order.
 */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import type { RuntimeError } from '../errors.js';
import { runtime as limits } from '../limits.js';
import type { Address, ChildSpec, Protocol } from '../actor.js';
import { Branch, type System } from './branch.js';
import type { DeadLetter } from '../link/sender.js';
import { Registry } from './registry.js';
import { systemTimers } from '../timers.js';
import type { SupervisorSpec, SystemOptions, SupervisorEvent, Supervisor } from './spec.js';

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
