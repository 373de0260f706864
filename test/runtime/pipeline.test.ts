import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dice, withSeeds } from '../support/seeds.js';
import { pipeline } from './pipeline.js';
import { startTree, until } from './tree.js';

const stages = 5;
const messages = 1_000;
/** More by the environment: the long run that the guarantee was measured with takes 200. */
const runs = Number(process.env['PARLANCE_PIPELINE_RUNS'] ?? 2);

// Runtime F3
test(`a pipeline of ${stages} threads that all die loses none of its messages`, async (t) => {
  await withSeeds(t, async (seed) => {
    const roll = dice(seed);
    const arrived = new SharedArrayBuffer(messages * runs);
    const specs = pipeline(stages, arrived);
    const tree = await startTree({ children: specs, restartsMax: stages * runs });
    const [first] = specs;
    assert.ok(first);
    const ref = tree.root.ref(first);
    const through = new Uint8Array(arrived);
    for (let run = 0; run < runs; run += 1) {
      const deaths = new SharedArrayBuffer(stages * 4);
      new Int32Array(deaths).forEach((_, at, words) => {
        words[at] = 1 + roll(messages);
      });
      const from = run * messages;
      for (let i = 0; i < messages; i += 1) (await ref.send('pass', { n: from + i, deaths }))._unsafeUnwrap();
      const missing = (): number =>
        through.subarray(from, from + messages).reduce((sum, is) => sum + 1 - is, 0);
      const letters = (): number => tree.root.deadLetters().reduce((sum, { count = 1 }) => sum + count, 0);
      await until(() => missing() === 0 || missing() <= letters(), 60_000);
      assert.equal(missing(), 0, `run ${run}: ${missing()} of ${messages} are neither handled nor told`);
    }
    const died = tree.events.filter(({ type }) => type === 'restarted').length;
    assert.ok(died >= (stages - 1) * runs, `${died} deaths`);
    t.diagnostic(`${runs * messages} messages, ${died} deaths, ${tree.root.deadLetters().length} letters`);
    await tree.root.stop();
  });
});
