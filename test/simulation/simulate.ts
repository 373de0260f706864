/**
 * A long run of a simulated network: `npm run simulate -- --peers N --hours H --seed S`. Prints what happened and how
 * fast; exit code 1 with the seed, which replays the run, as soon as an invariant fails.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { steps, type WorldStep } from './steps.js';
import { World } from './world.js';

interface Run {
  readonly peers: number;
  /** Virtual hours. */
  readonly hours: number;
  readonly seed: number;
}

const hourMs = 3_600_000;
/** Steps are drawn in portions, each from a seed of its own. */
const portionSteps = 200;
/** Pause between two steps on average: a busy, unlucky network. */
const pauseMs = 4_000;
/** After so many steps everything works until all is delivered. */
const stepsPerHeal = 600;

function simulate({ peers, hours, seed }: Run, told: (line: string) => void): World {
  const world = new World({ nodes: peers, seed });
  let taken = 0;
  for (let portion = 0; world.clock.nowMs < hours * hourMs; portion += 1) {
    const drawn: readonly WorldStep[] = fc.sample(steps, { numRuns: portionSteps, seed: seed + portion });
    for (const { run } of drawn) {
      run(world);
      world.clock.advance(world.dice(2 * pauseMs));
      taken += 1;
      if (taken % stepsPerHeal !== 0) continue;
      world.heal();
      world.settle(15 * 60_000);
      told(`${(world.clock.nowMs / hourMs).toFixed(1)} h: ${world.ledger.delivered} delivered`);
    }
  }
  world.heal();
  world.settle(15 * 60_000);
  return world;
}

const { values } = parseArgs({
  options: {
    peers: { type: 'string', default: '10' },
    hours: { type: 'string', default: '2' },
    seed: { type: 'string' },
  },
});
const run: Run = {
  peers: Number(values.peers),
  hours: Number(values.hours),
  seed: values.seed === undefined ? randomInt(2 ** 30) : Number(values.seed),
};
if (![run.peers, run.seed].every(Number.isSafeInteger) || run.peers < 2 || !(run.hours > 0)) {
  process.stderr.write('simulate: give --peers N (2 or more), --hours H (more than 0), --seed S (whole)\n');
  process.exit(2);
}
const again = `npm run simulate -- --peers ${run.peers} --hours ${run.hours} --seed ${run.seed}`;
process.stdout.write(`${again}\n`);
const startedMs = performance.now();
try {
  const world = simulate(run, (line) => void process.stdout.write(`${line}\n`));
  const minutes = (performance.now() - startedMs) / 60_000;
  const nodeHours = (run.peers * world.clock.nowMs) / hourMs;
  process.stdout.write(
    `${nodeHours.toFixed(0)} node-hours in ${(minutes * 60).toFixed(1)} s, ${(nodeHours / minutes).toFixed(0)} a minute; ` +
      `${world.ledger.shownCount} messages shown, ${world.ledger.delivered} delivered, ${world.clock.taken} events, ` +
      `at most ${world.mostSessionsPerMinute} sessions of a node within a minute\n`,
  );
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : String(error)}\nreplays with: ${again}\n`);
  process.exitCode = 1;
}
