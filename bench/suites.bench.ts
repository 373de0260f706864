/**
 * The classic tasks of actor benchmarks, played by this runtime and by other libraries in one run and in turns: CPU of
 * all threads for each word, beside the wall clock. xstate plays none: it delivers within `send`, so that a ring of
 * words is a recursion, which overflows its stack.
 */
import { createRequire } from 'node:module';
import { figure, median, type Measured } from './measure.js';
import { peersFolder } from './peers-folder.js';
import { suites, type SuiteName } from './suites.js';
import {
  comedyPlayer,
  effectPlayer,
  nactPlayer,
  ownPlayer,
  type ComedySuite,
  type EffectSuite,
  type NactSuite,
  type Player,
} from './worlds.js';

const rounds = 9;
/** Rounds before those that count: all code is compiled then. */
const warmUps = 6;

export async function run(): Promise<readonly Measured[]> {
  const load = createRequire(peersFolder());
  const players = [
    ownPlayer(0),
    ownPlayer(2),
    nactPlayer(load('nact') as NactSuite),
    comedyPlayer(load('comedy') as ComedySuite),
    effectPlayer(load('effect') as EffectSuite),
  ];
  const found: Measured[] = [];
  for (const name of Object.keys(suites) as SuiteName[]) found.push(...(await compare(name, players)));
  return found;
}

async function compare(name: SuiteName, players: readonly Player[]): Promise<readonly Measured[]> {
  const took = players.map(() => ({ wallUs: [] as number[], cpuUs: [] as number[] }));
  for (let round = -warmUps; round < rounds; round += 1)
    for (const [i, player] of players.entries()) {
      const world = await player.build(name);
      const [startedMs, cpu] = [performance.now(), process.cpuUsage()];
      await world.play();
      const { user, system } = process.cpuUsage(cpu);
      const wallUs = (performance.now() - startedMs) * 1_000;
      await world.end();
      if (round < 0) continue;
      took[i]?.wallUs.push(wallUs / suites[name].words);
      took[i]?.cpuUs.push((user + system) / suites[name].words);
    }
  const own = { what: 'this runtime, CPU', value: median(took[0]?.cpuUs ?? []) };
  return players.map((player, i) => {
    const { wallUs = [], cpuUs = [] } = took[i] ?? {};
    const wall = `µs CPU, ${median(wallUs).toFixed(2)} µs`;
    return figure(`${name}, ${player.name}`, wall, cpuUs, i === 0 ? {} : { reference: own });
  });
}
