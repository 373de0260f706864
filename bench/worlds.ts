/** The tasks of `suites.ts` played by each library: the same behaviour, and only what sends and receives differs. */
import { EventEmitter, once } from 'node:events';
import {
  actor,
  address,
  child,
  next,
  ok,
  startSupervisor,
  type Cast,
  type Placement,
  type Ref,
} from '../src/runtime/index.js';
import { firstWord, judge, suites, type SuiteName, type Word } from './suites.js';

/** The actors of one task, ready to begin. */
export interface World {
  /** Plays the task to its end. */
  play(): Promise<void>;
  end(): Promise<unknown>;
}

/** A library that can play. */
export interface Player {
  readonly name: string;
  build(suite: SuiteName): Promise<World>;
}

/** A promise with the function that resolves it. */
function openEnd(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  const end = new EventEmitter();
  const promise = once(end, 'end').then(() => undefined);
  return { promise, resolve: () => void end.emit('end') };
}

type PartProtocol = { tell: Cast<Word> };
interface PartArgs {
  readonly suite: SuiteName;
  readonly self: number;
}

const idOf = (nth: number): string => (nth === judge ? 'judge' : `part-${nth}`);

/** One actor of a task, in whatever thread. */
export const part = actor<PartArgs, (word: Word) => void, PartProtocol>({
  name: 'part',
  init({ suite, self }, context) {
    const refs = new Map<number, Ref<PartProtocol>>();
    const refOf = (nth: number): Ref<PartProtocol> => {
      const ref = refs.get(nth) ?? context.ref(address<PartProtocol>(idOf(nth)));
      refs.set(nth, ref);
      return ref;
    };
    const behave = suites[suite].part(self);
    return ok((word) => behave(word, (to, answer) => refOf(to).cast('tell', answer)._unsafeUnwrap()));
  },
  receive: {
    tell: (behave, word) => {
      behave(word);
      return next(behave);
    },
  },
});

const watcher = actor<{ readonly done: () => void }, () => void, PartProtocol>({
  name: 'judge',
  init: ({ done }) => ok(done),
  receive: {
    tell: (done) => {
      done();
      return next(done);
    },
  },
});

/** Room for every word of a task at once, as the other libraries have it without asking. */
const roomy = { mailboxMax: 2 ** 16, linkCreditMax: 2 ** 16 } as const;

/** This runtime, with the actors of a task spread over so many threads; 0: in the calling one. */
export function ownPlayer(threads: number): Player {
  const entry = new URL('./suites-entry.js', import.meta.url);
  const placementOf = (nth: number): Placement =>
    threads === 0 ? { kind: 'inline' } : { kind: 'thread', thread: `bench-${nth % threads}`, entry };
  return {
    name: threads === 0 ? 'this runtime' : `this runtime, ${threads} threads`,
    async build(suite) {
      const { promise, resolve } = openEnd();
      const parts = Array.from({ length: suites[suite].actors }, (_, self) =>
        child(part, { id: idOf(self), args: { suite, self }, placement: placementOf(self) }),
      );
      const end = child(watcher, { id: idOf(judge), args: { done: resolve }, placement: { kind: 'inline' } });
      const root = (
        await startSupervisor({
          name: 'bench',
          children: [end, ...parts],
          stopOrder: 'parallel',
          limits: roomy,
        })
      )._unsafeUnwrap();
      const first = root.ref(address<PartProtocol>(idOf(0)));
      return {
        play() {
          first.cast('tell', firstWord)._unsafeUnwrap();
          return promise;
        },
        end: () => root.stop(),
      };
    },
  };
}

/** The part of nact that is used. */
export interface NactSuite {
  start(): unknown;
  spawn(parent: unknown, handler: (state: null, word: Word) => null, name: string): unknown;
  dispatch(to: unknown, word: Word): void;
  stop(actor: unknown): void;
}

/** nact: actors as functions, in one thread. */
export function nactPlayer(nact: NactSuite): Player {
  return {
    name: 'nact',
    build(suite) {
      const system = nact.start();
      const { promise, resolve } = openEnd();
      const tell = (to: number, word: Word): void => {
        if (to === judge) resolve();
        else nact.dispatch(all[to], word);
      };
      const all = Array.from({ length: suites[suite].actors }, (_, self) => {
        const behave = suites[suite].part(self);
        const handler = (state: null, word: Word): null => {
          behave(word, tell);
          return state;
        };
        return nact.spawn(system, handler, idOf(self));
      });
      const play = (): Promise<void> => {
        tell(0, firstWord);
        return promise;
      };
      return Promise.resolve({ play, end: () => Promise.resolve(nact.stop(system)) });
    },
  };
}

interface ComedyChild {
  createChild(behaviour: object, options: object): Promise<ComedyChild>;
  send(name: string, body: unknown): Promise<unknown>;
}
/** The part of comedy that is used. */
export interface ComedySuite {
  createSystem(options: object): { rootActor(): Promise<ComedyChild>; destroy(): Promise<unknown> };
}

/** comedy: actors in memory. */
export function comedyPlayer(comedy: ComedySuite): Player {
  const quiet = { debug: ok, info: ok, warn: ok, error: ok };
  return {
    name: 'comedy, in memory',
    async build(suite) {
      const system = comedy.createSystem({ log: quiet, test: true });
      const root = await system.rootActor();
      const { promise, resolve } = openEnd();
      const all: ComedyChild[] = [];
      const tell = (to: number, word: Word): void => {
        if (to === judge) resolve();
        else void all[to]?.send('tell', word);
      };
      for (let self = 0; self < suites[suite].actors; self += 1) {
        const behave = suites[suite].part(self);
        const behaviour = { tell: (word: Word) => behave(word, tell) };
        all.push(await root.createChild(behaviour, { mode: 'in-memory', name: idOf(self) }));
      }
      const play = (): Promise<void> => {
        tell(0, firstWord);
        return promise;
      };
      return { play, end: () => system.destroy() };
    },
  };
}

/** The part of effect that is used. */
export interface EffectSuite {
  readonly Effect: {
    flatMap(effect: unknown, next: (word: Word) => unknown): unknown;
    sync(run: () => void): unknown;
    forever(effect: unknown): unknown;
    runFork(effect: unknown): unknown;
    runSync(effect: unknown): unknown;
    runPromise(effect: unknown): Promise<unknown>;
  };
  readonly Queue: {
    unbounded(): unknown;
    take(queue: unknown): unknown;
    unsafeOffer(queue: unknown, word: Word): boolean;
  };
  readonly Fiber: { interrupt(fiber: unknown): unknown };
}

/** effect: a fiber for each actor, which takes from a queue. */
export function effectPlayer({ Effect, Queue, Fiber }: EffectSuite): Player {
  return {
    name: 'effect',
    build(suite) {
      const { promise, resolve } = openEnd();
      const queues = Array.from({ length: suites[suite].actors }, () => Effect.runSync(Queue.unbounded()));
      const tell = (to: number, word: Word): void => {
        if (to === judge) resolve();
        else Queue.unsafeOffer(queues[to], word);
      };
      const fibers = queues.map((queue, self) => {
        const behave = suites[suite].part(self);
        const one = Effect.flatMap(Queue.take(queue), (word) => Effect.sync(() => behave(word, tell)));
        return Effect.runFork(Effect.forever(one));
      });
      const play = (): Promise<void> => {
        tell(0, firstWord);
        return promise;
      };
      const end = async (): Promise<void> => {
        for (const fiber of fibers) await Effect.runPromise(Fiber.interrupt(fiber));
      };
      return Promise.resolve({ play, end });
    },
  };
}
