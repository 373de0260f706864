import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withSeeds } from '../support/seeds.js';
import { playPipeline } from './pipeline.js';
import { places } from './tree.js';

const stages = 5;
const messages = 1_000;

// Runtime F3; `npm run losses` plays it with a million messages.
test(`a pipeline of ${stages} threads that die and throw loses none of its messages`, async (t) => {
  await withSeeds(t, async (seed) => {
    const account = await playPipeline(seed, stages, messages);
    t.diagnostic(JSON.stringify(account));
    assert.equal(account.lost, 0, `${account.lost} of ${messages} are neither handled nor a dead letter`);
    assert.equal(account.handled + account.letters, messages);
    assert.ok(account.restarts > 0);
  });
});

// Within one thread envelopes are handed over by reference and one by one, which no test with strict links meets.
for (const [where, placement] of [
  ['inline', places.inline],
  ['in a shared thread', places['in a shared thread']],
] as const)
  test(`a pipeline ${where} loses none of its messages when its stages throw or die`, async (t) => {
    await withSeeds(t, async (seed) => {
      const account = await playPipeline(seed, stages, messages, placement);
      t.diagnostic(JSON.stringify(account));
      assert.equal(account.lost, 0, `${account.lost} of ${messages} are neither handled nor a dead letter`);
      assert.equal(account.handled + account.letters, messages);
      assert.ok(account.restarts > 0);
    });
  });
