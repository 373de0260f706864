/**
 * The cost of a link compared with a bare MessagePort and beside comlink: one-way casts of small objects between two
 * threads, pipelined calls, and the time of one call with its reply.
 */
import { wrap, type Endpoint } from 'comlink';
import { ok } from 'neverthrow';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import {
  actor,
  child,
  next,
  reply,
  startSupervisor,
  type Call,
  type Cast,
  type Ref,
} from '../src/runtime/index.js';
import { figure, median, type Measured } from './measure.js';

export type EchoProtocol = {
  note: Cast<{ readonly id: number; readonly text: string }>;
  count: Call<null, number>;
  echo: Call<{ readonly id: number; readonly text: string }, { readonly id: number; readonly text: string }>;
};

export const echo = actor<null, number, EchoProtocol>({
  name: 'echo',
  restart: 'permanent',
  init: () => ok(0),
  receive: {
    note: (count) => next(count + 1),
    count: (count) => reply(count, ok(count)),
    echo: (count, body) => reply(count, ok(body)),
  },
});

const castsPerRound = 200_000;
const callsPerRound = 40_960;
const callsInFlight = 2_048;
const tripsPerRound = 2_000;
const rounds = 5;
const batch = 64;
/** Bodies in one message of the calls by hand: as many as in one of the runtime. */
const callBatch = 256;

export async function run(): Promise<readonly Measured[]> {
  const spec = child(echo, {
    args: null,
    links: {},
    placement: { kind: 'thread', entry: new URL('./runtime-echo.js', import.meta.url) },
  });
  const root = (
    await startSupervisor({ name: 'bench', strategy: 'one-for-one', children: [spec] })
  )._unsafeUnwrap();
  const ref = root.ref(spec);
  const bare = await startBare();
  const found = { casts: [0], posts: [0], calls: [0], hand: [0], comlink: [0], trip: [0], bareTrip: [0] };
  // Alternating, so that both sides of each ratio meet the same machine; the first round warms up.
  for (let round = 0; round <= rounds; round += 1) {
    const isCounted = round > 0;
    const keep = (list: number[], value: number) => isCounted && list.push(value);
    keep(found.posts, await perSecond(castsPerRound, () => postAll(bare.port)));
    keep(found.casts, await perSecond(castsPerRound, () => castAll(ref)));
    keep(
      found.comlink,
      await perSecond(callsPerRound, () => pipelined((n) => bare.echo({ id: n, text: words }))),
    );
    const byHand = batchedCalls(bare.port);
    keep(
      found.hand,
      await perSecond(callsPerRound, () => pipelined((n) => byHand.call({ id: n, text: words }))),
    );
    byHand.end();
    keep(
      found.calls,
      await perSecond(callsPerRound, () => pipelined((n) => ref.call('echo', { id: n, text: words }))),
    );
    const trips = await tripsUs([
      () => bareTrip(bare.port),
      async () => void (await ref.call('echo', { id: 1, text: words })),
    ]);
    keep(found.bareTrip, trips[0] ?? 0);
    keep(found.trip, trips[1] ?? 0);
  }
  await root.stop();
  await bare.stop();
  return [
    figure('casts between two threads', '/s', counted(found.casts), {
      reference: beside(`bare port, arrays of ${batch}`, found.posts),
      goal: '≥ 1.0 ×',
    }),
    figure(`calls, ${callsInFlight} at a time`, '/s', counted(found.calls), {
      reference: beside('comlink', found.comlink),
      goal: '≥ 20 ×',
    }),
    figure('such calls by hand: one array a batch, a promise for each', '/s', counted(found.hand), {
      reference: beside('comlink', found.comlink),
    }),
    figure('call and reply, p50', 'µs', counted(found.trip), {
      reference: beside('bare port there and back', found.bareTrip),
      goal: '≤ 1.05 ×',
    }),
  ];
}

/** Without the zero that each list begins with. */
const counted = (list: readonly number[]): readonly number[] => list.slice(1);

const beside = (what: string, list: readonly number[]) => ({ what, value: median(counted(list)) });

const words = 'forty-two characters of text, more or less';

async function perSecond(count: number, work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (count * 1_000) / (performance.now() - startedMs);
}

async function castAll(ref: Ref<EchoProtocol>): Promise<void> {
  for (let n = 0; n < castsPerRound;) {
    if (ref.cast('note', { id: n, text: words }).isOk()) n += 1;
    else await ref.credit();
  }
  await ref.credit();
  (await ref.call('count', null))._unsafeUnwrap();
}

/** The same number of objects in arrays, with an answer at the end and at most 64 arrays under way. */
async function postAll(port: MessagePort): Promise<void> {
  for (let n = 0; n < castsPerRound; n += batch) {
    const bodies = Array.from({ length: batch }, (_, i) => ({ id: n + i, text: words }));
    port.postMessage({ type: 'notes', bodies });
    if (n % (batch * 64) === 0) await answer(port, { type: 'count' });
  }
  await answer(port, { type: 'count' });
}

async function pipelined(call: (n: number) => unknown): Promise<void> {
  for (let n = 0; n < callsPerRound; n += callsInFlight)
    await Promise.all(Array.from({ length: callsInFlight }, (_, i) => call(n + i)));
}

/** Median of each, taken in turns: the machine's moods then fall on both. */
async function tripsUs(trips: readonly (() => Promise<void>)[]): Promise<readonly number[]> {
  const took = trips.map((): number[] => []);
  for (let n = 0; n < tripsPerRound; n += 1)
    for (const [i, trip] of trips.entries()) {
      const startedMs = performance.now();
      await trip();
      took[i]?.push((performance.now() - startedMs) * 1_000);
    }
  return took.map(median);
}

/**
 * The least that calls with a promise for each cost: bodies in arrays over a bare port, answers in order, and no
 * deadline, no Result, no second delivery.
 */
function batchedCalls(port: MessagePort): { call(body: unknown): Promise<unknown>; end(): void } {
  let bodies: unknown[] = [];
  const open: ((value: unknown) => void)[] = [];
  let answered = 0;
  const flush = (): void => {
    if (bodies.length > 0) port.postMessage(bodies);
    bodies = [];
  };
  const onAnswers = (values: readonly unknown[]): void => {
    for (const value of values) open[answered++]?.(value);
  };
  port.on('message', onAnswers);
  return {
    call: (body) =>
      new Promise((resolve) => {
        open.push(resolve);
        if (bodies.push(body) === 1) queueMicrotask(flush);
        if (bodies.length >= callBatch) flush();
      }),
    end: () => void port.off('message', onAnswers),
  };
}

const bareTrip = (port: MessagePort): Promise<void> => answer(port, { type: 'echo', id: 1, text: words });

function answer(port: MessagePort, message: object): Promise<void> {
  return new Promise((resolve) => {
    port.once('message', () => resolve());
    port.postMessage(message);
  });
}

interface Bare {
  readonly port: MessagePort;
  readonly echo: (body: { readonly id: number; readonly text: string }) => Promise<unknown>;
  readonly stop: () => Promise<unknown>;
}

async function startBare(): Promise<Bare> {
  const data = new MessageChannel();
  const remote = new MessageChannel();
  const worker = new Worker(new URL('./runtime-bare.js', import.meta.url), {
    workerData: { data: data.port2, remote: remote.port2 },
    transferList: [data.port2, remote.port2],
  });
  await new Promise((resolve) => worker.once('online', resolve));
  const handle = wrap<{ echo(body: unknown): unknown }>(endpointOf(remote.port1));
  return {
    port: data.port1,
    echo: (body) => handle.echo(body),
    stop: async () => {
      data.port1.close();
      remote.port1.close();
      await worker.terminate();
    },
  };
}

export function endpointOf(port: MessagePort): Endpoint {
  return {
    postMessage: (message: unknown) => port.postMessage(message),
    addEventListener: (_type, listener) =>
      void port.on('message', (data: unknown) => {
        if (typeof listener === 'function') listener(new MessageEvent('message', { data }));
        else listener.handleEvent(new MessageEvent('message', { data }));
      }),
    removeEventListener: () => undefined,
    start: () => port.start(),
  };
}
