/** An actor that ends late takes nothing along that got its id meanwhile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ok } from 'neverthrow';
import { actor, child, reply, type Call } from '../../src/runtime/index.js';
import { startTree } from './tree.js';

/** Its first life ends when the test says so. */
function held(shutdownMs: number) {
  const releases: (() => void)[] = [];
  const spec = child(
    actor<null, number, { life: Call<null, number> }>({
      name: 'held',
      shutdownMs,
      init: () => ok(releases.length),
      receive: { life: (life) => reply(life, ok(life)) },
      terminate: (life) => (life > 0 ? undefined : new Promise<void>((resolve) => releases.push(resolve))),
    }),
    { id: 'held' },
  );
  return { spec, releases };
}

test('an actor that was stopped by force and ends later leaves its successor alone', async () => {
  const { spec, releases } = held(20);
  await using root = (await startTree({ children: [] })).root;
  (await root.startChild(spec))._unsafeUnwrap();
  (await root.stopChild('held'))._unsafeUnwrap();
  const ref = (await root.startChild(spec))._unsafeUnwrap();
  releases[0]?.();
  await new Promise(setImmediate);
  assert.equal((await ref.call('life', null, { deadlineMs: 2_000 }))._unsafeUnwrap(), 1);
});

test('the slower of two stops of an actor leaves its successor alone', async () => {
  const { spec, releases } = held(60_000);
  await using root = (await startTree({ children: [] })).root;
  (await root.startChild(spec))._unsafeUnwrap();
  const slower = root.stopChild('held');
  await new Promise(setImmediate);
  (await root.stopChild('held'))._unsafeUnwrap();
  const ref = (await root.startChild(spec))._unsafeUnwrap();
  releases[0]?.();
  (await slower)._unsafeUnwrap();
  assert.equal((await ref.call('life', null, { deadlineMs: 2_000 }))._unsafeUnwrap(), 1);
});
