/** Supervisors that actors spawn, and children that actors add to supervisors. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { address, child } from '../../src/runtime/index.js';
import { early, leaf, parent, type LeafProtocol } from './family.js';
import { entry, inline, own, startTree, until } from './tree.js';

const leafRef = (id: string) => address<LeafProtocol>(id);

for (const [where, placement] of [
  ['in the main thread', inline],
  ['in its own thread', own],
] as const)
  describe(`an actor ${where}`, () => {
    test('spawns a supervisor, whose strategy holds for what it has', async () => {
      const spec = child(parent, { id: 'parent', placement });
      const tree = await startTree({ children: [spec] });
      const { root } = tree;
      const ref = root.ref(spec);
      const links = root.linkCount();
      (await ref.call('found', { name: 'crew', ids: ['a', 'b'], entry: null }))._unsafeUnwrap();
      for (const id of ['a', 'b', 'b']) root.ref(leafRef(id)).cast('add', 1)._unsafeUnwrap();
      assert.equal((await root.ref(leafRef('b')).call('sum', null))._unsafeUnwrap(), 2);
      root.ref(leafRef('a')).cast('add', -1)._unsafeUnwrap();
      await tree.event((event) => event.type === 'restarted' && event.id === 'b');
      assert.equal((await root.ref(leafRef('b')).call('sum', null))._unsafeUnwrap(), 0);

      const added = await ref.call('spawn', { id: 'c', entry: null, under: 'crew' });
      assert.equal(added._unsafeUnwrap(), 'c');
      assert.deepEqual(root.supervisor('crew')?.children(), ['a', 'b', 'c']);
      const threads = (await root.stats()).actors.map(({ thread }) => thread);
      assert.equal(new Set(threads).size, 1, 'all in one thread');
      (await ref.call('stopChild', { id: 'b' }))._unsafeUnwrap();
      assert.deepEqual(root.supervisor('crew')?.children(), ['a', 'c']);
      (await ref.call('stopChild', { id: 'crew' }))._unsafeUnwrap();
      assert.equal(root.supervisor('crew'), null);
      assert.equal((await ref.call('find', { id: 'a' }))._unsafeUnwrap(), false);
      await until(() => root.linkCount() <= links + 1);
      await root.stop();
    });

    test('takes its supervisors along when it crashes, and may spawn them again', async () => {
      const spec = child(parent, { id: 'parent', placement });
      const tree = await startTree({ children: [spec] });
      const ref = tree.root.ref(spec);
      for (const round of [1, 2]) {
        const founded = await ref.call('found', { name: 'crew', ids: ['a', 'b'], entry: null });
        assert.ok(founded.isOk(), `round ${round}: ${JSON.stringify(founded)}`);
        ref.cast('crash', null)._unsafeUnwrap();
        await tree.event((one) => one.type === 'restarted' && one.id === 'parent' && one.restarts === round);
        assert.equal((await ref.call('find', { id: 'b' }))._unsafeUnwrap(), false);
        assert.equal(tree.root.supervisor('crew'), null);
      }
      await tree.root.stop();
    });
  });

describe('a spawned supervisor', () => {
  test('has children in threads of their own, and is seen in the tree below its actor', async () => {
    const spec = child(parent, { id: 'parent', placement: own });
    await using root = (await startTree({ children: [spec] })).root;
    const ref = root.ref(spec);
    (await ref.call('found', { name: 'crew', ids: ['a'], entry: entry.href }))._unsafeUnwrap();
    const [actor] = (await root.tree()).children;
    assert.equal(actor?.id, 'parent');
    assert.deepEqual(
      actor?.children.map(({ id, type, children }) => [id, type, children.map((one) => one.id)]),
      [['crew', 'supervisor', ['a']]],
    );
  });

  test('that gives up crashes the actor that spawned it', async () => {
    const spec = child(parent, { id: 'parent', placement: inline });
    const tree = await startTree({ children: [spec], limits: { restartsMax: 0 } });
    const ref = tree.root.ref(spec);
    (await ref.call('found', { name: 'crew', ids: ['a'], entry: null }))._unsafeUnwrap();
    tree.root.ref(leafRef('a')).cast('add', -1)._unsafeUnwrap();
    await tree.root.done;
    assert.deepEqual(
      tree.events.flatMap((event) => (event.type === 'gave-up' ? [event.supervisor] : [])),
      ['crew', 'children of parent', 'root'],
    );
  });

  test('of which a child refuses to start is not there, nor are its other children', async () => {
    const spec = child(parent, { id: 'parent', placement: own });
    await using root = (await startTree({ children: [spec] })).root;
    const ref = root.ref(spec);
    const refused = await ref.call('found', { name: 'crew', ids: ['a', 'refuse'], entry: null });
    assert.equal(refused._unsafeUnwrapErr().code, 'runtime/start-failed');
    assert.equal(root.supervisor('crew'), null);
    assert.equal((await ref.call('find', { id: 'a' }))._unsafeUnwrap(), false);
    const twice = await ref.call('found', { name: 'root', ids: ['a'], entry: null });
    assert.match(JSON.stringify(twice._unsafeUnwrapErr()), /two supervisors are named root/u);
    (await ref.call('found', { name: 'crew', ids: ['a'], entry: null }))._unsafeUnwrap();
  });
});

describe('a child added to a supervisor of the tree', () => {
  test('outlives the actor that added it', async () => {
    const spec = child(parent, { id: 'parent', placement: own });
    const tree = await startTree({ children: [spec, { name: 'others', children: [] }] });
    const ref = tree.root.ref(spec);
    (await ref.call('spawn', { id: 'leaf-1', entry: entry.href, under: 'others' }))._unsafeUnwrap();
    tree.root.ref(leafRef('leaf-1')).cast('add', 3)._unsafeUnwrap();
    ref.cast('crash', null)._unsafeUnwrap();
    await tree.event((event) => event.type === 'restarted' && event.id === 'parent');
    assert.equal((await tree.root.ref(leafRef('leaf-1')).call('sum', null))._unsafeUnwrap(), 3);
    assert.equal((await ref.call('stopChild', { id: 'leaf-1' }))._unsafeUnwrapErr().code, 'runtime/no-actor');
    await tree.root.stop();
  });

  test('is refused under a supervisor that is not there or in another thread', async () => {
    const spec = child(parent, { id: 'parent', placement: own });
    await using root = (await startTree({ children: [spec] })).root;
    const ref = root.ref(spec);
    const nowhere = await ref.call('spawn', { id: 'leaf-1', entry: null, under: 'nobody' });
    assert.match(JSON.stringify(nowhere._unsafeUnwrapErr()), /no supervisor is named nobody/u);
    const apart = await ref.call('spawn', { id: 'leaf-1', entry: null, under: 'root' });
    assert.match(JSON.stringify(apart._unsafeUnwrapErr()), /root is in another thread/u);
    assert.equal((await ref.call('spawn', { id: 'leaf-1', entry: null }))._unsafeUnwrap(), 'leaf-1');
  });

  test('waits for a supervisor that starts later, and gets what was sent meanwhile', async () => {
    const later = { name: 'later', children: [child(leaf, { id: 'first' })] };
    await using root = (await startTree({ children: [child(early, { args: { under: 'later' } }), later] }))
      .root;
    assert.equal((await root.ref(leafRef('leaf-1')).call('sum', null))._unsafeUnwrap(), 4);
    assert.deepEqual(root.supervisor('later')?.children(), ['first', 'leaf-1']);
  });

  test('is given up when its supervisor never starts', async () => {
    const later = { name: 'later', children: [child(leaf, { id: 'refuse' })] };
    const children = [child(early, { args: { under: 'later' } }), later];
    await assert.rejects(startTree({ children }));
  });
});
