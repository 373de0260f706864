/**
 * Actors: an actor is a protocol (its messages, with replies and faults), a behaviour, and a place in a supervision
 * tree. Types and their small constructors only; nothing here runs anything.
 *
 * Guarantees.
 * 1. One message at a time per actor. Order per sender and link.
 * 2. At least once: a cast that `cast` or `send` accepted is handled, perhaps more than once, or it becomes exactly one
 *    dead letter. A crash of the receiver, the death of its thread and the death of the sender's thread keep this, for
 *    any number of actors in a row: an actor in a worker acknowledges a message only when the casts that its handler
 *    made are acknowledged in turn. The chain begins with the first cast out of the main thread, which holds it.
 * 3. A message that crashes its actor `poisonTriesMax` times is set aside as a dead letter. One whose consequence ends the
 *    thread that often, at a neighbour in the same thread, is set aside itself, at its own actor.
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
import type { Transferable } from 'node:worker_threads';
import type { Result, ResultAsync } from 'neverthrow';
import type { RuntimeError } from './errors.js';
import { moduleOf, noteModule } from './home-module.js';
import type { BodyOf, Call, Cast, CastName, Fault, Protocol } from './messages.js';
import type { Placement } from './placement.js';
import type { AddressOf, Address, Ref, ReplyTo } from './ref.js';
import type { CloneableProtocol, Given, Understands } from './typing.js';

export type {
  BodyOf,
  Call,
  CallName,
  Cast,
  CastName,
  Fault,
  FaultOf,
  Protocol,
  ReplyOf,
} from './messages.js';
export type { Placement, ThreadPlacement } from './placement.js';
export { address, type Address, type AddressOf, type Ref, type RefOf, type ReplyTo } from './ref.js';

/** Names of the links an actor needs → the protocols of the actors they lead to. */
export type Links = { readonly [link: string]: Protocol };

/** The level of a log line. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** The services of the runtime for a running actor. */
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
  self<N extends CastName<P>>(name: N, body: Given<BodyOf<P, N>>): Result<void, RuntimeError>;
  /** A cast to itself after `delayMs`; forgotten when this life ends. Returns the function that calls it off. */
  after<N extends CastName<P>>(delayMs: number, name: N, body: Given<BodyOf<P, N>>): () => void;
  /** A cast to itself every `everyMs`, as long as this life lasts. Returns the function that calls it off. */
  every<N extends CastName<P>>(everyMs: number, name: N, body: Given<BodyOf<P, N>>): () => void;
  /**
   * Runs `job` once when this life ends: after `terminate`, and after a crash, where `terminate` does not run. Runs the
   * job at once if this life has already ended. The job must not throw.
   */
  atEnd(job: () => void): void;
  /**
   * Puts the message in hand aside, for a handler that cannot deal with it yet: return `next`, or `later` for a call. It
   * is not acknowledged, so it survives what other messages survive, and its sender's credit bounds how many there are.
   * Throws where no message of another actor is in hand.
   */
  stash(): void;
  /** Lets the stashed messages wait again, before all others, in their old order. */
  unstash(): void;
  /** The address of this actor, to be sent to others in bodies and arguments. */
  readonly address: Address<P>;
  /**
   * Starts a child of this actor and waits until it is ready. The actor supervises it and the child ends with this life
   * of the actor: with a crash, too. `inline`, the default placement, is the actor's own thread; its arguments are then
   * handed over as they are. `ref` leads to the child from now on: messages wait until it has started.
   *
   * `under`: the supervisor of that name gets the child, once it runs, instead of this actor. `inline` is then refused
   * where the supervisor belongs to another thread. Errors: `runtime/start-failed`, `runtime/no-actor` after this life.
   */
  spawn<Q extends Protocol>(
    spec: ChildSpec<Q>,
    options?: { readonly under?: string },
  ): ResultAsync<Ref<Q>, RuntimeError>;
  /**
   * Starts a supervisor with its children and waits until all are ready. Its own supervisor is this actor, with whose
   * life it ends; `spawn` with `under` adds children to it. Errors: as `spawn`; nothing of it runs then.
   */
  spawnSupervisor(spec: SupervisorSpec): ResultAsync<void, RuntimeError>;
  /** Stops an actor or a supervisor below this life, and forgets it. Errors: `runtime/no-actor`. */
  stopChild(child: { readonly id: string }): ResultAsync<void, RuntimeError>;
  /**
   * Leads to any actor of the system, in whatever thread. It may be used at once. Where no actor has that id, its casts
   * become dead letters and its calls are answered `runtime/no-actor`.
   */
  ref<Q extends Protocol>(to: Address<Q>): Ref<Q>;
  /** The address of the actor with this id; null when there is none. The caller knows what it understands. */
  find<Q extends Protocol>(id: string): Promise<Address<Q> | null>;
  /**
   * Casts `name` to this actor once the other one has ended for good; at once when there is none. A restart does not
   * count as an end. Returns the function that cancels the watch, as the end of this life does.
   */
  watch<N extends EndedName<P>>(of: { readonly id: string }, name: N): () => void;
  /** One structured line in the system's log. */
  log(level: LogLevel, event: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** The end of a watched actor. */
export interface Ended {
  readonly actor: string;
  /** `no-actor`: none had that id. */
  readonly reason: ExitReason | { readonly type: 'no-actor' };
}

/** Names of casts that can tell of an end. */
export type EndedName<P extends Protocol> = {
  [N in CastName<P>]: Ended extends BodyOf<P, N> ? N : never;
}[CastName<P>];

/** Why an actor ended. `shutdown`: its supervisor asked. `crash`: it threw, exited, hung or took too much memory. */
export type ExitReason =
  | { readonly type: 'normal' }
  | { readonly type: 'shutdown' }
  | { readonly type: 'crash'; readonly detail: string }
  | { readonly type: 'refused'; readonly fault: Fault };

/** The result of a handler of casts. */
export type CastStep<State> =
  | { readonly step: 'next'; readonly state: State }
  | { readonly step: 'stop'; readonly state: State; readonly reason: ExitReason };
/** The result of a handler of calls: the answer, or with `later` the promise of one. */
export type CallStep<State, Reply, Failure extends Fault> =
  | { readonly step: 'reply'; readonly state: State; readonly result: Result<Reply, Failure> }
  | { readonly step: 'later'; readonly state: State; readonly from: ReplyTo<Reply, Failure> }
  | { readonly step: 'stop'; readonly state: State; readonly reason: ExitReason };
/** The result of any handler; `Reply` is `never` for a cast. */
export type Step<State, Reply = never, Failure extends Fault = never> =
  CastStep<State> | ([Reply] extends [never] ? never : CallStep<State, Reply, Failure>);

/** Go on with `state`. */
export const next = <State>(state: State): CastStep<State> => ({ step: 'next', state });
/** Go on and answer the call. */
export const reply = <State, R, F extends Fault>(
  state: State,
  result: Result<R, F>,
): CallStep<State, R, F> => ({ step: 'reply', state, result });
/** Go on; the call is answered through its `ReplyTo`, before or after this. */
export const later = <State, R, F extends Fault>(
  state: State,
  from: ReplyTo<R, F>,
): CallStep<State, R, F> => ({ step: 'later', state, from });
/** End this actor; whether it starts again is up to its restart type. */
export const stop = <State>(
  state: State,
  reason: ExitReason = { type: 'normal' },
): { readonly step: 'stop'; readonly state: State; readonly reason: ExitReason } => ({
  step: 'stop',
  state,
  reason,
});

/** A value, or a promise of it. */
export type Awaitable<T> = T | Promise<T>;

/** The handler of one message. */
export type Handler<State, P extends Protocol, L extends Links, N extends keyof P> =
  P[N] extends Call<infer Body, infer Reply, infer Failure>
    ? (
        state: State,
        body: Given<Body>,
        context: Context<P, L>,
        from: ReplyTo<Reply, Failure>,
      ) => Awaitable<CallStep<State, Reply, Failure>>
    : P[N] extends Cast<infer Body>
      ? (state: State, body: Given<Body>, context: Context<P, L>) => Awaitable<CastStep<State>>
      : never;

/** Total: every name of the protocol has its handler. */
export type Receive<State, P extends Protocol, L extends Links> = {
  readonly [N in keyof P]: Handler<State, P, L, N>;
};

/** `permanent`: always started again. `transient`: only after a crash. `temporary`: never. */
export type Restart = 'permanent' | 'transient' | 'temporary';

/**
 * The siblings that are restarted with a crashed child: `one-for-one` none, `one-for-all` all, `rest-for-one` those
 * that were started after it.
 */
export type Strategy = 'one-for-one' | 'one-for-all' | 'rest-for-one';

/** How children are restarted. */
export interface Supervision {
  /** Default: one-for-one. */
  readonly strategy?: Strategy;
  /** More restarts than this within `restartWindowMs`: it gives up. Defaults: the limits' own. */
  readonly restartsMax?: number;
  readonly restartWindowMs?: number;
  /** The delay before a restart doubles up to this while the crashes go on. */
  readonly restartDelayMaxMs?: number;
  /** Order in which children stop. `reverse`, the default: last first; `parallel`: all at once. */
  readonly stopOrder?: 'reverse' | 'parallel';
}

/** One supervisor of a tree with its children. */
export interface SupervisorSpec extends Supervision {
  /** Unique among the supervisors of one system. */
  readonly name: string;
  readonly children: readonly (ChildSpec | SupervisorSpec)[];
}

/** The definition of an actor. `child` places it in a tree. */
export interface ActorDefinition<Args, State, P extends Protocol, L extends Links> {
  /** The kind of actor; ids of children are their own. */
  readonly name: string;
  /** Default: permanent. */
  readonly restart?: Restart;
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
  /** Runs before the first message; a fault is a refusal to start, and no restart is tried. */
  init(args: Args, context: Context<P, L>): Awaitable<Result<State, Fault>>;
  readonly receive: Receive<State, P, L>;
  /** How it supervises what it spawns. Default: `one-for-one` with the limits' own numbers. */
  readonly supervision?: Supervision;
  /**
   * Runs after each batch of messages and before the batch is acknowledged to its senders: the place for a group
   * commit. After a crash before its end the messages of the batch are handled again.
   */
  settle?(state: State, context: Context<P, L>): Awaitable<void>;
  /** Runs on `normal` and `shutdown` exits, after the last message. */
  terminate?(state: State, reason: ExitReason): Awaitable<void>;
}

/** An actor's definition with its types checked against each other. */
export function actor<
  Args,
  State,
  P extends Protocol & CloneableProtocol<P>,
  L extends Links = Record<never, never>,
>(definition: ActorDefinition<Args, State, P, L>): ActorDefinition<Args, State, P, L> {
  noteModule(definition, actor);
  return definition;
}

/** One child of a supervisor; made by `child`, which checks it against its definition. */
export type ChildSpec<P extends Protocol = Protocol> = ChildSpecOf<P, Understands<P>>;

/** The fields of a `ChildSpec`. `Understood`: the messages that the actor understands. */
export interface ChildSpecOf<P extends Protocol, Understood> extends AddressOf<P, Understood> {
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
    placement: placementOf(definition, options.placement ?? { kind: 'inline' }),
    transfer: options.transfer ?? [],
  };
}

/** Throws when the thread of a definition has no entry that can be found. */
function placementOf(definition: AnyDefinition, placement: Placement): Placement {
  if (placement.kind === 'inline' || placement.entry !== undefined) return placement;
  const module = moduleOf(definition);
  if (module === null)
    throw new Error(`actor ${definition.name}: its placement needs an entry, since actor() did not make it`);
  const entry = new URL('./thread/entry.js', import.meta.url);
  entry.searchParams.set('module', module.href);
  return { ...placement, entry };
}

/** Limits that a definition may set for its actors. */
export interface OwnLimits {
  readonly shutdownMs?: number;
  readonly mailboxMax?: number;
  readonly busyMsMax?: number;
  readonly handlerMsMax?: number;
  readonly triesMax?: number;
  readonly supervision?: Supervision;
}

/** A definition as the runtime sees it, which moves states and bodies without looking into them. */
export interface Behaviour extends OwnLimits {
  readonly name: string;
  readonly restart?: Restart;
  init(args: unknown, context: unknown): Awaitable<Result<unknown, Fault>>;
  readonly receive: Readonly<Record<string, AnyHandler>>;
  settle?(state: unknown, context: unknown): Awaitable<void>;
  terminate?(state: unknown, reason: ExitReason): Awaitable<void>;
}
/** A handler without its types. */
export type AnyHandler = (
  state: unknown,
  body: unknown,
  context: unknown,
  from: ReplyTo<unknown, Fault> | undefined,
) => Awaitable<Step<unknown, unknown, Fault>>;

/** Any actor's definition, whatever its types. */
export interface AnyDefinition extends OwnLimits {
  readonly name: string;
  readonly restart?: Restart;
  init(args: never, context: never): Awaitable<Result<unknown, Fault>>;
  readonly receive: object;
}

/** Returns a definition without its types. */
export const behaviourOf = (definition: AnyDefinition): Behaviour =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `child` and `Ref` have checked every value that comes in
  definition as unknown as Behaviour;
