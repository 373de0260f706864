/** Long and large runs of the simulator, with fresh seeds, and again those that failed once. Nightly. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { root } from '../house/sources.js';
import { runSeed } from '../support/seeds.js';
import { hourMs, play, stepsOf, type Run } from './play.js';
import { World } from './world.js';

/** By hand: smaller or larger networks. A node takes some 0.4 MB, so 10,000 need `NODE_OPTIONS=--max-old-space-size=6000`. */
const crowd = Number(process.env['PARLANCE_CROWD'] ?? 1_000);
const many = Number(process.env['PARLANCE_MANY'] ?? 2_000);

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

// Design, Transport: five slots serve hundreds of peers.
test(`${crowd} peers that call at once all get a message through five slots`, (context) => {
  const world = new World({
    nodes: crowd + 1,
    seed: runSeed,
    isStar: true,
    sessionsPerMinuteMax: Infinity,
  });
  const server = world.node(0);
  world.clock.advance(20_000);
  const startedMs = world.clock.nowMs;
  for (const node of world.nodes) world.send(node, server, 1);
  world.clock.advance(1_000);
  world.settle(60 * 60_000);
  world.checkBounds();
  assert.equal(world.ledger.delivered, crowd);
  const tookS = (world.clock.nowMs - startedMs) / 1_000;
  context.diagnostic(`${crowd} messages of ${crowd} peers after ${tookS.toFixed(0)} s of virtual time`);
});

test(`${many} peers on segments of twenty all deliver a message to a neighbour`, (context) => {
  const world = new World({ nodes: many, seed: runSeed, segment: 20 });
  world.clock.advance(10_000);
  for (const [at, node] of world.nodes.entries())
    world.send(node, world.node(at % 20 === 19 ? at - 19 : at + 1), 1);
  world.clock.advance(1_000);
  world.settle(5 * 60_000);
  world.checkBounds();
  assert.equal(world.ledger.delivered, many);
  context.diagnostic(
    `${many} messages after ${(world.clock.nowMs / 1_000).toFixed(0)} s of virtual time, ${world.clock.taken} events`,
  );
});
