/** A transfer outlives kills of either side. Thirty of each side; `PARLANCE_FILE_KILLS` sets another number. Case F1. */
import { test } from 'node:test';
import { killingTransfer } from '../scenes/killed-files.js';
import { withSeeds } from '../support/seeds.js';

const kills = Number(process.env['PARLANCE_FILE_KILLS'] ?? 30);
const bytes = Math.max(4, kills) * 2 ** 20;

for (const victim of ['receiver', 'sender'] as const)
  // Case F1.
  test(`a file arrives byte for byte after kill -9 of its ${victim} at random offsets`, (context) =>
    withSeeds(context, (seed) => killingTransfer(context, victim, seed, { kills, bytes })));
