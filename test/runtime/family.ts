/** A parent that spawns leaves on request, and the leaves. */
import { setTimeout } from 'node:timers/promises';
import { err, ok } from 'neverthrow';
import {
  actor,
  address,
  child,
  next,
  reply,
  type Address,
  type Call,
  type Cast,
  type Ended,
  type Fault,
} from '../../src/runtime/index.js';

export type LeafProtocol = { add: Cast<number>; sum: Call<null, number> };

/** Adds up; crashes at a negative number. */
export const leaf = actor<null, number, LeafProtocol>({
  name: 'leaf',
  restart: 'permanent',
  init: (_args, { id }) => (id === 'refuse' ? err({ code: 'test/refused' }) : ok(0)),
  receive: {
    add: (sum, n) => {
      if (n < 0) throw new Error('a negative number');
      return next(sum + n);
    },
    sum: (sum) => reply(sum, ok(sum)),
  },
});
export const slowLeaf = actor<{ readonly endMs: number }, number, { wait: Cast<null> }>({
  name: 'slow-leaf',
  restart: 'permanent',
  init: ({ endMs }) => ok(endMs),
  receive: { wait: (endMs) => next(endMs) },
  terminate: (endMs) => setTimeout(endMs),
});

export type AskedProtocol = { ask: Call<null, number> };

/** Its first life is ready, and takes the thread along at once. Tells how often it was restarted. */
export const hasty = actor<null, number, AskedProtocol>({
  name: 'hasty',
  restart: 'permanent',
  init: (_args, { restarts }) => {
    if (restarts === 0) setImmediate(() => process.exit(1));
    return ok(restarts);
  },
  receive: { ask: (restarts) => reply(restarts, ok(restarts)) },
});

/** Refuses to start, with a fault that cannot be cloned. */
export const grudging = actor<null, null, AskedProtocol>({
  name: 'grudging',
  restart: 'temporary',
  init: () => err({ code: 'test/refused', retry: () => undefined }),
  receive: { ask: (state) => reply(state, ok(0)) },
});

export type ParentProtocol = {
  /** `entry`: of a thread of its own; null: beside its parent. */
  spawn: Call<{ readonly id: string; readonly entry: string | null; readonly under?: string }, string, Fault>;
  /** Spawns a supervisor, one-for-all, with these leaves. `entry`: as of `spawn`. */
  found: Call<
    { readonly name: string; readonly ids: readonly string[]; readonly entry: string | null },
    null,
    Fault
  >;
  stopChild: Call<{ readonly id: string }, null, Fault>;
  pass: Cast<{ readonly id: string; readonly n: number }>;
  sum: Call<{ readonly id: string }, number, Fault>;
  find: Call<{ readonly id: string }, boolean>;
  watch: Cast<{ readonly id: string }>;
  ended: Cast<Ended>;
  ends: Call<null, readonly string[]>;
  self: Call<null, Address<ParentProtocol>>;
  /** Sends itself the rest, over a ref to its own address. */
  repeat: Cast<number>;
  crash: Cast<null>;
};

const leafAt = (id: string, entry: string | null) =>
  child(leaf, {
    id,
    placement: entry === null ? { kind: 'inline' } : { kind: 'thread', entry: new URL(entry) },
  });

export const parent = actor<null, readonly string[], ParentProtocol>({
  name: 'parent',
  restart: 'permanent',
  triesMax: 1,
  init: () => ok([]),
  receive: {
    spawn: async (ends, { id, entry, under }, context) => {
      const options = under === undefined ? {} : { under };
      const spawned = await context.spawn(leafAt(id, entry), options);
      return reply(
        ends,
        spawned.map((ref) => ref.actor),
      );
    },
    found: async (ends, { name, ids, entry }, context) => {
      const children = ids.map((id) => leafAt(id, entry));
      const founded = await context.spawnSupervisor({ name, strategy: 'one-for-all', children });
      return reply(
        ends,
        founded.map(() => null),
      );
    },
    stopChild: async (ends, { id }, context) =>
      reply(
        ends,
        (await context.stopChild({ id })).map(() => null),
      ),
    pass: (ends, { id, n }, context) => {
      context.ref(address<LeafProtocol>(id)).cast('add', n);
      return next(ends);
    },
    sum: async (ends, { id }, context) =>
      reply(ends, await context.ref(address<LeafProtocol>(id)).call('sum', null)),
    find: async (ends, { id }, context) => reply(ends, ok((await context.find(id)) !== null)),
    watch: (ends, { id }, context) => {
      context.watch({ id }, 'ended');
      return next(ends);
    },
    ended: (ends, { actor: id, reason }) => next([...ends, `${id} ${reason.type}`]),
    ends: (ends) => reply(ends, ok(ends)),
    self: (ends, _body, context) => reply(ends, ok(context.address)),
    repeat: (ends, times, context) => {
      if (times === 0) return next([...ends, 'repeated']);
      context.ref(context.address).cast('repeat', times - 1);
      return next(ends);
    },
    crash: () => {
      throw new Error('crashed on purpose');
    },
  },
});

/** Loops for ever at the start of one of its lives. */
export const looping = actor<{ readonly loopsAt: number }, number, AskedProtocol & { die: Cast<null> }>({
  name: 'looping',
  triesMax: 1,
  init: ({ loopsAt }, { restarts }) => {
    if (restarts === loopsAt) for (;;);
    return ok(restarts);
  },
  receive: {
    ask: (restarts) => reply(restarts, ok(restarts)),
    die: () => process.exit(1),
  },
});

/** Spawns a leaf in its `init`, under a supervisor that starts later, and sends to it at once. */
export const early = actor<{ readonly under: string }, null, AskedProtocol>({
  name: 'early',
  init: ({ under }, context) => {
    void context.spawn(child(leaf, { id: 'leaf-1' }), { under });
    context.ref(address<LeafProtocol>('leaf-1')).cast('add', 4);
    return ok(null);
  },
  receive: { ask: (state) => reply(state, ok(0)) },
});
