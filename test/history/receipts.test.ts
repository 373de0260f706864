/** Read marks on disk: they only rise, survive a start, and an upgrade tells nobody what was read before. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrate, migrations } from '../../src/actors/history/schema.js';
import { openSql } from '../../src/actors/history/sql.js';
import type { NewEntry } from '../../src/chat/delivery/entry.js';
import { entry, messageId, peer, start, temporaryHome, withHistory, type Driver } from './driver.js';

const bob = peer(1);
const incoming = (number: number): NewEntry => entry(number, { direction: 'in', state: 'delivered' });
const outgoing = (number: number): NewEntry => entry(number, { direction: 'out', state: 'queued' });
const read = async (history: Driver, upToSeq: number | null, isTold = false) =>
  (await history.call('read', { peerId: bob, upToSeq, isTold }))._unsafeUnwrap().owed;
const peerRead = async (history: Driver, number: number, atMs: number) =>
  (
    await history.call('peerRead', { peerId: bob, upTo: messageId(number), unread: [], atMs })
  )._unsafeUnwrap();
const readTimes = async (history: Driver) =>
  (await history.call('page', { limit: 9 }))._unsafeUnwrap().map(({ readAtMs }) => readAtMs);

test('a peer is owed the newest message that was read until it knows of it, across a start', async () => {
  const { file, remove } = temporaryHome();
  try {
    const history = (await start(file))._unsafeUnwrap();
    await history.call('append', { entries: [incoming(1), incoming(2), incoming(3)] });
    assert.deepEqual(await read(history, 2), { seq: 2, upTo: messageId(2) });
    await history.stop();
    const again = (await start(file))._unsafeUnwrap();
    const owed = async () => (await again.call('unseen', {}))._unsafeUnwrap().owed;
    assert.deepEqual(await owed(), [{ peerId: bob, seq: 2, upTo: messageId(2) }]);
    await again.call('told', { peerId: bob, seq: 2 });
    assert.deepEqual([await owed(), await read(again, 1)], [[], null]);
    assert.equal(await read(again, null, true), null, 'read in silence');
    assert.equal(await read(again, null), null, 'and never told later');
    await again.stop();
  } finally {
    remove();
  }
});

test('a message gets the time at which it was read first, and a lower mark changes nothing', () =>
  withHistory(async (history) => {
    await history.call('append', { entries: [outgoing(1), outgoing(2), outgoing(3), outgoing(4)] });
    const mark = (numbers: readonly number[], state: 'delivered' | 'failed') =>
      history.call('mark', { peerId: bob, ids: numbers.map(messageId), state });
    await mark([1, 3, 4], 'delivered');
    await mark([2], 'failed');
    assert.deepEqual(await peerRead(history, 3, 500), { seq: 3, isNews: true });
    assert.deepEqual(await peerRead(history, 1, 600), { seq: 1, isNews: false });
    assert.deepEqual(await peerRead(history, 4, 700), { seq: 4, isNews: true });
    assert.equal(await peerRead(history, 9, 800), null, 'a message that is unknown here');
    assert.deepEqual(await readTimes(history), [500, undefined, 500, 700]);
    const other = await history.call('peerRead', {
      peerId: peer(2),
      upTo: messageId(1),
      unread: [],
      atMs: 900,
    });
    assert.equal(other._unsafeUnwrap(), null, 'a message to somebody else');
  }));

test('an upgrade owes nobody a mark for what was read before', async () => {
  const { file, remove } = temporaryHome();
  try {
    const sql = openSql(file);
    migrate(sql, migrations.slice(0, 6));
    sql.exec(`INSERT INTO peer VALUES (1, CAST('${bob}' AS BLOB));
      INSERT INTO line VALUES (1, 1, 0, x'${'00'.repeat(15)}01', 5, 5, 0, 0, 0, 0, 0, x'62', NULL, x'6869', 0,
        NULL, NULL, 0, NULL, NULL);
      INSERT INTO tally VALUES (1, 1, 0, 2)`);
    sql.close();
    const history = (await start(file))._unsafeUnwrap();
    assert.deepEqual((await history.call('unseen', {}))._unsafeUnwrap().owed, []);
    assert.deepEqual(await readTimes(history), [undefined]);
    await history.stop();
  } finally {
    remove();
  }
});

test('a page of unread, edited or answered messages, and of links, holds these alone', () =>
  withHistory(async (history) => {
    const text = (number: number, words: string): NewEntry => ({
      ...incoming(number),
      content: { type: 'text', text: words },
    });
    const edit = { type: 'edit', target: messageId(2), revision: 1, text: 'two, changed' } as const;
    const reaction = {
      type: 'reaction',
      target: messageId(1),
      revision: 1,
      emoji: '👍',
      isOn: true,
    } as const;
    await history.call('append', {
      entries: [
        text(1, 'one'),
        text(2, 'two'),
        text(3, 'see https://example.org'),
        { ...incoming(4), content: edit },
        { ...incoming(5), content: reaction },
      ],
    });
    await read(history, 2, true);
    const found = async (...only: readonly ('edited' | 'file' | 'link' | 'reaction' | 'unread')[]) =>
      (await history.call('page', { limit: 9, isMessagesOnly: true, only }))
        ._unsafeUnwrap()
        .map(({ seq }) => seq);
    assert.deepEqual(
      [await found('unread'), await found('edited'), await found('reaction'), await found('link')],
      [[3], [2], [1], [3]],
    );
    assert.deepEqual(
      [await found('file'), await found('link', 'edited'), await found()],
      [[], [], [1, 2, 3]],
    );
  }));
