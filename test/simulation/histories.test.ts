/**
 * Thousands of short histories of two to five nodes: whole cores in one process, joined by a network in memory, under
 * virtual time. Case D8.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { root } from '../house/sources.js';
import { holds, withSeeds } from '../support/seeds.js';
import { feature } from '../../src/wire/features.js';
import { steps, stepsWithTimers, type WorldStep } from './steps.js';
import { play, shrink, stepsOf } from './play.js';
import { isGone } from './store.js';
import { World } from './world.js';

/** Some 13 s of CPU: each run has a fresh seed, so runs add up. */
const histories = 400;
/** Some 2 s of CPU. */
const timedHistories = 60;

test('queued messages are shown once, in order, and delivered means stored', (t) => {
  let shown = 0;
  let delivered = 0;
  let events = 0;
  let sessions = 0;
  const startedMs = performance.now();
  holds(
    t,
    fc.property(
      fc.integer({ min: 2, max: 5 }),
      fc.nat(),
      fc.array(steps, { minLength: 10, maxLength: 60 }),
      // In one history of four the home of a node was copied, and both run.
      fc.nat(3).map((draw) => draw === 3),
      // In one of twenty keys, signatures and ciphers are the real ones.
      fc.nat(19).map((draw) => draw === 19),
      (nodes, seed, history, isCopied, isReal) => {
        const world = new World({ nodes: isCopied ? nodes + 1 : nodes, seed, hasCopy: isCopied, isReal });
        for (const { run } of history) run(world);
        world.heal();
        world.settle(15 * 60_000);
        world.checkBounds();
        shown += world.ledger.shownCount;
        delivered += world.ledger.delivered;
        events += world.clock.taken;
        sessions = Math.max(sessions, world.mostSessionsPerMinute);
      },
    ),
    // A planted fault has to be found, not shrunk.
    { numRuns: histories, endOnFailure: process.env['PARLANCE_PLANTED'] === '1' },
  );
  const seconds = (performance.now() - startedMs) / 1_000;
  t.diagnostic(
    `${histories} histories in ${seconds.toFixed(1)} s: ${shown} messages shown, ${delivered} delivered, ${events} events, at most ${sessions} sessions a minute`,
  );
  assert.ok(shown > 4 * histories, `${shown} messages were shown`);
});

// Case I6: no text is shown or kept beyond its time, whatever crashes and whatever the clocks do.
test('texts disappear on both sides, and both have one timer', (t) => {
  let gone = 0;
  holds(
    t,
    fc.property(
      fc.integer({ min: 2, max: 3 }),
      fc.nat(),
      fc.array(stepsWithTimers, { minLength: 40, maxLength: 100 }),
      (nodes, seed, history) => {
        const features = feature.messageOperations | feature.timers;
        const world = new World({ nodes, seed, features });
        const talk = (forMs: number): void => {
          for (const node of world.nodes) for (const other of world.nodes) world.send(node, other, 1);
          world.clock.advance(forMs);
        };
        // Nobody sets a timer for a peer whose program it does not know.
        talk(1_000);
        for (const { run } of history) run(world);
        world.heal();
        world.settle(15 * 60_000);
        talk(40_000);
        world.settle(15 * 60_000);
        world.checkTimers();
        gone += world.nodes.reduce((sum, { disk }) => sum + disk.entries.filter(isGone).length, 0);
      },
    ),
    { numRuns: timedHistories },
  );
  assert.ok(gone > timedHistories / 4, `${gone} texts disappeared`);
});

test('the same seed gives the same history', (t) =>
  withSeeds(t, (seed) => {
    for (const isReal of [false, true]) {
      const run = { peers: 4, hours: isReal ? 0.05 : 0.5, seed, pauseMs: 5_000, segment: 4, isReal };
      const prints = [1, 2].map(() => {
        const { world, failure } = play(run, stepsOf(run));
        assert.equal(failure, null);
        return `${world.clock.taken} ${world.fingerprint}`;
      });
      assert.equal(prints[0], prints[1]);
    }
  }));

test('a failing history is shrunk to the steps that it needs', (t) =>
  withSeeds(t, (seed) => {
    const run = { peers: 3, hours: 0.2, seed, pauseMs: 5_000, segment: 3, isReal: false };
    const bite: WorldStep = {
      name: 'bite',
      run: () => assert.fail('bitten (I1)'),
      [fc.toStringMethod]: () => 'bite',
    };
    const more = stepsOf({ ...run, seed: seed + 1 });
    const paced = [...stepsOf(run), { step: bite, pauseMs: 0 }, ...more];
    const needed = shrink(run, paced, '(I1)', Infinity, () => 0);
    assert.deepEqual(
      needed.map(({ step }) => step.name),
      ['bite'],
    );
  }));

test('each planted fault fits the sources', (t) => {
  const folder = join(root, 'test/simulation/planted');
  const patches = readdirSync(folder).map((name) => join(folder, name));
  assert.ok(patches.length >= 4);
  const { status, stderr, error } = spawnSync('git', ['apply', '--check', ...patches], { cwd: root });
  if (error !== undefined) return t.skip('git is not installed');
  assert.equal(status, 0, String(stderr));
});
