/** The handlers of a definition with their numbers, worked out once for all actors of the definition. */
import type { AnyHandler, Behaviour } from '../actor.js';

/** Handlers by number, which is what an envelope carries. */
export interface Handlers {
  readonly names: readonly string[];
  readonly all: readonly AnyHandler[];
  readonly indexOf: ReadonlyMap<string, number>;
}

const known = new WeakMap<Behaviour, Handlers>();

/** Returns the handlers of a definition. */
export function handlersOf(behaviour: Behaviour): Handlers {
  const before = known.get(behaviour);
  if (before !== undefined) return before;
  const names = Object.keys(behaviour.receive);
  const handlers = {
    names,
    all: Object.values(behaviour.receive),
    indexOf: new Map(names.map((name, index) => [name, index])),
  };
  known.set(behaviour, handlers);
  return handlers;
}
