/** Starts of several actors reach their thread in one batch. One that loops ends the thread; the others are not to blame. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { child } from '../../src/runtime/index.js';
import { looping } from './family.js';
import { shared, startTree } from './tree.js';
import { hangMs } from '../support/deadline.js';

const ids = Array.from({ length: 8 }, (_, n) => `actor-${n}`);
const last = ids.at(-1);
const soon = { busyMsMax: 100, heartbeatDeadlineMs: 200, heartbeatEveryMs: 50 };
/** `loopsAt`: the restart at which the last one loops. */
const specsFor = (loopsAt: number) =>
  ids.map((id) => child(looping, { id, args: { loopsAt: id === last ? loopsAt : -1 }, placement: shared }));

describe('a batch of starts whose last one loops', () => {
  test('after a death of the thread counts as one restart for all of them', async (context) => {
    const specs = specsFor(1);
    const [first] = specs;
    assert.ok(first);
    const tree = await startTree({ children: specs, limits: soon, restartsMax: 2 });
    context.after(() => tree.root.stop());
    tree.root.ref(first).cast('die', null)._unsafeUnwrap();
    await tree.event((event) => event.type === 'restarted' && event.id === last);
    for (const spec of specs)
      assert.equal((await tree.root.ref(spec).call('ask', null, { deadlineMs: hangMs }))._unsafeUnwrap(), 2);
    assert.ok(tree.events.every(({ type }) => type !== 'gave-up'));
  });

  test('fails the start of that one only when they are added side by side', async (context) => {
    const tree = await startTree({ children: [], limits: soon });
    context.after(() => tree.root.stop());
    const started = await Promise.all(specsFor(0).map((spec) => tree.root.startChild(spec)));
    assert.deepEqual(
      started.map((one) => one.isOk()),
      ids.map((id) => id !== last),
    );
  });
});
