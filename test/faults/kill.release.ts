/** 1,000 x `kill -9` of whole nodes, and 1,000 of the process that writes the history, before a release. Fault D1. */
import { test } from 'node:test';
import { killing as killingWriter } from '../history/killed-writer.js';
import { killing } from '../scenes/killed-nodes.js';
import { withSeeds } from '../support/seeds.js';

/** The tests are cut into parts, since the runner wants to see progress. By hand: fewer of them. */
const parts = Number(process.env['PARLANCE_PARTS'] ?? 50);
const killsPerPart = 10;

for (let part = 1; part <= parts; part += 1) {
  for (const victim of ['sender', 'receiver'] as const)
    test(`kill -9 of the ${victim} loses nothing and shows nothing twice, part ${part}`, (context) =>
      withSeeds(context, (seed) => killing(context, victim, seed + part, killsPerPart)));

  test(`kill -9 of the writer loses no confirmed line, part ${part}`, (context) =>
    withSeeds(context, async (seed) => {
      const confirmed = await killingWriter(seed + part, 2 * killsPerPart);
      context.diagnostic(`${2 * killsPerPart} kills of the writer, ${confirmed} confirmed, 0 lost`);
    }));
}
