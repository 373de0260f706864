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
  /** Number of a watch → the message that tells of the end. Null: there was none yet, as for most lives. */
  watches: Map<number, string> | null;
  watchesMade: number;
  timers: Set<Timer> | null;
  /** Called when it is over. Null: there are none, as for most lives. */
  endJobs: (() => void)[] | null;
}

/** Begins a life. */
export const newLife = (incarnation: number): Incarnation => ({
  isOver: false,
  incarnation,
  timers: null,
  endJobs: null,
  watches: null,
  watchesMade: 0,
});

/** Timers are called off, the jobs for its end run; its context sends nothing any more. */
export function endLife(life: Incarnation): void {
  life.isOver = true;
  if (life.timers !== null) for (const timer of life.timers) timer.cancel();
  life.timers = null;
  const jobs = life.endJobs;
  life.endJobs = null;
  for (const job of jobs ?? []) job();
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

/** Sends for one life of an actor, or for code outside any actor. */
class SenderRef implements AnyRef {
  readonly actor: string;
  readonly #open: () => LinkSender;
  #opened: LinkSender | null;
  readonly #life: Incarnation | null;

  constructor(actor: string, sender: LinkSender | (() => LinkSender), life: Incarnation | null) {
    this.actor = actor;
    this.#opened = typeof sender === 'function' ? null : sender;
    this.#open = typeof sender === 'function' ? sender : () => sender;
    this.#life = life;
  }

  #sender(): LinkSender {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  get #isOver(): boolean {
    return this.#life !== null && this.#life.isOver;
  }

  cast(name: string, body: unknown, transfer?: Transfer): Result<void, RuntimeError> {
    return this.#isOver ? err(gone(this.actor)) : this.#sender().cast(name, body, transfer);
  }

  castOnce(name: string, body: unknown, transfer?: Transfer): Result<void, RuntimeError> {
    return this.#isOver ? err(gone(this.actor)) : this.#sender().castOnce(name, body, transfer);
  }

  send(name: string, body: unknown, transfer?: Transfer): ResultAsync<void, RuntimeError> {
    return this.#isOver ? errAsync(gone(this.actor)) : this.#sender().send(name, body, transfer);
  }

  call(name: string, body: unknown, options?: CallOptions): ResultAsync<unknown, Fault> {
    return this.#isOver ? errAsync(gone(this.actor)) : this.#sender().call(name, body, options);
  }

  credit(): Promise<Result<void, RuntimeError>> {
    return this.#isOver ? Promise.resolve(err(gone(this.actor))) : this.#sender().credit();
  }

  get pending(): number {
    return this.#opened?.pending ?? 0;
  }
}

/** `life`: whose ref it is; after its end nothing is sent. `null`: code outside any actor. */
export const refOver = (sender: LinkSender, life: Incarnation | null): AnyRef =>
  new SenderRef(sender.link.to, sender, life);

/** As `refOver`, but the link is opened when something is sent over it. */
export const refTo = (actor: string, sender: () => LinkSender, life: Incarnation): AnyRef =>
  new SenderRef(actor, sender, life);

/** The one place where a ref gets its types: `Address<P>` says what the actor at its other end understands. */
export const typedRef = <P extends Protocol>(ref: AnyRef): Ref<P> =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the protocol of an address exists in types only
  ref as unknown as Ref<P>;
