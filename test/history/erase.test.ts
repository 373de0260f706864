/** The removal of messages: by conversation, by time, by id; from every file. Waiting messages stay. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { wordsOf } from '../../src/chat/delivery/entry.js';
import type { Erasure } from '../../src/chat/delivery/erasure.js';
import { entry, peer, start, temporaryHome, type Driver } from './driver.js';

const [alice, dave] = [peer(1), peer(2)];
const all: Erasure = { peerId: null, beforeMs: null, id: null, afterSeq: 0 };

const texts = async (history: Driver): Promise<readonly (string | null)[]> =>
  (await history.call('page', { afterSeq: 0, limit: 10_000 }))
    ._unsafeUnwrap()
    .map(({ content }) => wordsOf(content));

/** Files of the home that hold these bytes, in any case. */
const filesWith = (file: string, word: string): readonly string[] =>
  readdirSync(dirname(file)).filter((name) =>
    readFileSync(join(dirname(file), name))
      .toString('latin1')
      .toLowerCase()
      .includes(word),
  );

async function eraseAll(history: Driver, erasure: Erasure): Promise<number> {
  let removed = 0;
  for (let { afterSeq } = erasure; ;) {
    const slice = (await history.call('erase', { ...erasure, afterSeq }))._unsafeUnwrap();
    removed += slice.removed;
    afterSeq = slice.upToSeq;
    if (slice.isLast) return removed;
  }
}

const received = (number: number, peerId: typeof alice, text: string) =>
  entry(number, { direction: 'in', state: 'delivered', peerId, text });

// Case H10
test('a removed conversation is in no file of the home, and its numbers are not given again', async (context) => {
  const { file, remove } = temporaryHome();
  context.after(remove);
  const history = (await start(file))._unsafeUnwrap();
  // Merges of the index and moved rows leave copies in free pages.
  const many = Array.from({ length: 3_000 }, (_, at) => received(at + 1, alice, `quaggazebra ${at} okapi`));
  await history.call('append', { entries: many });
  await history.call('append', { entries: [received(4_000, dave, 'stays here')] });
  await history.idle();
  assert.notDeepEqual(filesWith(file, 'quaggazebra'), []);

  assert.equal(await eraseAll(history, { ...all, peerId: alice }), 3_000);
  assert.deepEqual(filesWith(file, 'quaggazebra'), []);
  await history.idle();
  assert.deepEqual(await texts(history), ['stays here']);
  const found = (await history.call('page', { search: 'stays', limit: 10 }))._unsafeUnwrap();
  assert.equal(found.length, 1);
  const { unread } = (await history.call('unseen', {}))._unsafeUnwrap();
  assert.deepEqual(
    new Map(unread.map((each) => [each.peerId, [each.unread, each.bytes]])),
    new Map([
      [alice, [0, 0]],
      [dave, [1, 10]],
    ]),
  );
  await history.stop();

  const again = (await start(file))._unsafeUnwrap();
  await eraseAll(again, all);
  await again.stop();
  const last = (await start(file))._unsafeUnwrap();
  const { seqs } = (await last.call('append', { entries: [entry(5_000)] }))._unsafeUnwrap();
  assert.deepEqual(seqs, [3_002]);
  await last.stop();
  assert.deepEqual(filesWith(file, 'quaggazebra'), []);
});

// Case H10
test('a removal by time or id leaves other messages, and what waits for its recipient', async (context) => {
  const { file, remove } = temporaryHome();
  context.after(remove);
  const history = (await start(file))._unsafeUnwrap();
  const entries = [
    { ...received(1, alice, 'old'), receivedAtMs: 1_000 },
    { ...received(2, alice, 'new'), receivedAtMs: 2_000 },
    { ...entry(3, { peerId: alice, text: 'waits' }), receivedAtMs: 500 },
    { ...received(4, dave, 'other'), receivedAtMs: 2_000 },
  ];
  await history.call('append', { entries });
  assert.equal(await eraseAll(history, { ...all, beforeMs: 2_000 }), 1);
  assert.deepEqual(await texts(history), ['new', 'waits', 'other']);
  assert.equal(await eraseAll(history, { ...all, id: entries[1]?.id ?? null }), 1);
  assert.deepEqual(await texts(history), ['waits', 'other']);
  assert.equal((await history.call('outboxSize', {}))._unsafeUnwrap().entries, 1);
  await history.stop();
});
