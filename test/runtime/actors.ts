/** Actors that the tests of the runtime supervise, inline and in threads. */
import { resourceLimits, threadId, workerData, type MessagePort } from 'node:worker_threads';
import { err, ok } from 'neverthrow';
import { readFileSync } from 'node:fs';
import { ownThreadId } from '../../src/runtime/thread/clock.js';
import { unreachable } from '../../src/runtime/exhaustive.js';
import {
  actor,
  later,
  next,
  reply,
  stop,
  type Call,
  type Cast,
  type Links,
} from '../../src/runtime/index.js';

export type Fate =
  | 'ok'
  | 'throw'
  | 'reject'
  | 'exit'
  | 'loop'
  | 'heap'
  | 'much-heap'
  | 'off-heap'
  | 'unhandled'
  | 'uncaught'
  | 'stop'
  | 'deaf'
  | 'hang';

export type JournalProtocol = {
  wrote: Cast<{ readonly by: string; readonly n: number }>;
  read: Call<null, readonly { readonly by: string; readonly n: number }[]>;
};

/** Remembers all entries. */
export const journal = actor<null, { by: string; n: number }[], JournalProtocol>({
  name: 'journal',
  restart: 'permanent',
  init: () => ok([]),
  receive: {
    wrote: (state, entry) => {
      state.push(entry);
      return next(state);
    },
    read: (state) => reply(state, ok(state)),
  },
});

export type BriefProtocol = { end: Cast<null> };

/** Ends as soon as it has started. */
export const brief = actor<null, null, BriefProtocol>({
  name: 'brief',
  restart: 'temporary',
  init: (_args, context) => {
    context.self('end', null);
    return ok(null);
  },
  receive: { end: (state) => stop(state) },
});

export type WorkProtocol = {
  /** Meets its fate the first `times` times it is tried (counted in shared memory), then is written down. */
  work: Cast<{
    readonly n: number;
    readonly fate?: Fate;
    readonly times?: number;
    readonly tries?: SharedArrayBuffer;
  }>;
  ask: Call<
    { readonly n: number; readonly fate?: Fate; readonly times?: number; readonly tries?: SharedArrayBuffer },
    { readonly n: number; readonly restarts: number },
    { readonly code: 'test/odd'; readonly n: number }
  >;
  later: Call<{ readonly n: number; readonly delayMs: number }, number>;
  /** Computes for so much time of its processor, without a turn of its loop, then is written down. */
  compute: Cast<{ readonly n: number; readonly cpuMs: number }>;
  /** Number by which the system knows its thread; 0 where it does not tell. */
  threadId: Call<null, number>;
  /** Node's number of its thread: they rise in the order in which threads are started. */
  nodeThreadId: Call<null, number>;
  never: Call<null, null>;
  carry: Cast<{ readonly n: number; readonly bytes: Uint8Array; readonly fate?: Fate }>;
};
export type WorkLinks = { readonly journal: JournalProtocol };
export interface WorkArgs {
  readonly refuse?: boolean;
  readonly crashInInit?: boolean;
  readonly async?: boolean;
}

interface WorkState {
  readonly args: WorkArgs;
  readonly open: Map<number, (value: number) => void>;
}

/** Works, or fails in the way it is asked to; writes down in the journal what it did. */
export const worker = actor<WorkArgs, WorkState, WorkProtocol, WorkLinks>({
  name: 'worker',
  restart: 'permanent',
  init: (args) => {
    if (args.crashInInit === true) throw new Error('crashed in init');
    return args.refuse === true
      ? err({ code: 'test/refused' })
      : ok({ args, open: new Map<number, (value: number) => void>() });
  },
  receive: {
    work: (state, { n, fate = 'ok', times = Infinity, tries }, context) => {
      const outcome = isDue(times, tries) ? meet(fate) : null;
      const write = () => {
        context.links.journal.cast('wrote', { by: context.id, n });
        return fate === 'stop' ? stop(state) : next(state);
      };
      return outcome === null ? write() : outcome.then(write);
    },
    ask: async (state, { n, fate = 'ok', times = Infinity, tries }, context) => {
      if (isDue(times, tries)) await meet(fate);
      return n % 2 === 0
        ? reply(state, ok({ n, restarts: context.restarts }))
        : reply(state, err({ code: 'test/odd', n }));
    },
    later: (state, { n, delayMs }, _context, from) => {
      setTimeout(() => from.ok(n), delayMs);
      return later(state, from);
    },
    compute: (state, { n, cpuMs }, context) => {
      compute(cpuMs);
      context.links.journal.cast('wrote', { by: context.id, n });
      return next(state);
    },
    threadId: (state) => reply(state, ok(ownThreadId())),
    nodeThreadId: (state) => reply(state, ok(threadId)),
    never: (state, _body, _context, from) => later(state, from),
    carry: (state, { n, bytes, fate = 'ok' }, context) => {
      void meet(fate);
      context.links.journal.cast('wrote', { by: context.id, n: n + bytes.byteLength });
      return next(state);
    },
  },
});

function isDue(times: number, tries: SharedArrayBuffer | undefined): boolean {
  return tries === undefined ? times > 0 : Atomics.add(new Int32Array(tries), 0, 1) < times;
}

const ranMs = (): number =>
  ownThreadId() === 0
    ? performance.now()
    : Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1e6;

/** By the clock of its thread where the system has one, else by that on the wall. */
function compute(cpuMs: number): void {
  const endMs = ranMs() + cpuMs;
  while (ranMs() < endMs) for (let n = 0; n < 100_000; n += 1);
}

/** Comes back only from a harmless fate. */
export function meet(fate: Fate): Promise<void> | null {
  switch (fate) {
    case 'ok':
    case 'stop':
      return null;
    case 'throw':
      throw new Error('thrown on purpose');
    case 'reject':
      return Promise.reject(new Error('rejected on purpose'));
    case 'exit':
      // oxlint-disable-next-line unicorn/no-process-exit -- it is what is tested
      return process.exit(3);
    case 'loop':
      for (;;);
    case 'heap': {
      // A chain of small objects: from Node 24 on, V8 may abort the whole process, limits or not, when the heap of a
      // worker is filled in large steps (arrays that grow, long strings).
      for (let chain: unknown = null; ;) chain = { chain };
    }
    case 'much-heap':
      return fillMuch();
    case 'off-heap': {
      kept.push(...Array.from({ length: 64 }, () => Buffer.alloc(2 ** 20, 1)));
      return null;
    }
    case 'unhandled':
      void Promise.reject(new Error('nobody handles this'));
      return new Promise(() => undefined);
    case 'uncaught':
      setImmediate(() => {
        throw new Error('thrown outside any handler');
      });
      return new Promise(() => undefined);
    case 'deaf':
      controlPortOf(workerData).removeAllListeners('message');
      return null;
    case 'hang':
      return new Promise(() => undefined);
    default:
      return unreachable(fate);
  }
}
const kept: Buffer[] = [];

/** Over which its supervisor asks the thread for signs of life. */
function controlPortOf(birth: { readonly control: MessagePort }): MessagePort {
  return birth.control;
}

/** More than a thread should hold, and less than its limit; in slices, so that its heart goes on beating. */
async function fillMuch(): Promise<void> {
  const heapMbMax = resourceLimits.maxOldGenerationSizeMb ?? Infinity;
  while (process.memoryUsage().heapUsed < 0.82 * heapMbMax * 2 ** 20) {
    for (let n = 0; n < 100_000; n += 1) chained = { chained };
    await new Promise((resolve) => setImmediate(resolve));
  }
}
let chained: unknown = null;

export type StoreProtocol = {
  put: Call<
    { readonly n: number; readonly fate?: Fate; readonly times?: number; readonly tries?: SharedArrayBuffer },
    number
  >;
  size: Call<null, { readonly rows: number; readonly commits: number }>;
};
interface StoreState {
  rows: number;
  commits: number;
  readonly pending: { readonly n: number; readonly done: () => void }[];
}

/** Commits in groups: answers only in `settle`. */
export const store = actor<null, StoreState, StoreProtocol, Links>({
  name: 'store',
  restart: 'permanent',
  init: () => ok({ rows: 0, commits: 0, pending: [] }),
  receive: {
    put: (state, { n, fate = 'ok', times = Infinity, tries }, _context, from) => {
      if (isDue(times, tries)) void meet(fate);
      state.pending.push({ n, done: () => from.ok(n) });
      return later(state, from);
    },
    size: (state) => reply(state, ok({ rows: state.rows, commits: state.commits })),
  },
  settle: (state) => {
    if (state.pending.length === 0) return;
    // A negative number is what the disk refuses.
    if (state.pending.some(({ n }) => n < 0)) throw new Error('cannot be committed');
    state.commits += 1;
    state.rows += state.pending.length;
    for (const { done } of state.pending.splice(0)) done();
  },
});
