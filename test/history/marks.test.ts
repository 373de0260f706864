/** Marks of many messages: those whose `seq` is in memory, and those that are looked up on disk, get one answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DeliveryState } from '../../src/chat/delivery/entry.js';
import { holdsAsync } from '../support/seeds.js';
import { entry, messageId, peer, request, start, temporaryHome, type Driver } from './driver.js';

const numbers = fc.array(fc.integer({ min: 1, max: 24 }), { minLength: 1, maxLength: 12 });
const recipient = fc.integer({ min: 1, max: 2 });
const step = fc.oneof(
  fc.record({
    type: fc.constant('append'),
    numbers,
    to: recipient,
    direction: fc.constantFrom('in', 'out'),
    dialect: fc.constantFrom('native', 'netech'),
  }),
  fc.record({
    type: fc.constant('mark'),
    numbers,
    to: recipient,
    state: fc.constantFrom<DeliveryState[]>('sent', 'delivered', 'failed'),
  }),
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Carries out the steps. `isForgetful`: the history is opened again before each, so that it remembers nothing. */
async function run(steps: readonly Step[], isForgetful: boolean): Promise<readonly unknown[]> {
  const { file, remove } = temporaryHome();
  const said: unknown[] = [];
  let history: Driver = (await start(file))._unsafeUnwrap();
  try {
    for (const each of steps) {
      if (isForgetful) {
        await history.stop();
        history = (await start(file))._unsafeUnwrap();
      }
      const peerId = peer(each.to);
      if (each.type === 'append') {
        const { dialect, direction } = each;
        const entries = each.numbers.map((number) => entry(number, { peerId, dialect, direction }));
        const [answer] = await history.batch<'append'>([request('append', { entries })]);
        said.push(answer?.isOk() === true ? answer.value : answer?._unsafeUnwrapErr());
        continue;
      }
      const ids = each.numbers.map(messageId);
      const marked = (await history.call('mark', { peerId, ids, state: each.state }))._unsafeUnwrap();
      said.push({ ...marked, reached: marked.reached.toSorted() });
    }
    await history.stop();
    history = (await start(file))._unsafeUnwrap();
    said.push((await history.call('outboxSize', {}))._unsafeUnwrap());
    said.push((await history.call('page', { limit: 1_000 }))._unsafeUnwrap());
  } finally {
    await history.stop();
    remove();
  }
  return said;
}

test('a mark has one effect and one answer, whether the history remembers the messages or not', (t) =>
  holdsAsync(
    t,
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 12 }), async (steps) => {
      assert.deepEqual(await run(steps, false), await run(steps, true));
    }),
    { numRuns: 20 },
  ));

test('the disk counts where the memory differs from it', async () => {
  const { file, remove } = temporaryHome();
  const history = (await start(file))._unsafeUnwrap();
  try {
    await history.call('append', { entries: [entry(1), entry(2), entry(3)] });
    const { opened } = history.state;
    assert.ok('store' in opened);
    const other = (await start(file))._unsafeUnwrap();
    await other.call('mark', { peerId: peer(1), ids: [messageId(2)], state: 'delivered' });
    await other.stop();
    const ids = [1, 2, 3].map(messageId);
    const marked = (await history.call('mark', { peerId: peer(1), ids, state: 'delivered' }))._unsafeUnwrap();
    assert.deepEqual(marked.reached.toSorted(), ids.toSorted());
    assert.deepEqual(marked.outbox, { entries: 0, bytes: 0 });
  } finally {
    await history.stop();
    remove();
  }
});
