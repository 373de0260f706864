/** The simulation finds each planted fault within a minute. Nightly; by hand: `npm run simulate:planted`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { find, planted } from './planted.js';

for (const patch of planted)
  test(`the planted fault ${patch} is found within a minute`, (context) => {
    const { isFound, tookMs } = find(patch);
    context.diagnostic(`${patch}: ${(tookMs / 1_000).toFixed(1)} s of CPU`);
    assert.ok(isFound, `not found after ${(tookMs / 1_000).toFixed(1)} s of CPU`);
  });
