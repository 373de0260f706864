/** A compact node, whose network has one thread: nothing is lost when that thread dies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startFaultScene } from '../support/fault-rounds.js';

test('a compact node loses nothing and doubles nothing when the thread of its network dies', async (context) => {
  const scene = await startFaultScene(context, { compact: true });
  const rounds = (['exit', 'throw', 'exit'] as const).map((fault) => ({ worker: 'network', fault }) as const);
  const recoveries = await scene.play(context, rounds);
  assert.equal(recoveries.length, rounds.length);
  await scene.end();
});
