/**
 * Runs one actor without a supervisor: its handlers are called one at a time, its links are recorders that a test
 * can wait on. For tests of an actor's own behaviour.
 */
import { err, errAsync, ok, okAsync, type Result } from 'neverthrow';
import type {
  ActorDefinition,
  BodyOf,
  CallName,
  CastName,
  Context,
  Fault,
  FaultOf,
  Links,
  Protocol,
  Ref,
  ReplyOf,
  Step,
} from '../../src/runtime/actor.js';
import { hangMs } from './deadline.js';

export interface Recorded {
  readonly name: string;
  readonly body: unknown;
}

/** The casts of an actor over one of its links. `answers`: replies to the calls it makes. */
export class Recorder<P extends Protocol> {
  readonly #casts: Recorded[] = [];
  readonly #waiting = new Set<() => void>();
  #taken = 0;
  readonly ref: Ref<P>;

  constructor(
    answers: Readonly<Record<string, (body: never) => unknown>> = {},
    onCast?: (cast: Recorded) => void,
  ) {
    const record = (name: string, body: unknown): void => {
      this.#casts.push({ name, body });
      onCast?.({ name, body });
      for (const wake of this.#waiting) wake();
    };
    this.ref = {
      actor: 'recorder',
      cast: (name: string, body: unknown) => {
        record(name, body);
        return ok(undefined);
      },
      call: (name: string, body: unknown) => okAsync(answers[name]?.(body as never)),
      credit: () => Promise.resolve(),
    } as unknown as Ref<P>;
  }

  all<N extends CastName<P>>(name: N): readonly BodyOf<P, N>[] {
    return this.#casts.filter((cast) => cast.name === name).map((cast) => cast.body as BodyOf<P, N>);
  }

  /** The first cast of that name that fits, also one that came before. */
  async wait<N extends CastName<P>>(
    name: N,
    fits: (body: BodyOf<P, N>) => boolean = () => true,
    deadlineMs = hangMs,
  ): Promise<BodyOf<P, N>> {
    const find = (): BodyOf<P, N> | undefined => this.all(name).find(fits);
    const found = find();
    if (found !== undefined) return found;
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(deadline);
        this.#waiting.delete(wake);
      };
      const wake = (): void => {
        const body = find();
        if (body === undefined) return;
        finish();
        resolve(body);
      };
      const deadline = setTimeout(() => {
        finish();
        reject(new Error(`no ${name} within ${deadlineMs} ms`));
      }, deadlineMs);
      this.#waiting.add(wake);
    });
  }

  /** The casts of that name since the last time this was asked. */
  fresh(): readonly Recorded[] {
    const fresh = this.#casts.slice(this.#taken);
    this.#taken = this.#casts.length;
    return fresh;
  }
}

export interface Driven<P extends Protocol> {
  cast<N extends CastName<P>>(name: N, body: BodyOf<P, N>): void;
  call<N extends CallName<P>>(name: N, body: BodyOf<P, N>): Promise<Result<ReplyOf<P, N>, FaultOf<P, N>>>;
  stop(): Promise<void>;
  /** Ends its life as a crash does: without `terminate`. */
  crash(): Promise<void>;
  readonly logged: readonly string[];
}

/** A link to another driven actor, which may be started later: what is cast before is lost. Nothing is called. */
export function refTo<P extends Protocol>(to: () => Driven<P> | undefined): Ref<P> {
  const recorder = new Recorder<P>({}, ({ name, body }) => {
    to()?.cast(name as CastName<P>, body);
  });
  return recorder.ref;
}

export type RefsOf<L extends Links> = { readonly [K in keyof L]: Ref<L[K]> };

interface Named {
  readonly id: string;
}

/** The part of a context that concerns other actors, where there are none. */
export const unjoined = {
  atEnd: () => undefined,
  stash: () => undefined,
  unstash: () => undefined,
  spawn: ({ id }: Named) => errAsync({ code: 'runtime/no-actor', actor: id } as const),
  spawnSupervisor: ({ name }: { readonly name: string }) =>
    errAsync({ code: 'runtime/no-actor', actor: name } as const),
  stopChild: ({ id }: Named) => errAsync({ code: 'runtime/no-actor', actor: id } as const),
  ref: ({ id }: Named): never => {
    throw new Error(`nobody is joined with ${id} here`);
  },
  find: () => Promise.resolve(null),
  watch: () => () => undefined,
};

/** Starts the actor. Rejects with the fault when `init` refuses. */
export async function drive<Args, State, P extends Protocol, L extends Links>(
  definition: ActorDefinition<Args, State, P, L>,
  args: Args,
  links: RefsOf<L>,
): Promise<Driven<P>> {
  const timers = new Set<NodeJS.Timeout>();
  const logged: string[] = [];
  const endJobs: (() => void)[] = [];
  let isStopped = false;
  let state: State;
  let tail: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = tail.then(work);
    tail = result.catch(() => undefined);
    return result;
  };
  type AnyHandler = (
    state: State,
    body: unknown,
    context: Context<P, L>,
    from: { ok(reply: unknown): void; err(fault: Fault): void },
  ) => Promise<Step<State, unknown, Fault>> | Step<State, unknown, Fault>;
  const handle = (name: string, body: unknown): Promise<Result<unknown, Fault>> =>
    new Promise((resolve, reject) => {
      const handler = definition.receive[name] as AnyHandler;
      inTurn(async () => {
        if (isStopped) return;
        const step = await handler(state, body, context, {
          ok: (value) => resolve(ok(value)),
          err: (fault) => resolve(err(fault)),
        });
        state = step.state;
        if (step.step === 'reply') resolve(step.result);
        await definition.settle?.(state, context);
      }).catch(reject);
    });
  const cast = (name: string, body: unknown): void => {
    handle(name, body).catch((error: unknown) => {
      throw error;
    });
  };
  const context: Context<P, L> = {
    id: definition.name,
    restarts: 0,
    links,
    messageId: null,
    self: (name, body) => {
      cast(name, body);
      return ok(undefined);
    },
    after(delayMs, name, body) {
      const timer = setTimeout(() => cast(name, body), delayMs);
      timers.add(timer);
      return () => clearTimeout(timer);
    },
    every(everyMs, name, body) {
      const timer = setInterval(() => cast(name, body), everyMs);
      timers.add(timer);
      return () => clearInterval(timer);
    },
    address: { id: definition.name },
    ...unjoined,
    atEnd: (job) => void endJobs.push(job),
    log: (_level, event) => logged.push(event),
  };
  // In turn: what `init` casts to its own actor waits until it is done.
  await inTurn(async () => {
    const started = await definition.init(args, context);
    if (started.isErr()) throw Object.assign(new Error(started.error.code), { fault: started.error });
    state = started.value;
  });
  const end = (terminate: () => Promise<void>): Promise<void> =>
    inTurn(async () => {
      if (isStopped) return;
      isStopped = true;
      for (const timer of timers) clearTimeout(timer);
      await terminate();
      for (const job of endJobs) job();
    });
  return {
    cast,
    call: (name, body) =>
      handle(name, body) as Promise<Result<ReplyOf<P, typeof name>, FaultOf<P, typeof name>>>,
    stop: () => end(async () => definition.terminate?.(state, { type: 'shutdown' })),
    crash: () => end(() => Promise.resolve()),
    logged,
  };
}
