/**
 * A router: an actor that spawns workers of one kind and passes each message on to one of them. It speaks the protocol of
 * its workers, so a sender does not know it from a single one. Casts wait for room at the worker, calls do not hold up
 * the router; a call that its caller gives up is given up at the worker.
 */
import { ok } from 'neverthrow';
import {
  behaviourOf,
  child,
  later,
  next,
  type ActorDefinition,
  type AnyHandler,
  type CastStep,
  type Placement,
  type Protocol,
} from '../actor.js';
import type { AnyRef } from '../cell/incarnation.js';
import type { KinContext } from '../cell/kin.js';
import type { CloneableProtocol } from '../typing.js';
import { timerMsMax } from '../timers.js';

/**
 * `round-robin`: one after the other. `least-busy`: the one with the fewest messages that are not handled. A function:
 * messages for which it gives the same key go to the same worker.
 */
export type Route = 'round-robin' | 'least-busy' | ((name: string, body: unknown) => string);

/** Options of a router. */
export interface RouterOptions<Args> {
  readonly workers: number;
  readonly route: Route;
  /** Arguments of each worker. */
  readonly args: Args;
  /** Placement of the nth worker, from 0. Default: beside the router. */
  readonly placement?: (nth: number) => Placement;
}

interface State {
  readonly workers: readonly AnyRef[];
  turn: number;
}

/** Errors of `init`: the first worker's that does not start. Throws unless `workers` is a whole number above 0. */
export function router<Args, WorkerState, P extends Protocol & CloneableProtocol<P>>(
  worker: ActorDefinition<Args, WorkerState, P, Record<never, never>>,
  options: RouterOptions<Args>,
): ActorDefinition<null, unknown, P, Record<never, never>> {
  if (!Number.isSafeInteger(options.workers) || options.workers < 1)
    throw new RangeError(
      `router of ${worker.name}: it has ${options.workers} workers, and needs at least one`,
    );
  const receive: Record<string, AnyHandler> = {};
  for (const name of Object.keys(worker.receive)) receive[name] = forward(name, options.route);
  const definition = {
    name: `router of ${worker.name}`,
    restart: worker.restart ?? 'permanent',
    receive,
    async init(_args: null, context: KinContext) {
      const workers: AnyRef[] = [];
      for (let nth = 0; nth < options.workers; nth += 1) {
        const placement = options.placement?.(nth) ?? { kind: 'inline' };
        const id = `${context.address.id}/${nth}`;
        const spec = { ...child(bare(worker), { id, placement }), args: options.args };
        const started = await context.spawn(spec);
        if (started.isErr()) return started.map(() => null);
        workers.push(started.value);
      }
      return ok({ workers, turn: 0 });
    },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it handles each name of the protocol as its worker does
  return definition as unknown as ActorDefinition<null, unknown, P, Record<never, never>>;
}

/** A worker without its types: its arguments are put into the spec, where they are checked no more. */
function bare(
  worker: Parameters<typeof behaviourOf>[0],
): ActorDefinition<null, unknown, Protocol, Record<never, never>> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `router` has checked them against its options
  return behaviourOf(worker) as unknown as ActorDefinition<null, unknown, Protocol, Record<never, never>>;
}

function forward(name: string, route: Route): AnyHandler {
  return (given, body, _context, from) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what `init` above has returned
    const state = given as State;
    const to = pick(state, route, name, body);
    if (from === undefined) return sent(to, name, body, state);
    void to.call(name, body, { signal: from.signal, deadlineMs: timerMsMax }).match(
      (value) => from.ok(value),
      (fault) => from.err(fault),
    );
    return later(state, from);
  };
}

async function sent(to: AnyRef, name: string, body: unknown, state: State): Promise<CastStep<State>> {
  await to.send(name, body);
  return next(state);
}

function pick(state: State, route: Route, name: string, body: unknown): AnyRef {
  const { workers } = state;
  state.turn = (state.turn + 1) % workers.length;
  const inTurn = workers[state.turn];
  if (inTurn === undefined) throw new Error('a router needs at least one worker');
  if (route === 'round-robin') return inTurn;
  // From the one whose turn it is, so that the first of equals is not always the same.
  if (route === 'least-busy')
    return workers.reduce((best, one) => (one.pending < best.pending ? one : best), inTurn);
  return workers[hash(route(name, body)) % workers.length] ?? inTurn;
}

/** FNV-1a, 32 bits. */
function hash(key: string): number {
  let sum = 0x81_1c_9d_c5;
  for (let i = 0; i < key.length; i += 1) sum = Math.imul(sum ^ key.charCodeAt(i), 0x01_00_01_93);
  return sum >>> 0;
}
