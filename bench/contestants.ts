/** Other actor libraries, each made to do the tasks of `peers.bench.ts`. */
import { wrap } from 'comlink';
import { ok } from 'neverthrow';
import { MessageChannel, Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { endpointOf } from './runtime.bench.js';

/** The operations of each contestant. */
export interface Contestant {
  readonly name: string;
  call(): Promise<unknown>;
  /** Sends them all and resolves when the last one is handled. */
  castAll(count: number): Promise<unknown>;
  spawn(nth: number): Promise<unknown>;
  stop(): Promise<unknown>;
}

/** The part of nact that is used. */
export interface Nact {
  start(): unknown;
  spawn(parent: unknown, handler: (state: number, message: NactMessage) => number, name: string): unknown;
  dispatch(to: unknown, message: unknown): void;
  query(to: unknown, message: (sender: unknown) => NactMessage, timeoutMs: number): Promise<unknown>;
  stop(system: unknown): void;
}
interface NactMessage {
  readonly sender?: unknown;
}
interface ComedyActor {
  createChild(behaviour: object, options: object): Promise<ComedyActor>;
  send(name: string, body: unknown): Promise<unknown>;
  sendAndReceive(name: string, body: unknown): Promise<unknown>;
}
/** The part of comedy that is used. */
export interface Comedy {
  createSystem(options: object): { rootActor(): Promise<ComedyActor>; destroy(): Promise<unknown> };
}

/** The part of xstate that is used. */
export interface XState {
  fromTransition(step: (count: number, event: XEvent) => number, initial: number): unknown;
  createActor(logic: unknown): { start(): void; stop(): void; send(event: XEvent): void };
}
interface XEvent {
  readonly type: 'note' | 'echo';
  readonly answer?: (count: number) => void;
}
/** The part of effect that is used. */
export interface EffectModule {
  readonly Effect: {
    flatMap(effect: unknown, next: (value: EffectNote) => unknown): unknown;
    forever(effect: unknown): unknown;
    runFork(effect: unknown): unknown;
    runSync(effect: unknown): unknown;
    runPromise(effect: unknown): Promise<unknown>;
    readonly void: unknown;
  };
  readonly Queue: {
    unbounded(): unknown;
    take(queue: unknown): unknown;
    unsafeOffer(queue: unknown, note: EffectNote): boolean;
  };
  readonly Deferred: {
    make(): unknown;
    succeed(deferred: unknown, value: unknown): unknown;
    await(deferred: unknown): unknown;
  };
  readonly Fiber: { interrupt(fiber: unknown): unknown };
}
interface EffectNote {
  readonly answer?: unknown;
}

/** nact: actors as functions, in one thread. */
export function nactContestant(nact: Nact): Contestant {
  const system = nact.start();
  const handler = (count: number, { sender }: NactMessage): number => {
    if (sender !== undefined) nact.dispatch(sender, { count });
    return count + 1;
  };
  const actor = nact.spawn(system, handler, 'echo');
  const ask = () => nact.query(actor, (sender) => ({ sender }), 10_000);
  return {
    name: 'nact',
    call: ask,
    castAll(count) {
      for (let n = 0; n < count; n += 1) nact.dispatch(actor, { n });
      return ask();
    },
    spawn: async (nth) => Promise.resolve(nact.spawn(system, handler, `echo-${nth}`)),
    stop: async () => Promise.resolve(nact.stop(system)),
  };
}

/** comedy: actors in memory or in a thread. */
export async function comedyContestant(comedy: Comedy, mode: 'in-memory' | 'threaded'): Promise<Contestant> {
  const quiet = { debug: ok, info: ok, warn: ok, error: ok };
  const system = comedy.createSystem({ log: quiet, test: true });
  const root = await system.rootActor();
  const behaviour = { echo: (body: unknown) => body, note: () => undefined };
  const actor = await root.createChild(behaviour, { mode, name: 'echo' });
  return {
    name: `comedy, ${mode}`,
    call: () => actor.sendAndReceive('echo', { id: 1, text: 'x' }),
    async castAll(count) {
      for (let id = 0; id < count; id += 1) void actor.send('note', { id, text: 'x' });
      await actor.sendAndReceive('echo', {});
    },
    spawn: (nth) => root.createChild(behaviour, { mode: 'in-memory', name: `echo-${nth}` }),
    stop: () => system.destroy(),
  };
}

/** xstate: delivers synchronously within `send`, without supervision. */
export function xstateContestant(xstate: XState): Contestant {
  const logic = xstate.fromTransition((count, { answer }) => {
    answer?.(count);
    return count + 1;
  }, 0);
  const made: { stop(): void }[] = [];
  const start = () => {
    const one = xstate.createActor(logic);
    one.start();
    made.push(one);
    return one;
  };
  const actor = start();
  const ask = () => new Promise((answer) => actor.send({ type: 'echo', answer }));
  return {
    name: 'xstate',
    call: ask,
    castAll(count) {
      for (let n = 0; n < count; n += 1) actor.send({ type: 'note' });
      return ask();
    },
    spawn: async () => Promise.resolve(start()),
    stop: async () => Promise.resolve(made.forEach((one) => one.stop())),
  };
}

/** effect: a fiber that takes from a queue. */
export function effectContestant({ Effect, Queue, Deferred, Fiber }: EffectModule): Contestant {
  const fibers: unknown[] = [];
  const start = (): unknown => {
    const queue = Effect.runSync(Queue.unbounded());
    const one = Effect.flatMap(Queue.take(queue), ({ answer }) =>
      answer === undefined ? Effect.void : Deferred.succeed(answer, 1),
    );
    fibers.push(Effect.runFork(Effect.forever(one)));
    return queue;
  };
  const actor = start();
  const ask = () => {
    const answer = Effect.runSync(Deferred.make());
    Queue.unsafeOffer(actor, { answer });
    return Effect.runPromise(Deferred.await(answer));
  };
  return {
    name: 'effect',
    call: ask,
    castAll(count) {
      for (let n = 0; n < count; n += 1) Queue.unsafeOffer(actor, {});
      return ask();
    },
    spawn: async () => Promise.resolve(start()),
    stop: async () => {
      for (const fiber of fibers) await Effect.runPromise(Fiber.interrupt(fiber));
    },
  };
}

/** comlink: remote calls on a thread; it has no other messages. */
export async function comlinkContestant(): Promise<Contestant> {
  const [data, remote] = [new MessageChannel(), new MessageChannel()];
  const worker = new Worker(new URL('./runtime-bare.js', import.meta.url), {
    workerData: { data: data.port2, remote: remote.port2 },
    transferList: [data.port2, remote.port2],
  });
  await new Promise((resolve) => worker.once('online', resolve));
  const handle = wrap<{ echo(body: unknown): unknown }>(endpointOf(remote.port1));
  const call = async () => handle.echo({ id: 1, text: 'x' });
  return {
    name: 'comlink',
    call,
    castAll: (count) => Promise.all(Array.from({ length: count }, call)),
    spawn: () => Promise.reject(new Error('comlink has no actors')),
    stop: async () => {
      data.port1.close();
      remote.port1.close();
      await worker.terminate();
    },
  };
}

/** piscina: tasks for a pool of one thread; they keep no state and no order. */
export function piscinaContestant(): Contestant {
  const pool = new Piscina({
    filename: new URL('./runtime-job.js', import.meta.url).href,
    maxThreads: 1,
    minThreads: 1,
    concurrentTasksPerWorker: 64,
  });
  const call = () => pool.run({ id: 1, text: 'x' });
  return {
    name: 'piscina',
    call,
    castAll: (count) => Promise.all(Array.from({ length: count }, call)),
    spawn: () => Promise.reject(new Error('piscina has no actors')),
    stop: () => pool.destroy(),
  };
}
