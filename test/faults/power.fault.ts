/** Power cuts at random moments; `power.release.ts` makes many more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dice, withSeeds } from '../support/seeds.js';
import { cutLyingDisk, cutMigration, cutRotation, cutWriter } from './power-cuts.js';
import { recorderMissing } from './power.js';

const options = { skip: recorderMissing(), timeout: 600_000 } as const;

// Fault D3
test('no power cut takes a confirmed message, while lines are written and checkpointed', options, (t) =>
  withSeeds(t, async (seed) => {
    const { cuts, confirmed, lost } = await cutWriter(40, 60, dice(seed));
    t.diagnostic(`D3: ${cuts} cuts, ${confirmed} confirmed messages read, ${lost} lost`);
    assert.equal(lost, 0);
  }),
);

// Fault D3
test('without the sync of a commit the same cuts lose messages', options, async (t) => {
  const { confirmed, lost } = await cutLyingDisk(dice(1));
  t.diagnostic(`D3, teeth: ${lost} of ${confirmed} lost`);
  assert.ok(lost > 0);
});

// Faults D3, D14
test('no power cut during an upgrade leaves half of it', options, (t) =>
  withSeeds(t, async (seed) => {
    const { cuts } = await cutMigration(20, dice(seed));
    t.diagnostic(`D14: ${cuts} cuts`);
  }),
);

// Fault D3
test('no power cut takes the identity while the session key is replaced', options, (t) =>
  withSeeds(t, async (seed) => {
    const { cuts, confirmed } = await cutRotation(40, dice(seed));
    t.diagnostic(`D3: ${cuts} cuts, ${confirmed} keys in use`);
  }),
);
