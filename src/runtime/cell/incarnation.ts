/** One life of an actor. Its timers and refs have no effect after its end. */
import { err, errAsync, type ResultAsync, type Result } from 'neverthrow';
import type { Timer } from '../timers.js';
import type { RuntimeError } from '../errors.js';
import type { CallOptions } from '../link/protocol.js';
import type { Fault, Protocol, Ref } from '../actor.js';
import { gone } from '../link/faults.js';
import type { LinkSender } from '../link/sender.js';

/** The state of one life. */
export interface Incarnation {
  isOver: boolean;
  /** Count of starts of its actor. */
  readonly incarnation: number;
  /** Number of a watch → the message that tells of the end. */
  readonly watches: Map<number, string>;
  watchesMade: number;
  readonly timers: Set<Timer>;
}

/** Begins a life. */
export const newLife = (incarnation: number): Incarnation => ({
  isOver: false,
  incarnation,
  timers: new Set(),
  watches: new Map(),
  watchesMade: 0,
});

/** Timers are called off; its context sends nothing any more. */
export function endLife(life: Incarnation): void {
  life.isOver = true;
  for (const timer of life.timers) timer.cancel();
  life.timers.clear();
}

/** A `Ref` without the types of its protocol. */
export interface AnyRef {
  readonly actor: string;
  cast(name: string, body: unknown, transfer?: Transfer): Result<void, RuntimeError>;
  castOnce(name: string, body: unknown, transfer?: Transfer): Result<void, RuntimeError>;
  send(name: string, body: unknown, transfer?: Transfer): ResultAsync<void, RuntimeError>;
  call(name: string, body: unknown, options?: CallOptions): ResultAsync<unknown, Fault>;
  credit(): Promise<Result<void, RuntimeError>>;
  readonly pending: number;
}
type Transfer = Parameters<LinkSender['cast']>[2];

/** `life`: whose ref it is; after its end nothing is sent. `null`: code outside any actor. */
export function refOver(sender: LinkSender, life: Incarnation | null): AnyRef {
  const actor = sender.link.to;
  return {
    actor,
    cast: (name, body, transfer) =>
      life?.isOver === true ? err(gone(actor)) : sender.cast(name, body, transfer),
    castOnce: (name, body, transfer) =>
      life?.isOver === true ? err(gone(actor)) : sender.castOnce(name, body, transfer),
    send: (name, body, transfer) =>
      life?.isOver === true ? errAsync(gone(actor)) : sender.send(name, body, transfer),
    call: (name, body, options) =>
      life?.isOver === true ? errAsync(gone(actor)) : sender.call(name, body, options),
    credit: () => (life?.isOver === true ? Promise.resolve(err(gone(actor))) : sender.credit()),
    get pending() {
      return sender.pending;
    },
  };
}

/** The one place where a ref gets its types: `Address<P>` says what the actor at its other end understands. */
export const typedRef = <P extends Protocol>(ref: AnyRef): Ref<P> =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the protocol of an address exists in types only
  ref as unknown as Ref<P>;
