/**
 * Each worker of a node hangs or takes too much memory while two nodes talk: the supervisor notices and replaces it,
 * and nothing is lost, doubled or reordered. Spec: faults.md S1, S2, S6.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { allWorkers, playFaults, type Round } from '../support/fault-rounds.js';
import { quantile } from '../support/scene-nodes.js';

/** From the fault until both directions carry new words; the goal for a loop is 3 s on a quiet machine (printed). */
const servingAgainMsMax = 10_000;

/** Every worker loops. Its own memory is what each looks at with the same code, so each kind meets one or two. */
const kinds: Readonly<Record<string, readonly Round[]>> = {
  'that loops for ever': allWorkers.map((worker) => ({ worker, fault: 'loop' })),
  'that takes too much memory': [
    { worker: 'history', fault: 'heap' },
    { worker: 'session', fault: 'heap' },
    { worker: 'transport', fault: 'off-heap' },
  ],
};

describe('a worker of a node', () => {
  for (const [what, rounds] of Object.entries(kinds))
    test(`${what} is replaced, and nothing is lost or doubled`, async (context) => {
      const recoveries = await playFaults(context, rounds);
      const tookMs = recoveries.map(({ noticedMs, servingMs }) => noticedMs + servingMs);
      const worst = Math.max(...tookMs);
      context.diagnostic(`p50 ${quantile(tookMs, 0.5).toFixed(0)} ms, worst ${worst.toFixed(0)} ms`);
      assert.ok(worst <= servingAgainMsMax, `serving again after ${worst.toFixed(0)} ms`);
    });
});
