/** Ways to an actor: its address, which is data, and a ref, which sends. */
import type { Transferable } from 'node:worker_threads';
import type { Result, ResultAsync } from 'neverthrow';
import type { RuntimeError } from './errors.js';
import type { BodyOf, CallName, CastName, Fault, FaultOf, Protocol, ReplyOf } from './messages.js';
import type { GivenProtocol, spoken, understood, Understands } from './typing.js';

/** Leads to an actor that understands `P`. Plain data: it may stand in bodies. */
export type Address<P extends Protocol> = AddressOf<P, Understands<P>>;

/** An `Address`; its brands exist in types only. */
export interface AddressOf<P extends Protocol, Understood> {
  /** Unique among all actors of one system. */
  readonly id: string;
  readonly [spoken]?: P;
  readonly [understood]?: Understood;
}

/** The typed name of an actor: for links in a circle, and for refs to what starts later. */
export const address = <P extends Protocol>(id: string): Address<P> => ({ id });

/** Sends to one actor. Survives restarts of that actor; owned by exactly one sender. */
export type Ref<P extends Protocol> = RefOf<GivenProtocol<P>, Understands<P>>;

/** A `Ref` whose parameters the compiler compares as they are: bodies as they are sent, and what is understood. */
export interface RefOf<P extends Protocol, Understood> {
  /** Id of the actor it leads to. */
  readonly actor: string;
  readonly [understood]?: Understood;
  /**
   * Queues a message. Its body is given away: a later change of it changes what is delivered, perhaps again. Errors:
   * `runtime/mailbox-full` (no credit: nothing was queued; wait for `credit()`), `runtime/no-actor`. With `transfer` the
   * envelope is delivered at most once.
   */
  cast<N extends CastName<P>>(
    name: N,
    body: BodyOf<P, N>,
    transfer?: readonly Transferable[],
  ): Result<void, RuntimeError>;
  /** As `cast`, but waits for room instead of failing. Errors: `runtime/no-actor`. */
  send<N extends CastName<P>>(
    name: N,
    body: BodyOf<P, N>,
    transfer?: readonly Transferable[],
  ): ResultAsync<void, RuntimeError>;
  /**
   * As `cast`, but delivered at most once: nothing is kept for a crash of the receiver, which makes it a dead letter.
   */
  castOnce<N extends CastName<P>>(
    name: N,
    body: BodyOf<P, N>,
    transfer?: readonly Transferable[],
  ): Result<void, RuntimeError>;
  /**
   * Asks and waits for the answer; waits for room first where there is none. When `signal` is aborted, the answer is
   * `runtime/aborted` and the handler's `from.signal` is aborted. Errors: the call's own faults, and every `runtime/…`
   * code.
   */
  call<N extends CallName<P>>(
    name: N,
    body: BodyOf<P, N>,
    options?: {
      readonly deadlineMs?: number;
      readonly transfer?: readonly Transferable[];
      readonly signal?: AbortSignal;
    },
  ): ResultAsync<ReplyOf<P, N>, FaultOf<P, N> | RuntimeError>;
  /** Messages of this link that are not known to be handled, and calls that are not answered. */
  readonly pending: number;
  /** Settles once the link has credit again, at once when it has. Errors: `runtime/no-actor`. */
  credit(): Promise<Result<void, RuntimeError>>;
}

/** Where the answer of a call goes when it is not given at once. Answering twice is ignored. */
export interface ReplyTo<Reply, Failure extends Fault> {
  /** Aborted when the caller gives the call up: by its own signal, or because its deadline has passed. */
  readonly signal: AbortSignal;
  ok(reply: Reply, transfer?: readonly Transferable[]): void;
  err(fault: Failure): void;
}
