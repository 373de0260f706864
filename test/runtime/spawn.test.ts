/** Actors that make actors: children of an actor, refs by address, death watch. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { address, child, type SupervisorSpec } from '../../src/runtime/index.js';
import { leaf, parent, slowLeaf, type LeafProtocol, type ParentProtocol } from './family.js';
import { entry, inline, own, places, startTree, until } from './tree.js';

const parentAt = (placement: (typeof places)[keyof typeof places]) =>
  child(parent, { id: 'parent', placement });
const leafAddress = address<LeafProtocol>('leaf-1');

for (const [where, placement] of Object.entries(places))
  describe(`an actor ${where === 'inline' ? 'in the main thread' : where}`, () => {
    test('spawns children here and in threads of their own, and sends to them and to itself', async () => {
      const spec = parentAt(placement);
      await using root = (await startTree({ children: [spec] })).root;
      const ref = root.ref(spec);
      assert.equal((await ref.call('spawn', { id: 'leaf-1', entry: null }))._unsafeUnwrap(), 'leaf-1');
      assert.equal((await ref.call('spawn', { id: 'leaf-2', entry: entry.href }))._unsafeUnwrap(), 'leaf-2');
      for (const id of ['leaf-1', 'leaf-2', 'leaf-1']) ref.cast('pass', { id, n: 1 })._unsafeUnwrap();
      assert.deepEqual((await ref.call('sum', { id: 'leaf-1' }))._unsafeUnwrap(), 2);
      assert.deepEqual((await ref.call('sum', { id: 'leaf-2' }))._unsafeUnwrap(), 1);
      assert.equal((await root.ref(leafAddress).call('sum', null))._unsafeUnwrap(), 2);
      const stats = await root.stats();
      const threadOf = (id: string) => stats.actors.find((one) => one.id === id)?.thread;
      assert.equal(threadOf('leaf-1'), threadOf('parent'));
      assert.notEqual(threadOf('leaf-2'), threadOf('parent'));
      ref.cast('repeat', 3)._unsafeUnwrap();
      await until(async () => (await ref.call('ends', null))._unsafeUnwrap().includes('repeated'));
    });

    test('takes its children along when it crashes, and may spawn them again', async () => {
      const spec = parentAt(placement);
      const tree = await startTree({ children: [spec] });
      const ref = tree.root.ref(spec);
      (await ref.call('spawn', { id: 'leaf-1', entry: null }))._unsafeUnwrap();
      ref.cast('crash', null)._unsafeUnwrap();
      await tree.event((event) => event.type === 'exited' && event.id === 'leaf-1');
      await tree.event((event) => event.type === 'restarted' && event.id === 'parent');
      assert.equal((await ref.call('find', { id: 'leaf-1' }))._unsafeUnwrap(), false);
      assert.equal((await ref.call('spawn', { id: 'leaf-1', entry: null }))._unsafeUnwrap(), 'leaf-1');
      assert.equal((await ref.call('find', { id: 'leaf-1' }))._unsafeUnwrap(), true);
      await tree.root.stop();
    });

    test('restarts a child that crashes, and hears of one that ends for good', async () => {
      const spec = parentAt(placement);
      const tree = await startTree({ children: [spec] });
      const ref = tree.root.ref(spec);
      (await ref.call('spawn', { id: 'leaf-1', entry: null }))._unsafeUnwrap();
      ref.cast('watch', { id: 'leaf-1' })._unsafeUnwrap();
      ref.cast('watch', { id: 'nobody' })._unsafeUnwrap();
      ref.cast('pass', { id: 'leaf-1', n: -1 })._unsafeUnwrap();
      await tree.event((event) => event.type === 'restarted' && event.id === 'leaf-1');
      // The poison comes from a neighbour of the same thread.
      await until(() => tree.root.deadLetters().length === 1);
      assert.equal(tree.root.deadLetters()[0]?.reason, 'poison');
      assert.equal(tree.root.deadLetters()[0]?.from, 'parent');
      (await ref.call('stopChild', { id: 'leaf-1' }))._unsafeUnwrap();
      await until(async () => (await ref.call('ends', null))._unsafeUnwrap().length === 2);
      assert.deepEqual((await ref.call('ends', null))._unsafeUnwrap(), [
        'nobody no-actor',
        'leaf-1 shutdown',
      ]);
      await tree.root.stop();
    });
  });

describe('a spawned child', () => {
  test('that crashes too often crashes its parent', async () => {
    const spec = parentAt(inline);
    const tree = await startTree({ children: [spec], limits: { restartsMax: 0 } });
    const events = tree.events;
    const ref = tree.root.ref(spec);
    (await ref.call('spawn', { id: 'leaf-1', entry: null }))._unsafeUnwrap();
    ref.cast('pass', { id: 'leaf-1', n: -1 })._unsafeUnwrap();
    await tree.event((event) => event.type === 'exited' && event.id === 'parent');
    assert.ok(events.some((event) => event.type === 'gave-up' && event.supervisor === 'children of parent'));
    await tree.root.done;
  });

  test('gets its address over threads: a holder of the address can send to it', async () => {
    const first = parentAt(own);
    const second = child(parent, { id: 'other', placement: own });
    await using root = (await startTree({ children: [first, second] })).root;
    const ref = root.ref(first);
    (await ref.call('spawn', { id: 'leaf-1', entry: null }))._unsafeUnwrap();
    const given = address<ParentProtocol>((await ref.call('self', null))._unsafeUnwrap().id);
    assert.equal(given.id, 'parent');
    root.ref(second).cast('pass', { id: 'leaf-1', n: 5 })._unsafeUnwrap();
    assert.equal((await root.ref(second).call('sum', { id: 'leaf-1' }))._unsafeUnwrap(), 5);
  });

  test('that refuses to start is reported and forgotten', async () => {
    const spec = parentAt(own);
    await using root = (await startTree({ children: [spec] })).root;
    const ref = root.ref(spec);
    const refused = await ref.call('spawn', { id: 'refuse', entry: null });
    assert.equal(refused._unsafeUnwrapErr().code, 'runtime/start-failed');
    assert.equal((await ref.call('find', { id: 'refuse' }))._unsafeUnwrap(), false);
    const twice = await ref.call('spawn', { id: 'parent', entry: null });
    assert.match(JSON.stringify(twice._unsafeUnwrapErr()), /the id parent is taken/u);
  });

  test('which is gone turns its messages into dead letters, and a call to it fails at once', async () => {
    const spec = parentAt(own);
    const tree = await startTree({ children: [spec] });
    const ref = tree.root.ref(spec);
    ref.cast('pass', { id: 'nobody', n: 1 })._unsafeUnwrap();
    const sum = await ref.call('sum', { id: 'nobody' });
    assert.equal(sum._unsafeUnwrapErr().code, 'runtime/no-actor');
    await tree.event((event) => event.type === 'dead-letter' && event.letter.actor === 'nobody');
    await tree.root.stop();
  });

  test('leaves no link behind, however many come and go', async () => {
    const spec = parentAt(own);
    await using root = (await startTree({ children: [spec] })).root;
    const ref = root.ref(spec);
    await ref.call('find', { id: 'parent' });
    const links = root.linkCount();
    for (let round = 0; round < 20; round += 1) {
      (await ref.call('spawn', { id: 'leaf-1', entry: null }))._unsafeUnwrap();
      ref.cast('pass', { id: 'leaf-1', n: 1 })._unsafeUnwrap();
      (await ref.call('stopChild', { id: 'leaf-1' }))._unsafeUnwrap();
    }
    assert.equal(root.linkCount(), links);
  });
});

const branchOf = (name: string): SupervisorSpec => ({
  name,
  strategy: 'one-for-all',
  children: [child(leaf, { id: `${name}-a` }), child(leaf, { id: `${name}-b` })],
});

describe('a supervisor', () => {
  test('is added as a child with children of its own, and stopped as one', async () => {
    await using root = (await startTree({ children: [] })).root;
    const branch = (await root.startBranch(branchOf('late')))._unsafeUnwrap();
    assert.deepEqual(branch.children(), ['late-a', 'late-b']);
    assert.deepEqual(root.children(), ['late']);
    assert.match(
      JSON.stringify((await root.startBranch(branchOf('late')))._unsafeUnwrapErr()),
      /two supervisors are named late/u,
    );
    (await root.stopChild('late'))._unsafeUnwrap();
    assert.equal(root.supervisor('late'), null);
    assert.equal((await root.stats()).actors.length, 0);
  });

  test('with a parallel stop order waits as long as its slowest child, not as their sum', async () => {
    const slow = Array.from({ length: 20 }, (_, n) =>
      child(slowLeaf, { id: `slow-${n}`, args: { endMs: 100 } }),
    );
    const tree = await startTree({ children: slow, stopOrder: 'parallel' });
    const beganMs = performance.now();
    await tree.root.stop();
    const tookMs = performance.now() - beganMs;
    assert.ok(tookMs < 20 * 100 * 0.75, `${Math.round(tookMs)} ms`);
  });
});
