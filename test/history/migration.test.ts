/** A history that version 1.0.0 wrote: nothing of it is lost, and a kill during the upgrade leaves one version whole. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openSql } from '../../src/actors/history/sql.js';
import { migrations, schemaVersion } from '../../src/actors/history/schema.js';
import { wordsOf } from '../../src/chat/delivery/entry.js';
import { programFile } from '../support/programs.js';
import { entry, start, temporaryHome, type Driver } from './driver.js';

const none = {};
const here = join(import.meta.dirname, '../../../test/history');
/** The file that 1.0.0 wrote; it was killed while four messages were not indexed. */
const version1File = join(here, 'version-1/alice/history.db');
/** A file of schema 2, whose last message is not indexed. */
const schema2File = join(here, 'version-2/history.db');
/** A file of schema 4, whose last message is not indexed. */
const schema4File = join(here, 'version-4/history.db');
/** A file of schema 3. */
const schema3File = join(here, 'version-3/history.db');

function copy(context: TestContext, written = version1File): string {
  const { file, remove } = temporaryHome();
  context.after(remove);
  copyFileSync(written, file);
  chmodSync(file, 0o600);
  return file;
}

const texts = [
  'Good morning, Bob',
  'Lunch at noon?',
  'The café by the lake',
  'Grüße 👋\nsecond line',
  'Hello Carol',
  'Noon is fine',
  'See you there',
  'Hello Alice',
  ...Array.from({ length: 12 }, (_, i) => `for Carol when she is back, ${String(i + 1)}`),
  'nobody listens there',
  ...['one', 'two', 'zanzibar'].map((word) => `not yet searchable: ${word}`),
];

async function assertWhole(history: Driver): Promise<void> {
  const page = (await history.call('page', { limit: 100 }))._unsafeUnwrap();
  assert.deepEqual(
    page.map(({ seq, content }) => [seq, wordsOf(content)]),
    texts.map((text, at) => [at + 1, text]),
  );
  assert.deepEqual(
    page.map(({ state }) => state),
    texts.map((_, at) => (at < 8 ? 'delivered' : 'queued')),
  );
  const contacts = (await history.call('contacts', none))._unsafeUnwrap();
  assert.deepEqual(
    contacts.map(({ name, trust, blocked }) => [name, trust, blocked]),
    [
      ['bob', 'verified', false],
      ['carol', 'pinned', false],
    ],
  );
  const waiting = texts.slice(8);
  const bytes = waiting.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const size = (await history.call('outboxSize', none))._unsafeUnwrap();
  assert.deepEqual(size, { entries: waiting.length, bytes });
  const carol = contacts[1]?.peerId;
  assert.ok(carol !== undefined);
  const body = { peerId: carol, afterSeq: 0, entriesMax: 4_096, bytesMax: 2 ** 20 };
  const outbox = (await history.call('outbox', body))._unsafeUnwrap();
  assert.deepEqual(
    outbox.entries.map(({ content }) => wordsOf(content)),
    waiting.filter((text) => text !== 'nobody listens there'),
  );
  assert.equal(outbox.isLast, true);
}

test('a history of version 1.0.0 opens with every entry, contact and waiting message', async (context) => {
  const file = copy(context);
  const history = (await start(file))._unsafeUnwrap();
  await assertWhole(history);
  const found = async (search: string) =>
    (await history.call('page', { limit: 9, search }))._unsafeUnwrap().map(({ seq }) => seq);
  assert.deepEqual(await found('cafe'), [3], 'what 1.0.0 indexed');
  assert.deepEqual(await found('zanzibar'), [24], 'and what it had no time to index');
  assert.deepEqual(history.log, []);

  const [seq] = (await history.call('append', { entries: [entry(1)] }))._unsafeUnwrap().seqs;
  assert.equal(seq, 25);
  const [waiting] = (await history.call('page', { limit: 100 }))._unsafeUnwrap().slice(8);
  assert.ok(waiting !== undefined);
  const { peerId, id } = waiting;
  const marked = await history.call('mark', { peerId, ids: [id], state: 'delivered' });
  assert.deepEqual(marked._unsafeUnwrap().reached, [id]);
  assert.equal((await history.call('outboxSize', none))._unsafeUnwrap().entries, 16);
  await history.stop();
});

test('a kill during the upgrade leaves the version of before, whole', async (context) => {
  const file = copy(context);
  const killed = spawnSync(process.execPath, [programFile('history/killed-migration'), file]);
  assert.equal(killed.signal, 'SIGKILL', killed.stderr.toString());
  const sql = openSql(file);
  assert.equal(schemaVersion(sql), 1);
  assert.equal(sql.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'delivery'"), 0);
  sql.close();
  const history = (await start(file))._unsafeUnwrap();
  await assertWhole(history);
  await history.stop();
  const upgraded = openSql(file);
  assert.equal(schemaVersion(upgraded), migrations.length);
  upgraded.close();
});

// Case H4
test('the index of a history of schema 4 is rebuilt and finds words in every script', async (context) => {
  const file = copy(context, schema4File);
  const history = (await start(file))._unsafeUnwrap();
  await history.idle();
  const found = async (search: string) =>
    (await history.call('page', { limit: 9, search }))._unsafeUnwrap().map(({ seq }) => seq);
  assert.deepEqual(await found('正午'), [4]);
  assert.deepEqual(await found('zanzibar'), [8]);
  assert.equal((await history.call('stats', none))._unsafeUnwrap().unindexed, 0);
  await history.stop();
});

// Case P1
test('a history of schema 2 opens with its contacts and entries, and with nothing unread', async (context) => {
  const file = copy(context, schema2File);
  const history = (await start(file))._unsafeUnwrap();
  const contacts = (await history.call('contacts', none))._unsafeUnwrap();
  assert.deepEqual(
    contacts.map(({ name, trust, blocked, standing, alias, muted }) => [
      name,
      trust,
      blocked,
      standing,
      alias,
      muted,
    ]),
    [
      ['bob', 'verified', false, 'accepted', '', false],
      ['carol', 'pinned', false, 'accepted', '', false],
      ['mallory', 'pinned', true, 'open', '', false],
    ],
  );
  const unseen = (await history.call('unseen', none))._unsafeUnwrap();
  assert.deepEqual(
    unseen.unread.map(({ unread }) => unread),
    [0, 0, 0],
  );
  assert.equal(unseen.emittedSeq, 8);
  const page = (await history.call('page', { limit: 100 }))._unsafeUnwrap();
  assert.equal(page.length, 8);
  const found = (await history.call('page', { limit: 9, search: 'zanzibar' }))._unsafeUnwrap();
  assert.deepEqual(
    found.map(({ seq }) => seq),
    [8],
  );
  assert.deepEqual(history.log, []);
  await history.stop();
});

// Case P16
test('a history of schema 3 opens with its contacts, which have no former names', async (context) => {
  const file = copy(context, schema3File);
  const history = (await start(file))._unsafeUnwrap();
  const [bob] = (await history.call('contacts', none))._unsafeUnwrap();
  assert.ok(bob !== undefined);
  assert.deepEqual([bob.name, bob.standing, bob.formerNames], ['bob', 'accepted', undefined]);
  const renamed = { ...bob, name: 'Robert', formerNames: ['bob', 'bobby'] };
  await history.call('putContact', renamed);
  await history.stop();
  const again = (await start(file))._unsafeUnwrap();
  assert.deepEqual((await again.call('contacts', none))._unsafeUnwrap()[0], renamed);
  await again.stop();
});
