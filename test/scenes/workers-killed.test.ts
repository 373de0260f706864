/**
 * Each worker of a node ends in each way while two nodes talk: nothing is lost, nothing comes twice, the order stays,
 * and the node serves again soon. Spec: faults.md S1.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allWorkers, startFaultScene } from '../support/fault-rounds.js';
import type { Fault, FaultyWorker } from '../support/faulty/order.js';
import { quantile } from '../support/scene-nodes.js';

/** All ways of a failure in one worker; a worker that rejects a promise is restarted as one that throws. */
const faultsOf = (worker: FaultyWorker): readonly Fault[] =>
  worker === 'session' ? ['throw', 'exit', 'reject'] : ['throw', 'exit'];

/** The goal is 250 ms on a quiet machine (printed); the claim leaves room for one that is busy with other tests. */
const servingAgainMsMax = 20_000;

test('workers that fail while two nodes talk lose nothing and double nothing', async (context) => {
  const scene = await startFaultScene(context);
  for (const worker of allWorkers)
    await context.test(`${worker} serves again soon after each kind of failure`, async (of) => {
      const recoveries = await scene.play(
        of,
        faultsOf(worker).map((fault) => ({ worker, fault })),
      );
      const tookMs = recoveries.map(({ servingMs }) => servingMs);
      const p95 = quantile(tookMs, 0.95);
      of.diagnostic(`${worker}: p50 ${quantile(tookMs, 0.5).toFixed(0)} ms, p95 ${p95.toFixed(0)} ms`);
      assert.ok(p95 <= servingAgainMsMax, `serving again after ${p95.toFixed(0)} ms`);
    });
  await scene.end();
});
