import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { runtime as limits } from '../../src/runtime/limits.js';
import type { Placement } from '../../src/runtime/index.js';
import type { Fate } from './actors.js';
import { notes, places, startTree, threads, until, workerAt, type Tree } from './tree.js';
import { hangMs } from '../support/deadline.js';
import { usableNowMs } from '../support/usable-time.js';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

/** Casts `count` numbers; the one in the middle meets its fate once. Returns what the journal holds at the end. */
async function crashOnce(placement: Placement, fate: Fate, count = 200) {
  const spec = workerAt(placement);
  const tree = await startTree({ children: [notes, spec] });
  const ref = tree.root.ref(spec);
  const tries = new SharedArrayBuffer(4);
  const middle = count / 2;
  for (const n of numbers(count))
    ref.cast('work', n === middle ? { n, fate, times: 1, tries } : { n })._unsafeUnwrap();
  const answer = await ref.call('ask', { n: 2 }, { deadlineMs: hangMs });
  const written = await settled(tree, numbers(count));
  const { actors } = await tree.root.stats();
  await tree.root.stop();
  return { tree, answer, written, restarts: actors.find(({ id }) => id === 'worker')?.restarts };
}

/** The journal once all of these are in it: it hears from another sender than the one who asked. */
async function settled(tree: Tree, wanted: readonly number[]): Promise<readonly number[]> {
  let written: readonly number[] = [];
  await until(async () => {
    written = (await tree.journal()).map(({ n }) => n);
    return wanted.every((n) => written.includes(n));
  });
  return written;
}

describe('an actor that crashes', () => {
  for (const [where, placement] of Object.entries(places))
    for (const fate of ['throw', 'reject'] as const)
      test(`(${fate}, ${where}) is restarted and handles what its predecessor had not acknowledged`, async () => {
        const { answer, written, restarts } = await crashOnce(placement, fate);
        assert.deepEqual(written, numbers(200));
        assert.deepEqual(answer._unsafeUnwrap(), { n: 2, restarts: 1 });
        assert.equal(restarts, 1);
      });

  // How a thread fails does not depend on how many actors it may hold: one way shows the shared one.
  for (const [where, placement] of Object.entries(threads))
    for (const fate of ['exit', 'unhandled', 'uncaught'] as const) {
      if (placement.thread !== undefined && fate !== 'exit') continue;
      test(`(${fate}) takes ${where} along; both are replaced and nothing is lost`, async () => {
        const { answer, written } = await crashOnce(placement, fate);
        assert.deepEqual([...new Set(written)], numbers(200));
        assert.equal(answer._unsafeUnwrap().restarts, 1);
      });
    }

  test('does not take along the other actors of its thread when it throws', async () => {
    const [bad, good] = [
      workerAt(threads['a shared thread'], 'bad'),
      workerAt(threads['a shared thread'], 'good'),
    ];
    const tree = await startTree({ children: [notes, bad, good] });
    const tries = new SharedArrayBuffer(4);
    tree.root.ref(bad).cast('work', { n: 1, fate: 'throw', times: 1, tries });
    assert.equal((await tree.root.ref(bad).call('ask', { n: 2 }))._unsafeUnwrap().restarts, 1);
    assert.equal((await tree.root.ref(good).call('ask', { n: 2 }))._unsafeUnwrap().restarts, 0);
    await tree.root.stop();
  });

  test('takes all actors of its thread along when the thread dies, and all of them come back', async () => {
    const specs = ['a', 'b', 'c'].map((id) => workerAt(threads['a shared thread'], id));
    const tree = await startTree({ children: [notes, ...specs], restartsMax: 1 });
    const [first] = specs;
    assert.ok(first);
    tree.root.ref(first).cast('work', { n: 1, fate: 'exit', times: 1, tries: new SharedArrayBuffer(4) });
    await tree.event((event) => event.type === 'restarted' && event.id === 'c');
    for (const spec of specs)
      assert.equal((await tree.root.ref(spec).call('ask', { n: 2 }))._unsafeUnwrap().restarts, 1);
    await tree.root.stop();
  });

  // Runtime section 4: a restart does not wait for the boot of a thread.
  test('gets a thread at its second death that was started before', async () => {
    const spec = workerAt(threads['its own thread']);
    const tree = await startTree({ children: [notes, spec] });
    const ref = tree.root.ref(spec);
    const dieAndReturn = async (): Promise<number> => {
      const body = { n: 2, fate: 'exit', times: 1, tries: new SharedArrayBuffer(4) } as const;
      (await ref.call('ask', body, { deadlineMs: hangMs }))._unsafeUnwrap();
      return (await ref.call('nodeThreadId', null, { deadlineMs: hangMs }))._unsafeUnwrap();
    };
    await dieAndReturn();
    const between = new Worker('', { eval: true }).threadId;
    assert.ok((await dieAndReturn()) < between);
    const { threads: left } = await tree.root.stats();
    assert.deepEqual(left.map(({ name }) => name).toSorted(), ['actor worker', 'inline']);
    await tree.root.stop();
  });

  test('is serving again at once in 95 of 100 cases', async (context) => {
    const spec = workerAt(threads['its own thread']);
    const tree = await startTree({ children: [notes, spec], restartsMax: 20 });
    const ref = tree.root.ref(spec);
    const tookMs: number[] = [];
    for (const n of numbers(20)) {
      const tries = new SharedArrayBuffer(4);
      const fate = n % 2 === 0 ? 'exit' : 'throw';
      const startedMs = usableNowMs();
      (await ref.call('ask', { n: 2, fate, times: 1, tries }, { deadlineMs: hangMs }))._unsafeUnwrap();
      tookMs.push(usableNowMs() - startedMs);
    }
    tookMs.sort((a, b) => a - b);
    await tree.root.stop();
    const p95 = tookMs[18] ?? Infinity;
    context.diagnostic(`p95 ${p95.toFixed(0)} ms`);
    // The goal is 250 ms on a quiet machine (printed). On a busy one the boot of a thread takes seconds.
    assert.ok(p95 < 10_000, `p95 ${p95} ms`);
  });
});

async function crashOncePoison(placement: Placement, fate: Fate) {
  const spec = workerAt(placement);
  const tree = await startTree({ children: [notes, spec] });
  const ref = tree.root.ref(spec);
  for (const n of numbers(100)) ref.cast('work', n === 50 ? { n, fate } : { n })._unsafeUnwrap();
  const answer = await ref.call('ask', { n: 2 }, { deadlineMs: hangMs });
  const written = await settled(
    tree,
    numbers(100).filter((n) => n !== 50),
  );
  await tree.root.stop();
  return { tree, answer, written };
}

describe('a message that crashes its actor each time', () => {
  for (const [where, placement] of Object.entries(places))
    for (const fate of ['throw', 'exit'] as const) {
      // An inline actor has no thread to end; in a shared one an end is that of its own.
      if (fate === 'exit' && placement !== threads['its own thread']) continue;
      test(`(${fate}, ${where}) becomes a dead letter after a few tries, the others are handled`, async () => {
        const { tree, answer, written } = await crashOncePoison(placement, fate);
        assert.deepEqual(
          [...new Set(written)],
          numbers(100).filter((n) => n !== 50),
        );
        assert.equal(answer._unsafeUnwrap().restarts, limits.poisonTriesMax);
        const letters = tree.root.deadLetters();
        assert.equal(letters.length, 1);
        assert.equal(letters[0]?.reason, 'poison');
        assert.equal(letters[0]?.name, 'work');
        assert.deepEqual(letters[0]?.body, { n: 50, fate });
      });

      test(`(${fate}, ${where}) fails its caller with runtime/poison when it is a call`, async () => {
        const spec = workerAt(placement);
        const tree = await startTree({ children: [notes, spec] });
        const ref = tree.root.ref(spec);
        const [poisoned, healthy] = await Promise.all([
          ref.call('ask', { n: 2, fate }, { deadlineMs: hangMs }),
          ref.call('ask', { n: 4 }, { deadlineMs: hangMs }),
        ]);
        assert.deepEqual(poisoned._unsafeUnwrapErr(), {
          code: 'runtime/poison',
          actor: 'worker',
          name: 'ask',
        });
        assert.equal(healthy._unsafeUnwrap().n, 4);
        await tree.root.stop();
      });
    }
});
