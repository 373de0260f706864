/**
 * The runtime beside other actor libraries, in one run and in turns: a call and its reply, one-way messages, and the start
 * of an actor. The others are installed on demand into `bench/peers`, from a lock file of their own.
 */
import { createRequire } from 'node:module';
import { child, startSupervisor, type Supervisor } from '../src/runtime/index.js';
import { echo } from './runtime.bench.js';
import { median, type Measured } from './measure.js';
import { peersFolder } from './peers-folder.js';
import {
  comedyContestant,
  comlinkContestant,
  effectContestant,
  nactContestant,
  piscinaContestant,
  xstateContestant,
  type Comedy,
  type Contestant,
  type EffectModule,
  type Nact,
  type XState,
} from './contestants.js';

const rounds = 5;
const calls = 2_000;
const casts = 20_000;
const spawns = 2_000;

export async function run(): Promise<readonly Measured[]> {
  const load = createRequire(peersFolder());
  const threaded = await ownContestant(true);
  const inline = await ownContestant(false);
  const nact = nactContestant(load('nact') as Nact);
  const comedy = await comedyContestant(load('comedy') as Comedy, 'in-memory');
  const xstate = xstateContestant(load('xstate') as XState);
  const effect = effectContestant(load('effect') as EffectModule);
  const comedyThreaded = await comedyContestant(load('comedy') as Comedy, 'threaded');
  const remote = await comlinkContestant();
  const pool = piscinaContestant();
  const found = [
    ...(await compare(inline, [nact, comedy, xstate, effect], true)),
    ...(await compare(threaded, [comedyThreaded, remote, pool], false)),
  ];
  for (const one of [threaded, inline, nact, comedy, xstate, effect, comedyThreaded, remote, pool])
    await one.stop();
  return found;
}

/** Medians of wall clock and of CPU, and for each other contestant how many times our CPU time it takes. */
async function compare(
  own: Contestant,
  others: readonly Contestant[],
  withSpawn: boolean,
): Promise<readonly Measured[]> {
  const all = [own, ...others];
  const tasks: Record<string, readonly [number, (one: Contestant, round: number) => Promise<unknown>]> = {
    call: [calls, repeated(calls, (one) => one.call())],
    cast: [casts, (one) => one.castAll(casts)],
    ...(withSpawn ? { spawn: [spawns, repeated(spawns, (one, nth) => one.spawn(nth))] } : {}),
  };
  const found: Measured[] = [];
  for (const [task, [count, work]] of Object.entries(tasks)) {
    const took = all.map(() => ({ wallUs: [] as number[], cpuUs: [] as number[] }));
    for (let round = 0; round <= rounds; round += 1)
      for (const [i, one] of all.entries()) {
        const [startedMs, cpu] = [performance.now(), process.cpuUsage()];
        await work(one, round);
        const { user, system } = process.cpuUsage(cpu);
        if (round === 0) continue;
        took[i]?.wallUs.push(((performance.now() - startedMs) * 1_000) / count);
        took[i]?.cpuUs.push((user + system) / count);
      }
    const ownUs = median(took[0]?.cpuUs ?? []);
    for (const [i, one] of all.entries()) {
      const cpuUs = median(took[i]?.cpuUs ?? []);
      const ratio = i === 0 ? '' : ` = ${(cpuUs / ownUs).toFixed(2)} × ours`;
      const unit = `µs, ${cpuUs.toFixed(1)} µs CPU${ratio}`;
      found.push({ what: `${task}, ${one.name}`, value: median(took[i]?.wallUs ?? []), unit });
    }
  }
  return found;
}

const repeated =
  (count: number, work: (one: Contestant, nth: number) => Promise<unknown>) =>
  async (one: Contestant, round: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) await work(one, round * count + n);
  };

async function ownContestant(isThreaded: boolean): Promise<Contestant> {
  const placement = isThreaded
    ? ({ kind: 'thread', entry: new URL('./runtime-echo.js', import.meta.url) } as const)
    : ({ kind: 'inline' } as const);
  const spec = child(echo, { placement });
  const root: Supervisor = (await startSupervisor({ name: 'bench', children: [spec] }))._unsafeUnwrap();
  const ref = root.ref(spec);
  return {
    name: isThreaded ? 'this runtime, in a thread' : 'this runtime, inline',
    call: async () => (await ref.call('echo', { id: 1, text: 'x' }))._unsafeUnwrap(),
    async castAll(count) {
      for (let id = 0; id < count; id += 1)
        if (ref.cast('note', { id, text: 'x' }).isErr())
          (await ref.send('note', { id, text: 'x' }))._unsafeUnwrap();
      await ref.call('count', null);
    },
    spawn: async (nth) => (await root.startChild(child(echo, { id: `echo-${nth}` })))._unsafeUnwrap(),
    stop: () => root.stop(),
  };
}
