/** Long runs of the simulator, with fresh seeds, and again those that failed once. Nightly. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { root } from '../house/sources.js';
import { runSeed } from '../support/seeds.js';
import { hourMs, play, stepsOf, type Run } from './play.js';

function check(context: TestContext, run: Run): void {
  const startedMs = process.cpuUsage().user / 1_000;
  const { world, failure } = play(run, stepsOf(run));
  const seconds = process.cpuUsage().user / 1e6 - startedMs / 1_000;
  const nodeHours = (run.peers * world.clock.nowMs) / hourMs;
  context.diagnostic(
    `seed ${run.seed}: ${nodeHours.toFixed(0)} node-hours, ${((nodeHours / seconds) * 60).toFixed(0)} a minute of CPU, ` +
      `${world.ledger.delivered} delivered, trace ${world.fingerprint}`,
  );
  if (failure !== null) throw new Error(`${failure.message} (npm run simulate with seed ${run.seed})`);
}

const kept = readFileSync(join(root, 'test/simulation/seeds.txt'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('--'));
const wordOf = (line: string, name: string, fallback: number): number =>
  Number(new RegExp(`--${name} (\\S+)`).exec(line)?.[1] ?? fallback);

for (const line of kept)
  test(`a run that failed once passes: ${line.split('#')[0]?.trim() ?? ''}`, (context) => {
    const peers = wordOf(line, 'peers', 10);
    check(context, {
      peers,
      hours: wordOf(line, 'hours', 2),
      seed: wordOf(line, 'seed', 0),
      pauseMs: wordOf(line, 'pause', 30_000),
      segment: wordOf(line, 'segment', peers),
      isReal: line.includes('--real'),
    });
  });

for (let part = 0; part < 20; part += 1)
  test(`ten nodes on an unlucky network, part ${part + 1}`, (context) =>
    check(context, {
      peers: 10,
      hours: part === 0 ? 1 : 20,
      seed: runSeed + part,
      pauseMs: 30_000,
      segment: 10,
      isReal: part === 0,
    }));
