/** The record that a supervisor keeps of one child. */
import type { Awaitable, ChildSpec } from '../actor.js';

/** A child of a supervisor: an actor, or a supervisor of type `Nested`. */
export interface Child<Nested> {
  readonly id: string;
  readonly node:
    | { readonly type: 'actor'; readonly spec: ChildSpec }
    | { readonly type: 'branch'; readonly branch: Nested };
  readonly isDynamic: boolean;
  isUp: boolean;
  /** Counts starts, so that news of an earlier life is known as such. */
  starts: number;
  restarts: number;
  /** Crashes without a quiet window between them. */
  inARow: number;
  /** Cause of the last crash; a text names an envelope. */
  lastCause: unknown;
  startedAtMs: number;
  /** Settles when it is forgotten; undefined before, and where nothing is left to wait for. */
  removal: Awaitable<void>;
}

/** Makes the record of a child that was not started yet. */
export const newChild = <Nested>(
  id: string,
  node: Child<Nested>['node'],
  isDynamic: boolean,
): Child<Nested> => ({
  id,
  node,
  isDynamic,
  isUp: false,
  starts: 0,
  restarts: 0,
  inARow: 0,
  lastCause: null,
  startedAtMs: 0,
  removal: undefined,
});

/** An actor and a supervisor may have the same name. That of an actor is used as it is, since there are many. */
export const keyOf = (type: Child<never>['node']['type'], id: string): string =>
  type === 'actor' ? id : `\0${id}`;
