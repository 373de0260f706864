/** Views of a running system. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { child, type TreeNode } from '../../src/runtime/index.js';
import { leaf, parent } from './family.js';
import type { TraceEvent } from '../../src/runtime/recorder.js';
import type { MeterCallback } from '../../src/runtime/tree/meter.js';
import { inline, notes, own, startTree, workerAt } from './tree.js';

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

  test('records bars for handlers and arrows for messages, over threads', async () => {
    const spec = workerAt(own);
    const tree = await startTree({ children: [notes, spec], trace: true });
    for (let n = 0; n < 5; n += 1) tree.root.ref(spec).cast('work', { n })._unsafeUnwrap();
    await tree.root.drained();
    const { traceEvents } = JSON.parse(await tree.root.trace()) as { traceEvents: TraceEvent[] };
    const of = (ph: string, name: string) => traceEvents.filter((one) => one.ph === ph && one.name === name);
    assert.deepEqual([of('X', 'worker work').length, of('X', 'journal wrote').length], [5, 5]);
    const ids = (ph: string) => of(ph, 'wrote').map(({ id }) => id);
    assert.deepEqual(ids('s'), ids('f'), 'each arrow has both ends');
    const [bar] = of('X', 'worker work');
    const [arrow] = of('s', 'wrote');
    assert.ok(bar && arrow && bar.tid === arrow.tid && arrow.ts >= bar.ts);
    assert.ok(arrow.ts <= bar.ts + (bar.dur ?? 0), 'an arrow begins within the bar that sent it');
    assert.deepEqual(
      traceEvents.filter(({ ph }) => ph === 'M').map(({ args }) => args?.['name']),
      ['inline', 'actor worker'],
    );
    await tree.root.stop();
  });

  test('counts for the meter of its embedder', async () => {
    const counts = new Map<string, number>();
    const observed = new Map<string, MeterCallback>();
    const add = (name: string) => (value: number) => void counts.set(name, (counts.get(name) ?? 0) + value);
    const observable = (name: string) => ({
      addCallback: (callback: MeterCallback) => void observed.set(name, callback),
      removeCallback: () => void observed.delete(name),
    });
    const meter = {
      createCounter: (name: string) => ({ add: add(name) }),
      createObservableGauge: observable,
      createObservableCounter: observable,
    };
    const spec = workerAt(inline);
    const tree = await startTree({ children: [notes, spec], meter });
    tree.root.ref(spec).cast('work', { n: 1, fate: 'throw' })._unsafeUnwrap();
    await tree.event((event) => event.type === 'restarted' && event.restarts === 3);
    assert.deepEqual(Object.fromEntries(counts), { 'actor.restarts': 3, 'actor.dead_letters': 1 });
    const handled: number[] = [];
    await observed.get('actor.handled')?.({ observe: (value) => void handled.push(value) });
    assert.deepEqual(handled, [0, 3]);
    await tree.root.stop();
    assert.equal(observed.size, 0);
  });
});
