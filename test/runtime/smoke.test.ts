import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, child, startSupervisor, type Placement } from '../../src/runtime/index.js';
import { journal, worker, type JournalProtocol } from './actors.js';

const entry = new URL('./worker.js', import.meta.url);
const placements: Record<string, Placement> = {
  inline: { kind: 'inline' },
  'in its own thread': { kind: 'thread', entry },
  'in a shared thread': { kind: 'thread', entry, thread: 'shared' },
};

for (const [where, placement] of Object.entries(placements))
  test(`casts and calls reach an actor ${where}`, async () => {
    const notes = child(journal, { args: null, links: {}, placement: { kind: 'inline' } });
    const busy = child(worker, {
      args: {},
      links: { journal: address<JournalProtocol>('journal') },
      placement,
    });
    const root = (
      await startSupervisor({ name: 'root', strategy: 'one-for-one', children: [notes, busy] })
    )._unsafeUnwrap();
    const ref = root.ref(busy);
    for (let n = 0; n < 1_000; n += 1) ref.cast('work', { n })._unsafeUnwrap();
    assert.deepEqual((await ref.call('ask', { n: 4 }))._unsafeUnwrap(), { n: 4, restarts: 0 });
    assert.deepEqual((await ref.call('ask', { n: 5 }))._unsafeUnwrapErr(), { code: 'test/odd', n: 5 });
    const written = (await root.ref(notes).call('read', null))._unsafeUnwrap();
    assert.deepEqual(
      written.map(({ n }) => n),
      Array.from({ length: 1_000 }, (_, n) => n),
    );
    ref.cast('work', { n: 7, fate: 'throw', times: 1, tries: new SharedArrayBuffer(4) })._unsafeUnwrap();
    assert.deepEqual((await ref.call('ask', { n: 6 }))._unsafeUnwrap(), { n: 6, restarts: 1 });
    await root.stop();
  });
