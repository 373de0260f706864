/** 600 power cuts and more, before a release. Fewer of them in each run of `power.fault.ts`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dice, withSeeds } from '../support/seeds.js';
import { cutMigration, cutRotation, cutWriter } from './power-cuts.js';
import { recorderMissing } from './power.js';

const options = { skip: recorderMissing() } as const;
/** The tests are cut into parts, since the runner wants to see progress. */
const parts = Array.from({ length: 20 }, (_, i) => i + 1);

for (const part of parts) {
  // Fault D3
  test(`no power cut takes a confirmed message, part ${part}`, options, (t) =>
    withSeeds(t, async (seed) => {
      const { cuts, confirmed, lost } = await cutWriter(15, 100, dice(seed + part));
      t.diagnostic(`D3: ${cuts} cuts, ${confirmed} confirmed messages read, ${lost} lost`);
      assert.equal(lost, 0);
    }),
  );

  // Faults D3, D14
  test(`no power cut during an upgrade leaves half of it, part ${part}`, options, (t) =>
    withSeeds(t, async (seed) => {
      const { cuts } = await cutMigration(10, dice(seed + part));
      t.diagnostic(`D14: ${cuts} cuts`);
    }),
  );

  // Fault D3
  test(`no power cut takes the identity while its session key is replaced, part ${part}`, options, (t) =>
    withSeeds(t, async (seed) => {
      const { cuts, confirmed } = await cutRotation(10, dice(seed + part));
      t.diagnostic(`D3: ${cuts} cuts, ${confirmed} keys in use`);
    }),
  );
}
