import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Placement, Supervisor } from '../../src/runtime/index.js';
import type { Fate } from './actors.js';
import { inline, notes, own, shared, startTree, until, workerAt } from './tree.js';
import { dice, holdsAsync, withSeeds } from '../support/seeds.js';

describe('under random failures', () => {
  for (const [where, placement, rounds] of [
    ['inline', inline, 40],
    ['in a shared thread', shared, 40],
  ] as const)
    test(`${rounds} crashes at random ones of 1,000 envelopes each (${where}) lose nothing`, async (t) => {
      await withSeeds(t, (seed) => crashing(placement, rounds, seed));
    });

  test('8 deaths of a thread at random ones of 200 envelopes each lose nothing', async (t) => {
    await withSeeds(t, dying);
  });
  test('a tree has its shape again, with no thread left over and nothing lost', async (t) => {
    const failure = fc.record({
      target: fc.nat({ max: 5 }),
      fate: fc.constantFrom<Fate>('throw', 'reject', 'exit', 'uncaught', 'throw', 'throw'),
      before: fc.nat({ max: 20 }),
    });
    await holdsAsync(
      t,
      fc.asyncProperty(
        fc.constantFrom('one-for-one', 'one-for-all', 'rest-for-one'),
        fc.array(failure, { minLength: 1, maxLength: 12 }),
        async (strategy, failures) => {
          const places = [inline, shared, own, shared, inline, own] as const;
          const specs = places.map((placement, i) => workerAt(placement, `w${i}`));
          const nested = {
            name: 'nested',
            strategy,
            restartsMax: 1_000,
            restartDelayMaxMs: 5,
            children: specs.slice(2),
          } as const;
          const children = [notes, ...specs.slice(0, 2), nested];
          const tree = await startTree({ children, restartsMax: failures.length });
          const sent = specs.map(() => 0);
          for (const { target, fate, before } of failures) {
            const spec = specs[target];
            if (spec === undefined) continue;
            const ref = tree.root.ref(spec);
            const isInline = places[target] === inline;
            const tries = new SharedArrayBuffer(4);
            for (let i = 0; i < before; i += 1)
              ref.cast('work', { n: (sent[target] ?? 0) + i })._unsafeUnwrap();
            const n = (sent[target] ?? 0) + before;
            sent[target] = n + 1;
            const safe = isInline && (fate === 'exit' || fate === 'uncaught') ? 'throw' : fate;
            ref.cast('work', { n, fate: safe, times: 1, tries })._unsafeUnwrap();
          }
          await until(async () => {
            const written = await tree.journal();
            return specs.every((spec, i) => {
              const of = new Set(written.filter(({ by }) => by === spec.id).map(({ n }) => n));
              return of.size === sent[i];
            });
          });
          await assertShape(
            tree.root,
            specs.map(({ id }) => id),
          );
          await tree.root.stop();
        },
      ),
      { numRuns: 5, endOnFailure: true },
    );
  });
});

async function assertShape(root: Supervisor, ids: readonly string[]): Promise<void> {
  await until(async () => {
    const { actors } = await root.stats();
    return actors.length === ids.length + 1;
  });
  for (const id of ids) (await root.ref(workerAt(inline, id)).call('ask', { n: 2 }))._unsafeUnwrap();
  const { threads } = await root.stats();
  assert.deepEqual(threads.map(({ name }) => name).toSorted(), ['actor w2', 'actor w5', 'inline', 'shared']);
}

async function crashing(placement: Placement, rounds: number, seed: number): Promise<void> {
  const roll = dice(seed);
  const spec = workerAt(placement);
  // Each crash is another envelope's, so each counts.
  const tree = await startTree({ children: [notes, spec], restartsMax: rounds });
  const ref = tree.root.ref(spec);
  let sent = 0;
  for (let round = 0; round < rounds; round += 1) {
    const crashAt = roll(1_000);
    const tries = new SharedArrayBuffer(4);
    for (let i = 0; i < 1_000; i += 1) {
      const body = i === crashAt ? { n: sent, fate: 'throw' as const, times: 1, tries } : { n: sent };
      (await ref.send('work', body))._unsafeUnwrap();
      sent += 1;
    }
  }
  (await ref.call('ask', { n: 2 }, { deadlineMs: 60_000 }))._unsafeUnwrap();
  await until(async () => (await tree.journal()).length >= sent);
  const written = await tree.journal();
  assert.equal(new Set(written.map(({ n }) => n)).size, sent);
  const inOrder = written.every(({ n }, i) => i === 0 || n >= (written[i - 1]?.n ?? 0) - 1_000);
  assert.ok(inOrder);
  const { actors } = await tree.root.stats();
  assert.equal(actors.find(({ id }) => id === 'worker')?.restarts, rounds);
  await tree.root.stop();
}

async function dying(seed: number): Promise<void> {
  const roll = dice(seed);
  const spec = workerAt(own);
  const tree = await startTree({ children: [notes, spec], restartsMax: 8 });
  const ref = tree.root.ref(spec);
  let sent = 0;
  for (let round = 0; round < 8; round += 1) {
    const crashAt = roll(200);
    const fate = (['exit', 'uncaught', 'unhandled'] as const)[roll(3)] ?? 'exit';
    const tries = new SharedArrayBuffer(4);
    for (let i = 0; i < 200; i += 1) {
      const body = i === crashAt ? { n: sent, fate, times: 1, tries } : { n: sent };
      (await ref.send('work', body))._unsafeUnwrap();
      sent += 1;
    }
  }
  await until(async () => new Set((await tree.journal()).map(({ n }) => n)).size === sent);
  assert.equal(tree.root.deadLetters().length, 0);
  await tree.root.stop();
}
