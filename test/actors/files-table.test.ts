/** The table of transfers: commands that meet, what a kill leaves, and what is said about transfers that nobody knows. */
import assert from 'node:assert/strict';
import { mkdirSync, existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { TransferTable } from '../../src/actors/files/table.js';
import { partFolder } from '../../src/actors/files/tree.js';
import type { FileWords } from '../../src/dialects/files.js';
import type { PeerId } from '../../src/ids.js';
import { messageId, peer } from '../history/driver.js';
import { temporaryHome } from '../support/program.js';
import { smallOffer as offer } from '../support/transfer-record.js';

const nothing = (): void => undefined;
const id = messageId(1);
const from = { peerId: peer(1), isTrusted: true, isVerified: false };

function newTable(context: TestContext, home = temporaryHome(context)) {
  const directory = temporaryHome(context);
  const said: FileWords[] = [];
  let wanted: readonly PeerId[] = [];
  const table = new TransferTable(
    { folder: join(home, 'transfers'), home, directory, policy: { accept: 'none', bytesMax: 0 } },
    {
      onRow: nothing,
      onWanted: (peerIds) => (wanted = peerIds),
      say: (_peerId, words) => said.push(...words),
      isUp: () => false,
      work: nothing,
      log: nothing,
    },
  );
  context.after(() => table.end());
  return { table, home, directory, said, wanted: () => wanted };
}

const own = (context: TestContext): string => {
  const path = join(temporaryHome(context), 'a.txt');
  writeFileSync(path, 'x');
  return path;
};
const request = (path: string) => ({
  id,
  peerId: peer(1),
  paths: [path],
  comment: '',
  spool: '',
  wishes: {},
});

test('a transfer that is cancelled while its disk is asked stays cancelled', async (context) => {
  const { table, directory } = newTable(context);
  (await table.offered({ id, offer, ...from }))._unsafeUnwrap();
  const [accepted] = await Promise.all([table.act(id, 'accept', directory), table.act(id, 'cancel', null)]);
  assert.equal(accepted._unsafeUnwrapErr().code, 'files/wrong-state');
  assert.deepEqual(
    table.rows().map(({ state }) => state),
    ['stopped'],
  );
});

test('a repeated offer is confirmed only once the first one is on disk', async (context) => {
  const { table, home } = newTable(context);
  const both = [table.offered({ id, offer, ...from }), table.offered({ id, offer, ...from })];
  const [, second] = both;
  assert.ok((await second)?.isOk());
  assert.ok(existsSync(join(home, 'transfers', id, 'record.json')));
  const broken = newTable(context);
  writeFileSync(join(broken.home, 'transfers'), 'a file where a folder should be');
  const tries = [broken.table.offered({ id, offer, ...from }), broken.table.offered({ id, offer, ...from })];
  for (const each of await Promise.all(tries)) assert.equal(each._unsafeUnwrapErr().code, 'files/io');
});

test('a cancelled offer that never arrived dials nobody; its end is said in the next session', async (context) => {
  const { table, said, wanted } = newTable(context);
  (await table.prepare(request(own(context))))._unsafeUnwrap();
  (await table.act(id, 'cancel', null))._unsafeUnwrap();
  assert.deepEqual(wanted(), []);
  said.length = 0;
  table.sessionUp(peer(1));
  assert.deepEqual(said, [{ type: 'stop', id, reason: 'cancelled' }]);
});

test('the end of a transfer that nobody knows is acknowledged, so that its peer forgets it, too', (context) => {
  const { table, said } = newTable(context);
  table.heard(peer(1), { type: 'stop', id, reason: 'cancelled' }, nothing);
  table.heard(peer(1), { type: 'stop', id, reason: 'known' }, nothing);
  table.heard(peer(1), { type: 'pull', id, first: 0, count: 1 }, nothing);
  assert.deepEqual(
    said.map((words) => words.type === 'stop' && words.reason),
    ['known', 'gone'],
  );
});

test('a folder that a kill left without a record is removed, one with a damaged record stays', async (context) => {
  const { table, home } = newTable(context);
  const [orphan, damaged] = [messageId(2), messageId(3)].map((each) => join(home, 'transfers', each));
  assert.ok(orphan !== undefined && damaged !== undefined);
  for (const each of [orphan, damaged]) mkdirSync(each, { recursive: true });
  writeFileSync(join(orphan, 'manifest'), 'names');
  writeFileSync(join(damaged, 'record.json'), '{');
  await table.load();
  assert.deepEqual(readdirSync(join(home, 'transfers')), [messageId(3)]);
});

test('a spool of no transfer is removed a day after its program was killed, a young one stays', async (context) => {
  const { table, home } = newTable(context);
  const [old, young] = ['old', 'young'].map((name) => join(home, 'transfers', 'spool', name));
  assert.ok(old !== undefined && young !== undefined);
  for (const each of [old, young]) mkdirSync(each, { recursive: true });
  utimesSync(old, 1, 1);
  await table.load();
  assert.deepEqual(readdirSync(join(home, 'transfers', 'spool')), ['young']);
});

test('the manifest of an offer goes once nothing follows, and its record stays', async (context) => {
  const { table, home } = newTable(context);
  (await table.prepare(request(own(context))))._unsafeUnwrap();
  const files = () => readdirSync(join(home, 'transfers', id)).toSorted();
  assert.deepEqual(files(), ['manifest', 'record.json']);
  const words: FileWords = { type: 'consent', id, answer: 'decline', reason: 'cancelled' };
  table.heard(peer(1), words, nothing);
  for (let turns = 0; turns < 500 && files().length > 1; turns += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(files(), ['record.json']);
  assert.deepEqual(
    table.rows().map(({ state }) => state),
    ['declined'],
  );
});

test('unfinished files of a transfer that was cleared and tried again are removed after a day', async (context) => {
  const { table, directory } = newTable(context);
  const part = join(directory, partFolder, id);
  const stop: FileWords = { type: 'stop', id, reason: 'gone' };
  (await table.offered({ id, offer, ...from }))._unsafeUnwrap();
  (await table.act(id, 'accept', directory))._unsafeUnwrap();
  table.heard(peer(1), stop, nothing);
  (await table.act(id, 'cancel', null))._unsafeUnwrap();
  (await table.act(id, 'retry', null))._unsafeUnwrap();
  for (let turns = 0; turns < 500 && !existsSync(part); turns += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(existsSync(part));
  table.heard(peer(1), stop, nothing);
  await table.end();
  const laterMs = Date.now() + 2 * 24 * 60 * 60_000;
  context.mock.method(Date, 'now', () => laterMs);
  for (let turns = 0; turns < 500 && existsSync(part); turns += 1) {
    await table.sweep();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.ok(!existsSync(part));
});

test('an offer that never goes out ends its transfer, and no other one', async (context) => {
  const { table } = newTable(context);
  const received = { ...from, peerId: peer(2), id: messageId(9), offer };
  (await table.prepare(request(own(context))))._unsafeUnwrap();
  (await table.offered(received))._unsafeUnwrap();
  await table.unsent([messageId(9), messageId(8)]);
  assert.deepEqual(
    table.rows().map(({ state }) => state),
    ['offered', 'asked'],
  );
  await table.unsent([messageId(8), id]);
  assert.deepEqual(
    table.rows().map(({ state }) => state),
    ['stopped', 'asked'],
  );
});
