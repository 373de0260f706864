/**
 * Start and stop of many actors, and the return of an actor whose thread dies: CPU time of all threads, since the time
 * on the wall belongs to the machine as well, and resident memory.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { ok } from 'neverthrow';
import {
  actor,
  child,
  next,
  reply,
  startSupervisor,
  type Call,
  type Cast,
  type ChildSpec,
  type Placement,
  type Supervisor,
} from '../src/runtime/index.js';
import { echo } from './runtime.bench.js';
import { median, type Measured } from './measure.js';

export type MortalProtocol = { die: Cast<null>; here: Call<null, boolean> };

/** Ends its thread on request. */
export const mortal = actor<null, null, MortalProtocol>({
  name: 'mortal',
  triesMax: 1,
  init: () => ok(null),
  receive: {
    // oxlint-disable-next-line unicorn/no-process-exit -- the death of a thread is what is measured
    die: (state) => (process.exit(1), next(state)),
    here: (state) => reply(state, ok(true)),
  },
});

const actors = 10_000;
const warmUp = 1_000;
const deaths = 9;
/** Pause between two deaths, in which the next spare thread boots, as it does where faults are rare. */
const pauseMs = 2_000;
const entry = new URL('./runtime-echo.js', import.meta.url);
const placements: Readonly<Record<string, Placement>> = {
  // First, while the process has no pages to spare.
  'shared thread': { kind: 'thread', thread: 'shared', entry },
  inline: { kind: 'inline' },
};

export async function run(): Promise<readonly Measured[]> {
  const found: Measured[] = [];
  for (const [where, placement] of Object.entries(placements))
    found.push(...(await spawning(where, placement)));
  return [...found, ...(await dying())];
}

async function spawning(where: string, placement: Placement): Promise<readonly Measured[]> {
  const options = { name: 'bench', children: [], stopOrder: 'parallel' } as const;
  const root = (await startSupervisor(options))._unsafeUnwrap();
  await startAll(root, warmUp, 'warm', placement);
  collect();
  const before = { cpuUs: cpuUs(), bytes: bytesUsed(placement), ms: performance.now() };
  await startAll(root, actors, 'actor', placement);
  const startedMs = performance.now() - before.ms;
  const startUs = (cpuUs() - before.cpuUs) / actors;
  collect();
  const kib = (bytesUsed(placement) - before.bytes) / 1_024 / actors;
  const [stopUs, stopMs] = [cpuUs(), performance.now()];
  await root.stop();
  return [
    { what: `start of an actor, ${where}`, value: startUs, unit: 'µs CPU' },
    { what: `memory of an actor, ${where}`, value: kib, unit: 'KiB' },
    { what: `${actors} actors started, ${where}`, value: startedMs, unit: 'ms', goal: '≤ 2,000 ms' },
    { what: `stop of an actor, ${where}`, value: (cpuUs() - stopUs) / (actors + warmUp), unit: 'µs CPU' },
    {
      what: `${actors} actors stopped, ${where}`,
      value: performance.now() - stopMs,
      unit: 'ms',
      goal: '≤ 1,000 ms',
    },
  ];
}

async function startAll(root: Supervisor, count: number, name: string, placement: Placement): Promise<void> {
  const specOf = (n: number): ChildSpec => child(echo, { id: `${name}-${n}`, placement });
  for (let n = 0; n < count; n += 100) {
    const started = await Promise.all(Array.from({ length: 100 }, (_, i) => root.startChild(specOf(n + i))));
    for (const one of started) one._unsafeUnwrap();
  }
}

/** From the exit of the thread until the next call is answered. */
async function dying(): Promise<readonly Measured[]> {
  const spec = child(mortal, { placement: { kind: 'thread', entry } });
  const options = { name: 'bench', children: [spec], restartsMax: deaths, log: () => undefined };
  const root = (await startSupervisor(options))._unsafeUnwrap();
  const ref = root.ref(spec);
  const tookMs: number[] = [];
  for (let n = 0; n < deaths; n += 1) {
    const startedMs = performance.now();
    ref.cast('die', null)._unsafeUnwrap();
    (await ref.call('here', null, { deadlineMs: 60_000 }))._unsafeUnwrap();
    tookMs.push(performance.now() - startedMs);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  await root.stop();
  const bareMs = await bareExits();
  return [
    {
      what: 'own thread dies, answers again, p50',
      value: median(tookMs),
      unit: 'ms',
      reference: { what: 'end of a bare worker noticed', value: median(bareMs) },
      goal: '≤ 60 ms',
    },
    { what: 'the first time, without a spare', value: tookMs[0] ?? 0, unit: 'ms' },
  ];
}

/** From the order to exit until Node tells that a worker without a runtime has ended: no restart can be sooner. */
async function bareExits(): Promise<readonly number[]> {
  const tookMs: number[] = [];
  for (let n = 0; n < deaths; n += 1) {
    const code = `const { parentPort } = require('node:worker_threads');
      parentPort.once('message', () => process.exit(1));
      parentPort.postMessage('here');`;
    const worker = new Worker(code, { eval: true });
    await once(worker, 'message');
    const startedMs = performance.now();
    worker.postMessage('exit');
    await once(worker, 'exit');
    tookMs.push(performance.now() - startedMs);
  }
  return tookMs;
}

/** Actors of this thread lie in its heap; of those in other threads only the memory of the process tells. */
function bytesUsed({ kind }: Placement): number {
  const { heapUsed, rss } = process.memoryUsage();
  return kind === 'inline' ? heapUsed : rss;
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function collect(): void {
  const { gc } = globalThis;
  gc?.();
}
