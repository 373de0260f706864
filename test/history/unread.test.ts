/** Marks of what was read and what was emitted: they survive restarts and damage, and never go back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PeerId } from '../../src/ids.js';
import { entry, peer, start, temporaryHome, withHistory, type Driver } from './driver.js';

const none = {};
const incoming = (number: number, peerId: PeerId) =>
  entry(number, { direction: 'in', state: 'delivered', peerId, peer: `from ${peerId}` });

const unreadOf = async (history: Driver) =>
  (await history.call('unseen', none))
    ._unsafeUnwrap()
    .unread.filter(({ unread }) => unread > 0)
    .map(({ peerId, readSeq, unread }) => [peerId, readSeq, unread]);

const [alice, dave] = [peer(1), peer(2)];

// Case P1
test('unread messages are counted by peer, over restarts, until they are read', async (context) => {
  const { file, remove } = temporaryHome();
  context.after(remove);
  const history = (await start(file))._unsafeUnwrap();
  const entries = [incoming(1, alice), incoming(2, dave), incoming(3, alice), entry(4, { peerId: alice })];
  await history.call('append', { entries });
  // A message that comes again is not counted twice.
  await history.call('append', { entries: [incoming(1, alice)] });
  assert.deepEqual(await unreadOf(history), [
    [alice, 0, 2],
    [dave, 0, 1],
  ]);
  await history.stop();

  const again = (await start(file))._unsafeUnwrap();
  const { unread } = (await again.call('unseen', none))._unsafeUnwrap();
  assert.equal(unread[0]?.name, 'bob', 'the newest line of the talk names the peer');
  const upToFirst = (await again.call('read', { peerId: alice, upToSeq: 1, isTold: true }))._unsafeUnwrap();
  assert.deepEqual(upToFirst, { readSeq: 1, unread: 1, newestSeq: 4, owed: null });
  const back = (await again.call('read', { peerId: alice, upToSeq: 0, isTold: true }))._unsafeUnwrap();
  assert.equal(back.readSeq, 1, 'the mark never goes back');
  const all = (await again.call('read', { peerId: alice, upToSeq: null, isTold: true }))._unsafeUnwrap();
  assert.deepEqual(all, { readSeq: 4, unread: 0, newestSeq: 4, owed: null });
  assert.deepEqual(await unreadOf(again), [[dave, 0, 1]]);
  await again.stop();
});

// Case P1
test('a mark in one batch with a new message counts that message once', () =>
  withHistory(async (history) => {
    await history.call('append', { entries: [incoming(1, alice)] });
    const [, mark] = await history.batch([
      { name: 'append', body: { entries: [incoming(2, alice)] } },
      { name: 'read', body: { peerId: alice, upToSeq: 1, isTold: true } },
    ]);
    assert.deepEqual(mark?._unsafeUnwrap(), { readSeq: 1, unread: 1, newestSeq: 2, owed: null });
    assert.deepEqual(await unreadOf(history), [[alice, 1, 1]]);
  }));

// Case P1
test('the emitted mark rises, never goes back, and survives a restart', async (context) => {
  const { file, remove } = temporaryHome();
  context.after(remove);
  const history = (await start(file))._unsafeUnwrap();
  for (const [seq, kept] of [
    [3, 3],
    [2, 3],
    [7, 7],
  ] as const)
    assert.deepEqual((await history.call('emitted', { seq }))._unsafeUnwrap(), { seq: kept });
  await history.stop();
  const again = (await start(file))._unsafeUnwrap();
  assert.equal((await again.call('unseen', none))._unsafeUnwrap().emittedSeq, 7);
  await again.stop();
});
