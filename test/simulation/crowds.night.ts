/** Large networks in the simulator: a crowd before five slots, and many segments. Nightly. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSeed } from '../support/seeds.js';
import { World } from './world.js';

/** By hand: smaller or larger networks. A node takes some 0.15 MB. */
const crowd = Number(process.env['PARLANCE_CROWD'] ?? 1_000);
const many = Number(process.env['PARLANCE_MANY'] ?? 10_000);

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
