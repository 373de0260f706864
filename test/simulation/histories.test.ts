/**
 * Thousands of short histories of two to five nodes: whole cores in one process, joined by a network in memory, under
 * virtual time. Case D8.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { holds } from '../support/seeds.js';
import { steps } from './steps.js';
import { World } from './world.js';

const histories = 2_000;

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
      (nodes, seed, history, isCopied) => {
        const world = new World({ nodes: isCopied ? nodes + 1 : nodes, seed, hasCopy: isCopied });
        for (const { run } of history) run(world);
        world.heal();
        world.settle(15 * 60_000);
        shown += world.ledger.shownCount;
        delivered += world.ledger.delivered;
        events += world.clock.taken;
        sessions = Math.max(sessions, world.mostSessionsPerMinute);
      },
    ),
    { numRuns: histories },
  );
  const seconds = (performance.now() - startedMs) / 1_000;
  t.diagnostic(
    `${histories} histories in ${seconds.toFixed(1)} s: ${shown} messages shown, ${delivered} delivered, ${events} events, at most ${sessions} sessions a minute`,
  );
  assert.ok(shown > 4 * histories, `${shown} messages were shown`);
});
