/**
 * What an actor is: a protocol (which messages, with what reply and fault), a behaviour and its place in a
 * supervision tree. Types and their small constructors only; nothing here runs anything.
 *
 * Guarantees.
 * 1. One message at a time per actor. Order per sender and link.
 * 2. At least once: a cast that `cast` or `send` accepted is handled, perhaps more than once, or it becomes exactly one
 *    dead letter. A crash of the receiver, the death of its thread and the death of the sender's thread keep this, for
 *    any number of actors in a row: an actor in a worker acknowledges a message only when the casts that its handler
 *    made are acknowledged in turn. The chain begins with the first cast out of the main thread, which holds it.
 * 3. A message that crashes its actor `poisonTriesMax` times is set aside as a dead letter.
 * 4. A call settles: with its answer, with a fault, or at its deadline.
 *
 * Limits of guarantee 2.
 * - Casts on a circle of links between worker threads (a → b → a) are not waited for, since nobody would ever be first.
 *   Those and messages of an actor to itself are lost with the thread of their sender; one letter,
 *   `lost-with-thread`, then tells how many there were at most.
 * - Casts made outside a handler (in a timer's callback, after an await that the handler did not wait for) have no cause
 *   that could be delivered again. They are lost with the thread of their sender without a letter.
 * - Timers and messages to itself end with the life of an actor; of the messages each becomes a letter, `crashed`.
 * - An envelope with transferred objects is delivered at most once, since what was transferred died with the receiver.
 * - What an actor sent before it was stopped for good is delivered at most once after that.
 * Not guaranteed: order between senders; a reply that arrives after its deadline (it is dropped).
 */
import type { Readable } from 'node:stream';
import type { ResourceLimits, Transferable } from 'node:worker_threads';
import type { Result, ResultAsync } from 'neverthrow';
import type { RuntimeError } from './errors.js';
import type { RuntimeLimits } from './limits.js';

/** Plain data with a stable code: the only shape in which a failure crosses a thread. */
export interface Fault {
  readonly code: string;
}

/** A message without an answer. */
export interface Cast<Body> {
  readonly kind: 'cast';
  readonly body: Body;
}

/** A message that is answered once, with a reply or with a fault from a closed union. */
export interface Call<Body, Reply, Failure extends Fault = never> {
  readonly kind: 'call';
  readonly body: Body;
  readonly reply: Reply;
  readonly fault: Failure;
}

/** The manifest of an actor: name → cast or call. Declare it as a `type`, so that it fits the index signature. */
export type Protocol = { readonly [name: string]: Cast<unknown> | Call<unknown, unknown, Fault> };

export type CastName<P extends Protocol> = {
  [N in keyof P & string]: P[N] extends Cast<unknown> ? N : never;
}[keyof P & string];
export type CallName<P extends Protocol> = {
  [N in keyof P & string]: P[N] extends Call<unknown, unknown, Fault> ? N : never;
}[keyof P & string];
export type BodyOf<P extends Protocol, N extends keyof P> = P[N]['body'];
export type ReplyOf<P extends Protocol, N extends keyof P> =
  P[N] extends Call<unknown, infer R, Fault> ? R : never;
export type FaultOf<P extends Protocol, N extends keyof P> =
  P[N] extends Call<unknown, unknown, infer F> ? F : never;

/** Sends to one actor. Survives restarts of that actor; owned by exactly one sender. */
export interface Ref<P extends Protocol> {
  /** Id of the actor it leads to. */
  readonly actor: string;
  /**
   * Queues a message. Its body is given away: who changes it later changes what is delivered, perhaps again. Errors: `runtime/mailbox-full` (no credit: nothing was queued; wait for `credit()`),
   * `runtime/no-actor`. With `transfer` the envelope is delivered at most once.
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

/** Names of the links an actor needs → the protocols of the actors they lead to. */
export type Links = { readonly [link: string]: Protocol };

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** What the runtime offers a running actor. */
export interface Context<P extends Protocol, L extends Links> {
  /** Id of this actor, unique in its system. */
  readonly id: string;
  /** How often it was restarted so far. */
  readonly restarts: number;
  readonly links: { readonly [K in keyof L]: Ref<L[K]> };
  /** Id of the message in hand, the same at each delivery by one life of its sender; null between two messages. */
  readonly messageId: string | null;
  /**
   * A cast to this actor itself, placed behind what waits already. It ends with this life of the actor: a crash makes it
   * a dead letter. Errors: `runtime/mailbox-full` when `mailboxMax` of them wait, `runtime/no-actor` after this life.
   */
  self<N extends CastName<P>>(name: N, body: BodyOf<P, N>): Result<void, RuntimeError>;
  /** A cast to itself after `delayMs`; forgotten when this life ends. Returns the function that calls it off. */
  after<N extends CastName<P>>(delayMs: number, name: N, body: BodyOf<P, N>): () => void;
  /** A cast to itself every `everyMs`, as long as this life lasts. Returns the function that calls it off. */
  every<N extends CastName<P>>(everyMs: number, name: N, body: BodyOf<P, N>): () => void;
  /** One structured line in the system's log. */
  log(level: LogLevel, event: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Why an actor ended. `shutdown`: its supervisor asked. `crash`: it threw, exited, hung or took too much memory. */
export type ExitReason =
  | { readonly type: 'normal' }
  | { readonly type: 'shutdown' }
  | { readonly type: 'crash'; readonly detail: string }
  | { readonly type: 'refused'; readonly fault: Fault };

export type Step<State, Reply = never, Failure extends Fault = never> =
  | { readonly step: 'next'; readonly state: State }
  | { readonly step: 'reply'; readonly state: State; readonly result: Result<Reply, Failure> }
  | { readonly step: 'stop'; readonly state: State; readonly reason: ExitReason };

/** Go on with `state`. In a call handler: the answer comes later, through its `ReplyTo`. */
export const next = <State>(state: State): Step<State> => ({ step: 'next', state });
/** Go on and answer the call. */
export const reply = <State, R, F extends Fault>(state: State, result: Result<R, F>): Step<State, R, F> => ({
  step: 'reply',
  state,
  result,
});
/** End this actor; whether it starts again is up to its restart type. */
export const stop = <State>(state: State, reason: ExitReason = { type: 'normal' }): Step<State> => ({
  step: 'stop',
  state,
  reason,
});

type Awaitable<T> = T | Promise<T>;

export type Handler<State, P extends Protocol, L extends Links, N extends keyof P> =
  P[N] extends Call<infer Body, infer Reply, infer Failure>
    ? (
        state: State,
        body: Body,
        context: Context<P, L>,
        from: ReplyTo<Reply, Failure>,
      ) => Awaitable<Step<State, Reply, Failure>>
    : P[N] extends Cast<infer Body>
      ? (state: State, body: Body, context: Context<P, L>) => Awaitable<Step<State>>
      : never;

/** Total: every name of the protocol has its handler. */
export type Receive<State, P extends Protocol, L extends Links> = {
  readonly [N in keyof P]: Handler<State, P, L, N>;
};

/** `permanent`: always started again. `transient`: only after a crash. `temporary`: never. */
export type Restart = 'permanent' | 'transient' | 'temporary';

export interface ActorDefinition<Args, State, P extends Protocol, L extends Links> {
  /** The kind of actor; ids of children are their own. */
  readonly name: string;
  readonly restart: Restart;
  /** How long `terminate` may take before the thread is ended. Default: `shutdownMs` of the system's limits. */
  readonly shutdownMs?: number;
  /** Envelopes that may wait for this actor, from all senders together. Default: that of the limits. */
  readonly mailboxMax?: number;
  /** CPU time of one handler after which it counts as an endless loop, ms. Default: that of the limits. */
  readonly busyMsMax?: number;
  /** Time for which a handler may wait for a promise, ms. Default: `handlerDeadlineMs` of the limits. */
  readonly handlerMsMax?: number;
  /** Crashes at one message that make it a dead letter. Default: `poisonTriesMax` of the limits. */
  readonly triesMax?: number;
  /** Runs before the first message; a fault is a refusal to start, which no restart mends. */
  init(args: Args, context: Context<P, L>): Awaitable<Result<State, Fault>>;
  readonly receive: Receive<State, P, L>;
  /**
   * Runs after each batch of messages and before the batch is acknowledged to its senders: the place for a group
   * commit. What it leaves undone is done again after a crash.
   */
  settle?(state: State, context: Context<P, L>): Awaitable<void>;
  /** Runs on `normal` and `shutdown` exits, after the last message. */
  terminate?(state: State, reason: ExitReason): Awaitable<void>;
}

/** An actor's definition with its types checked against each other. */
export const actor = <Args, State, P extends Protocol, L extends Links = Record<never, never>>(
  definition: ActorDefinition<Args, State, P, L>,
): ActorDefinition<Args, State, P, L> => definition;

/**
 * Where a child runs. `inline`: in the supervisor's thread. `thread`: in a worker started from `entry`; children that
 * name the same `thread` share it, one without a name has its own.
 */
export type Placement = { readonly kind: 'inline' } | ThreadPlacement;

/** The first child that needs the thread decides how it is started. */
export interface ThreadPlacement {
  readonly kind: 'thread';
  readonly entry: URL;
  readonly thread?: string;
  /** Its environment variables. Default: a copy of the process's. */
  readonly env?: Readonly<Record<string, string>>;
  /** Node's options for it. Default: those of the process. */
  readonly execArgv?: readonly string[];
  /** V8's limits for it. Default: `workerHeapMbMax` and `workerYoungHeapMbMax` of the limits. */
  readonly resourceLimits?: ResourceLimits;
  /** Its standard output is not passed on by itself but given to this function. */
  readonly stdout?: (output: Readable) => void;
  /** Numbers that differ in this thread. */
  readonly limits?: Partial<RuntimeLimits>;
}

/** Leads to an actor that understands `P`; the brand exists in types only. */
export interface Address<P extends Protocol> {
  /** Unique among all actors of one system. */
  readonly id: string;
  readonly [understood]?: P;
}
declare const understood: unique symbol;

/** The typed name of an actor: for links in a circle, and for refs to what starts later. */
export const address = <P extends Protocol>(id: string): Address<P> => ({ id });

/** One child of a supervisor; made by `child`, which checks it against its definition. */
export interface ChildSpec<P extends Protocol = Protocol> extends Address<P> {
  readonly kind: 'actor';
  readonly behaviour: Behaviour;
  readonly args: unknown;
  /** Link name → id of the actor it leads to. */
  readonly links: Readonly<Record<string, string>>;
  readonly placement: Placement;
  readonly transfer: readonly Transferable[];
}

interface PlaceOptions {
  /** Default: the definition's name. */
  readonly id?: string;
  /** Default: inline. */
  readonly placement?: Placement;
  /** Objects in `args` that move to the child's thread. Such a child is started once and never restarted. */
  readonly transfer?: readonly Transferable[];
}

interface ArgsOption<Args> {
  /** Cloned into the child's thread (inline: handed over as it is, and again at each restart). */
  readonly args: Args;
}

interface LinksOption<L extends Links> {
  /** Where each link leads. That actor may start later; messages wait within the link's credit. */
  readonly links: { readonly [K in keyof L]: Address<L[K]> };
}

/** `args` may be left out where `null` will do, `links` where there are none. */
export type ChildOptions<Args, L extends Links> = PlaceOptions &
  (null extends Args ? Partial<ArgsOption<Args>> : ArgsOption<Args>) &
  (Record<never, never> extends L ? Partial<LinksOption<L>> : LinksOption<L>);

/** A child whose arguments and links fit its definition. */
export function child<Args, State, P extends Protocol, L extends Links>(
  definition: ActorDefinition<Args, State, P, L>,
  ...[given]: Record<never, never> extends ChildOptions<Args, L>
    ? [options?: ChildOptions<Args, L>]
    : [options: ChildOptions<Args, L>]
): ChildSpec<P> {
  const options: PlaceOptions & {
    readonly args?: unknown;
    readonly links?: Readonly<Record<string, { readonly id: string }>>;
  } = given ?? {};
  const links: Record<string, string> = {};
  for (const [name, target] of Object.entries(options.links ?? {})) links[name] = target.id;
  return {
    kind: 'actor',
    id: options.id ?? definition.name,
    behaviour: behaviourOf(definition),
    args: options.args ?? null,
    links,
    placement: options.placement ?? { kind: 'inline' },
    transfer: options.transfer ?? [],
  };
}

/** Limits that a definition may set for its actors. */
export interface OwnLimits {
  readonly shutdownMs?: number;
  readonly mailboxMax?: number;
  readonly busyMsMax?: number;
  readonly handlerMsMax?: number;
  readonly triesMax?: number;
}

/** A definition as the runtime sees it, which moves states and bodies without looking into them. */
export interface Behaviour extends OwnLimits {
  readonly name: string;
  readonly restart: Restart;
  init(args: unknown, context: unknown): Awaitable<Result<unknown, Fault>>;
  readonly receive: Readonly<Record<string, AnyHandler>>;
  settle?(state: unknown, context: unknown): Awaitable<void>;
  terminate?(state: unknown, reason: ExitReason): Awaitable<void>;
}
export type AnyHandler = (
  state: unknown,
  body: unknown,
  context: unknown,
  from: ReplyTo<unknown, Fault> | undefined,
) => Awaitable<Step<unknown, unknown, Fault>>;

/** Any actor's definition, whatever its types. */
export interface AnyDefinition extends OwnLimits {
  readonly name: string;
  readonly restart: Restart;
  init(args: never, context: never): Awaitable<Result<unknown, Fault>>;
  readonly receive: object;
}

export const behaviourOf = (definition: AnyDefinition): Behaviour =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `child` and `Ref` have checked every value that comes in
  definition as unknown as Behaviour;
