/** Four of five mutants of what must not fail are killed by the tests of their modules. Fault Z2. By hand: `mutants.ts`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withSeeds } from '../support/seeds.js';
import { scoreOf, subjects } from './mutants.js';

const count = Number(process.env['PARLANCE_MUTANTS'] ?? 40);
const shareMin = 0.8;

// Fault Z2
for (const subject of subjects)
  test(`the tests of ${subject.module} kill ${shareMin * 100} % of its mutants`, (context) =>
    withSeeds(context, (seed) => {
      const { killed, played, survivors } = scoreOf(subject, count, seed);
      for (const survivor of survivors) context.diagnostic(`survives: ${survivor}`);
      context.diagnostic(`${killed} of ${played} killed`);
      assert.ok(killed >= shareMin * played, `${killed} of ${played} killed`);
    }));
