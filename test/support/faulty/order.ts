/**
 * Faults on order, injected from outside the product: a worker entry of the tests hosts the shipped actor and listens
 * on a broadcast channel for "fail like this". One node of a process at a time may run on such entries: a worker
 * cannot tell from which node it was started.
 */
import { BroadcastChannel } from 'node:worker_threads';
import { eventually } from '../deadline.js';
import { threadEntry } from '../programs.js';
import type { AnyDefinition, AnyHandler, Behaviour } from '../../../src/runtime/actor.js';
import type { WorkerEntries } from '../../../src/node/tree.js';

export type FaultyWorker = Exclude<Parameters<WorkerEntries>[0], 'jobs'>;

/** How a worker fails. `handler`: its actor throws at its next message, and the thread lives on. `loop` and `off-heap` do not end it: the supervisor must notice. */
export const allFaults = ['handler', 'throw', 'reject', 'exit', 'loop', 'heap', 'off-heap'] as const;
export type Fault = (typeof allFaults)[number];

/**
 * `hear` is answered by `hears`: an order to a worker that is just starting would be lost. A spare thread, which hosts
 * no actor, neither answers nor fails.
 */
type Order =
  | { readonly order: 'hear' | 'hears'; readonly worker: FaultyWorker }
  | { readonly order: 'fail'; readonly worker: FaultyWorker; readonly fault: Fault };

/** Worker entries whose actors fail on order. */
export function faultyWorkers(): {
  readonly entries: WorkerEntries;
  /** Settles once the worker runs. */
  hears(worker: FaultyWorker): Promise<void>;
  fail(worker: FaultyWorker, fault: Fault): void;
  close(): void;
} {
  const channel = new BroadcastChannel(channelName);
  const heard = new Set<FaultyWorker>();
  const post = (order: Order): void => channel.postMessage(order);
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the types know messages on `onmessage` only
  channel.onmessage = ({ data }: { readonly data: Order }) => {
    if (data.order === 'hears') heard.add(data.worker);
  };
  return {
    hears(worker) {
      heard.delete(worker);
      return eventually(
        () => {
          post({ order: 'hear', worker });
          return heard.has(worker);
        },
        10_000,
        `${worker} runs`,
      );
    },
    entries: (worker) =>
      worker === 'jobs'
        ? new URL('../../../bundle/thread-jobs.cjs', import.meta.url)
        : threadEntry(`support/faulty/${worker}`),
    fail: (worker, fault) => post({ order: 'fail', worker, fault }),
    close: () => channel.close(),
  };
}

/** To be called by the entry of a worker. */
export function obeyFaults(worker: FaultyWorker): void {
  const channel = new BroadcastChannel(channelName);
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the types know messages on `onmessage` only
  channel.onmessage = ({ data }: { readonly data: Order }) => {
    if (data.worker !== worker || !isHosting) return;
    if (data.order === 'hear') channel.postMessage({ order: 'hears', worker } satisfies Order);
    else if (data.order === 'fail') fail(data.fault);
  };
  channel.unref();
}

const channelName = 'faults';

function fail(fault: Fault): void {
  switch (fault) {
    case 'handler':
      isNextMessageFatal = true;
      return;
    case 'throw':
      setImmediate(() => {
        throw new Error('a fault on order');
      });
      return;
    case 'reject':
      void Promise.reject(new Error('a fault on order'));
      return;
    case 'exit':
      process.exit(1);
    case 'loop':
      for (;;);
    case 'heap': {
      // A chain of small objects: from Node 24 on, V8 may abort the whole process, limits or not, when the heap of a
      // worker is filled in large steps (arrays that grow, long strings).
      for (let chain: unknown = null; ;) chain = { chain };
    }
    case 'off-heap':
      for (let mib = 0; mib < 300; mib += 1) offHeap.push(Buffer.alloc(2 ** 20, mib));
  }
}

let isHosting = false;
let isNextMessageFatal = false;

/** The shipped actor; its handlers fail on order. */
export function faulty(definition: AnyDefinition): AnyDefinition {
  const receive = Object.fromEntries(
    Object.entries(definition.receive as Behaviour['receive']).map(
      ([name, handler]): [string, AnyHandler] => [
        name,
        (...args) => {
          if (isNextMessageFatal) {
            isNextMessageFatal = false;
            throw new Error('a fault on order, in a handler');
          }
          return handler(...args);
        },
      ],
    ),
  );
  const init: typeof definition.init = (...args) => {
    isHosting = true;
    return definition.init(...args);
  };
  return { ...definition, init, receive };
}

/** A text that the actor of `poisonable` cannot stand: it throws whenever it meets it. */
export const poison = 'a text that no history can take';

export function poisonable(definition: AnyDefinition): AnyDefinition {
  const receive = Object.fromEntries(
    Object.entries(definition.receive as Behaviour['receive']).map(
      ([name, handler]): [string, AnyHandler] => [
        name,
        (...args) => {
          if (name === 'append' && JSON.stringify(args[1]).includes(poison)) throw new Error('poisoned');
          return handler(...args);
        },
      ],
    ),
  );
  return { ...definition, receive };
}

/** Kept, so that no collection takes it away. */
const offHeap: Buffer[] = [];
