/** What there is to see of a running system. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { child, type TreeNode } from '../../src/runtime/index.js';
import { leaf, parent } from './family.js';
import { notes, own, startTree, workerAt } from './tree.js';

const outline = (node: TreeNode): string =>
  node.children.length === 0 ? node.id : `${node.id}(${node.children.map(outline).join(' ')})`;

describe('a running system', () => {
  test('shows its supervisors, its actors and what these have spawned', async () => {
    const spec = child(parent, { id: 'parent', placement: own });
    const nested = { name: 'nested', strategy: 'one-for-all', children: [child(leaf, { id: 'b' })] } as const;
    await using root = (await startTree({ children: [spec, nested] })).root;
    (await root.ref(spec).call('spawn', { id: 'leaf-1', entry: null }))._unsafeUnwrap();
    root.ref(spec).cast('pass', { id: 'leaf-1', n: 1 })._unsafeUnwrap();
    await root.drained();
    const tree = await root.tree();
    assert.equal(outline(tree), 'root(parent(leaf-1) nested(b))');
    const [first] = tree.children;
    assert.ok(first?.type === 'actor' && first.isUp && first.kind === 'parent');
    assert.deepEqual([first.stats?.thread, first.stats?.handled], ['actor parent', 2]);
    const [spawned] = first.children;
    assert.ok(spawned?.type === 'actor');
    assert.deepEqual([spawned.stats?.thread, spawned.stats?.handled], ['actor parent', 1]);
  });

  test('is drained once everything that follows from what was sent is handled', async () => {
    const spec = workerAt(own);
    const tree = await startTree({ children: [notes, spec] });
    for (let n = 0; n < 2_000; n += 1) tree.root.ref(spec).cast('work', { n })._unsafeUnwrap();
    await tree.root.drained();
    assert.equal((await tree.journal()).length, 2_000);
    await tree.root.stop();
  });
});
