/**
 * The runtime beside other actor libraries, in one run and in turns: a call and its reply, one-way messages, and the start
 * of an actor. The others are installed on demand into `bench/peers`, from a lock file of their own.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { child, startSupervisor, type Supervisor } from '../src/runtime/index.js';
import { echo } from './runtime.bench.js';
import { median, type Measured } from './measure.js';
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

const folder = join(import.meta.dirname, '../../bench/peers');
const rounds = 5;
const calls = 2_000;
const casts = 20_000;
const spawns = 500;

export async function run(): Promise<readonly Measured[]> {
  if (!existsSync(join(folder, 'node_modules')))
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: folder,
      stdio: 'inherit',
    });
  const load = createRequire(join(folder, 'package.json'));
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

/** Medians, and for each other contestant how many times as long it takes. */
async function compare(
  own: Contestant,
  others: readonly Contestant[],
  withSpawn: boolean,
): Promise<readonly Measured[]> {
  const all = [own, ...others];
  const tasks: Record<string, (one: Contestant, round: number) => Promise<number>> = {
    call: async (one) => {
      const startedMs = performance.now();
      for (let n = 0; n < calls; n += 1) await one.call();
      return ((performance.now() - startedMs) * 1_000) / calls;
    },
    cast: async (one) => {
      const startedMs = performance.now();
      await one.castAll(casts);
      return ((performance.now() - startedMs) * 1_000) / casts;
    },
    ...(withSpawn
      ? {
          spawn: async (one: Contestant, round: number) => {
            const startedMs = performance.now();
            for (let n = 0; n < spawns; n += 1) await one.spawn(round * spawns + n);
            return ((performance.now() - startedMs) * 1_000) / spawns;
          },
        }
      : {}),
  };
  const found: Measured[] = [];
  for (const [task, measure] of Object.entries(tasks)) {
    const took = all.map((): number[] => []);
    for (let round = 0; round <= rounds; round += 1)
      for (const [i, one] of all.entries()) {
        const us = await measure(one, round);
        if (round > 0) took[i]?.push(us);
      }
    const ownUs = median(took[0] ?? []);
    found.push({ what: `${task}, ${own.name}`, value: ownUs, unit: 'µs' });
    for (const [i, one] of others.entries()) {
      const us = median(took[i + 1] ?? []);
      found.push({ what: `${task}, ${one.name}`, value: us, unit: `µs = ${(us / ownUs).toFixed(2)} × ours` });
    }
  }
  return found;
}

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
