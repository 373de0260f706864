/**
 * A long run of a simulated network:
 *
 *   npm run simulate -- --peers N --hours H --seed S [--pause MS] [--segment N] [--real]
 *
 * Prints what happened and how fast. Exit code 1 as soon as an invariant fails, with the seed, which replays the run, and
 * the steps that are needed for it.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { hourMs, kindOf, play, shrink, stepsOf, type Run } from './play.js';

const shrinkMs = 60_000;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const { values } = parseArgs({
  options: {
    peers: { type: 'string', default: '10' },
    hours: { type: 'string', default: '2' },
    seed: { type: 'string' },
    pause: { type: 'string', default: '30000' },
    segment: { type: 'string' },
    real: { type: 'boolean' },
  },
});
const peers = Number(values.peers);
const seed = values.seed === undefined ? randomInt(2 ** 30) : Number(values.seed);
const run: Run = {
  peers,
  hours: Number(values.hours),
  seed,
  pauseMs: Number(values.pause),
  segment: Number(values.segment ?? peers),
  // One seed in twenty plays with real keys and ciphers.
  isReal: values.real ?? seed % 20 === 0,
};
const isWhole = [run.peers, run.seed, run.pauseMs, run.segment].every(Number.isSafeInteger);
if (!isWhole || run.peers < 2 || run.segment < 2 || run.pauseMs < 1 || !(run.hours > 0)) {
  process.stderr.write(
    'simulate: give --peers N and --segment N (2 or more), --hours H (more than 0), --pause MS and --seed S (whole)\n',
  );
  process.exit(2);
}
const again =
  `npm run simulate -- --peers ${peers} --hours ${run.hours} --seed ${seed} --pause ${run.pauseMs}` +
  ` --segment ${run.segment}${run.isReal ? ' --real' : ''}`;
say(again);
const paced = stepsOf(run);
const started = { wallMs: performance.now(), cpu: process.cpuUsage() };
const { world, failure } = play(run, paced, say);
const { user, system } = process.cpuUsage(started.cpu);
const minutes = (performance.now() - started.wallMs) / 60_000;
const cpuMinutes = (user + system) / 60e6;
const nodeHours = (peers * world.clock.nowMs) / hourMs;
say(
  `${nodeHours.toFixed(0)} node-hours in ${(minutes * 60).toFixed(1)} s (${(cpuMinutes * 60).toFixed(1)} s of CPU), ` +
    `${(nodeHours / minutes).toFixed(0)} a minute (${(nodeHours / cpuMinutes).toFixed(0)} a minute of CPU)`,
);
say(
  `${paced.length} steps, ${world.ledger.shownCount} messages shown, ${world.ledger.delivered} delivered, ` +
    `${world.clock.taken} events, at most ${world.mostSessionsPerMinute} sessions of a node in a minute, ` +
    `trace ${world.fingerprint}`,
);
if (failure !== null) {
  say(`${failure.message}\nreplays with: ${again}\nkeep it in test/simulation/seeds.txt`);
  const needed = shrink(run, paced, kindOf(failure), performance.now() + shrinkMs, () => performance.now());
  say(`${needed.length} of ${paced.length} steps are needed:`);
  for (const { step, pauseMs } of needed) say(`  ${step.name}, then ${pauseMs} ms`);
  process.exitCode = 1;
}
