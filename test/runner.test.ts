/** The test runner and the seeds of random tests. Cases T2 and N12. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { batchesOf } from './support/batches.js';
import { anyBytes, dice, holds, parseSeeds, runSeed, seedOf, seedsOf, withSeeds } from './support/seeds.js';

const runner = join(import.meta.dirname, 'run.js');
const sources = join(import.meta.dirname, '../../test');

// Case T2
test('the runner names an argument that matches no test file and exits with 1', () => {
  // The runner of this file marks its children; a runner among them would run nothing.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const run = spawnSync(process.execPath, [runner, 'no/such/file', 'ids'], { encoding: 'utf8', env });
  assert.equal(run.status, 1);
  assert.match(run.stdout, /^no test file matches "no\/such\/file": give a part of a path/m);
  assert.match(run.stdout, /^0 passed, 0 failed, 0 skipped$/m);
});

// Case T2
test('the runner takes a path as it stands in the repository', () => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  // Two files, which share a process.
  const args = [runner, 'test/ids.test.ts', 'test/wire/read-frames.test.ts'];
  const seeded = { ...env, PARLANCE_TEST_SEED: '4711' };
  const run = spawnSync(process.execPath, args, { encoding: 'utf8', env: seeded });
  assert.equal(run.status, 0, run.stdout);
  assert.match(run.stdout, /^seed: 4711 \(the same inputs again: PARLANCE_TEST_SEED=4711 npm test\)$/m);
  assert.match(run.stdout, /^cpu: \d+ s in 2 files$/m);
  assert.match(run.stdout, /^ +[\d.]+ s +[\d.]+ s {2}ids\.test\.js and 1 more$/m);
});

// Case T2
test('each test file is in one batch, and files of one folder share a process', () => {
  const files = ['chat/name', 'chat/core/routes', 'scenes/slots', 'scenes/poison', 'ids', 'wire/json'];
  const many = Array.from({ length: 40 }, (_, n) => `ui/file-${n}`);
  const batches = batchesOf([...files, ...many]);
  assert.deepEqual(batches.flatMap((batch) => batch.files).toSorted(), [...files, ...many].toSorted());
  const mates = (file: string) => batches.find((batch) => batch.files.includes(file))?.files;
  assert.deepEqual(mates('scenes/slots'), ['scenes/slots']);
  assert.ok(mates('chat/name')?.includes('chat/core/routes'));
  assert.equal(mates('ui/file-0')?.length, 16);
});

function fail(): never {
  throw new Error('it does not hold');
}

// Case N12
test('a random test that fails tells the seed that makes the same inputs again', async () => {
  const said: string[] = [];
  const t = { name: 'some title', diagnostic: (text: string) => void said.push(text) };
  await assert.rejects(withSeeds(t, fail), /it does not hold/);
  assert.throws(() => holds(t, fc.property(fc.nat(), fail)), /Property failed after 1 tests/);
  assert.deepEqual(said, [
    `failed with seed ${runSeed}: play it again with PARLANCE_TEST_SEED=${runSeed}`,
    `keep it in test/seeds.txt: ${runSeed} some title`,
    `failed with seed ${runSeed}: play it again with PARLANCE_TEST_SEED=${runSeed}`,
    `keep it in test/seeds.txt: ${runSeed} some title`,
  ]);
});

// Case N12
test('the same seed gives the same dice, bytes and properties', async () => {
  const t = { name: 'some title', diagnostic: () => undefined };
  const draws: unknown[] = [];
  for (let round = 0; round < 2; round += 1)
    await withSeeds(t, (seed) => {
      const roll = dice(seed);
      draws.push([Array.from({ length: 50 }, () => roll(1_000)), anyBytes(50)]);
    });
  assert.deepEqual(draws[0], draws[1]);
  const inputs: number[][] = [[], []];
  for (const list of inputs)
    holds(
      t,
      fc.property(fc.nat(), (value) => void list.push(value)),
    );
  assert.deepEqual(inputs[0], inputs[1]);
});

// Case N12
test('seeds that failed once are played before that of the run, in their test alone', () => {
  const kept = parseSeeds('# why\n\n17 some title\n4 another title\n 99 some title\n');
  assert.deepEqual(seedsOf({ name: 'some title' }, kept), [17, 99, runSeed]);
  assert.deepEqual(seedsOf({ name: 'a third title' }, kept), [runSeed]);
  assert.throws(() => parseSeeds('x some title'), /not a seed/);
  assert.throws(() => seedOf('-1'), /whole number/);
  assert.throws(() => seedOf('1e99'), /whole number/);
  assert.notEqual(seedOf(undefined), seedOf(''), 'drawn anew');
});

// Case N12
test('no test has a fixed seed or dice of its own', () => {
  const allowed = new Set(['runner.test.ts', 'support/seeds.ts']);
  const found = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts') && !allowed.has(path))
    .filter((path) => /\bseed: \d|Math\.random\(/u.test(readFileSync(join(sources, path), 'utf8')));
  // Answers of a simulated peer to BUSY are spread as those of the product are; an example is a program of its own.
  assert.deepEqual(found.toSorted(), ['examples/runtime/pipeline.ts', 'support/simulated-peer.ts']);
});
