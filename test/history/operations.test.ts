/** Operations on stored messages: they reach the row, the search and the bytes on disk, in any order of arrival. */
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { openFile } from '../../src/actors/history/open.js';
import { encodeEntry } from '../../src/actors/history/rows.js';
import { openSql, type Sql } from '../../src/actors/history/sql.js';
import { HistoryStore } from '../../src/actors/history/store.js';
import type { Content, Direction, Entry, NewEntry } from '../../src/chat/delivery/entry.js';
import { wordsOf } from '../../src/chat/delivery/entry.js';
import type { MessageId, PeerId } from '../../src/ids.js';
import { holdsAsync } from '../support/seeds.js';
import { entry, messageId, peer, start, temporaryHome, withHistory, type Driver } from './driver.js';

const none = {};
const said = (number: number, direction: Direction, content: Content | string): NewEntry => ({
  ...entry(number, { direction, state: direction === 'in' ? 'delivered' : 'queued' }),
  content: typeof content === 'string' ? { type: 'text', text: content } : content,
});
const edit = (target: MessageId, text: string, revision = 1): Content => ({
  type: 'edit',
  target,
  revision,
  text,
});
const reaction = (target: MessageId, emoji: string, isOn = true, revision = 1): Content => ({
  type: 'reaction',
  target,
  revision,
  emoji,
  isOn,
});
const append = async (history: Driver, ...entries: readonly NewEntry[]) =>
  (await history.call('append', { entries }))._unsafeUnwrap();
const pageOf = async (history: Driver) => (await history.call('page', { limit: 99 }))._unsafeUnwrap();
const found = async (history: Driver, search: string) =>
  (await history.call('page', { limit: 9, search }))._unsafeUnwrap().map(({ seq }) => seq);
const textsOf = (entries: readonly Entry[]) =>
  entries.filter(({ content }) => content.type === 'text').map(({ content }) => wordsOf(content));
const target = messageId(1);

test('an edit replaces the text for pages, the search and the outbox, and keeps the earlier one', () =>
  withHistory(async (history) => {
    await append(history, said(1, 'out', 'lunch at noon'));
    await history.idle();
    assert.deepEqual(await found(history, 'noon'), [1]);
    const answer = await append(history, said(2, 'out', edit(target, 'lunch at one')));
    assert.equal(answer.isAltered, undefined, 'readers get the edit as it came');
    const [first] = await pageOf(history);
    assert.deepEqual(first?.content, { type: 'text', text: 'lunch at one' });
    assert.equal(first.revised?.editedAtMs, 1_700_000_000_002);
    assert.deepEqual([await found(history, 'noon'), await found(history, 'one')], [[], [1]]);
    const outbox = { peerId: peer(1), afterSeq: 0, entriesMax: 9, bytesMax: 9_999 };
    const waiting = (await history.call('outbox', outbox))._unsafeUnwrap();
    assert.deepEqual(
      waiting.entries.map(({ content }) => content.type),
      ['text', 'edit'],
    );
    const [whole] = (await history.call('page', { limit: 9, hasEarlier: true }))._unsafeUnwrap();
    assert.deepEqual(
      whole?.revised?.earlier?.map(({ text }) => text),
      ['lunch at noon'],
    );
    assert.deepEqual((await append(history, said(1, 'out', 'lunch at noon'))).seqs, [1], 'sent again: known');
  }));

test('the edit with the greater number counts, and a late older one is not published', () =>
  withHistory(async (history) => {
    await append(history, said(1, 'in', 'a'));
    await append(history, said(3, 'in', edit(target, 'c', 2)));
    const late = await append(history, said(2, 'in', edit(target, 'b', 1)));
    assert.equal(late.isAltered, undefined, 'an earlier text is kept as one');
    const stale = await append(
      history,
      said(4, 'in', edit(target, 'd', 2)),
      said(5, 'in', edit(target, 'x', 0)),
    );
    assert.equal(stale.isAltered, true);
    assert.deepEqual(textsOf(await pageOf(history)), ['d']);
    const kinds = (await pageOf(history)).map(({ content }) => content.type);
    assert.deepEqual(
      kinds,
      ['text', 'unknown', 'edit', 'edit', 'unknown'],
      'of two with one number one is kept',
    );
  }));

test('nobody edits or deletes the message of another one, and everybody may react to it', () =>
  withHistory(async (history) => {
    await append(history, said(1, 'out', 'mine'));
    const answer = await append(
      history,
      said(2, 'in', edit(target, 'forged')),
      said(3, 'in', { type: 'delete', target }),
      said(4, 'in', reaction(target, '👍')),
    );
    assert.equal(answer.isAltered, true);
    const [mine, ...rest] = await pageOf(history);
    assert.equal(wordsOf(mine?.content ?? edit(target, '')), 'mine');
    assert.deepEqual(mine?.revised?.reactions, [{ emoji: '👍', author: 'in' }]);
    assert.deepEqual(
      rest.map(({ content }) => content.type),
      ['unknown', 'unknown', 'reaction'],
    );
    const other = { ...said(5, 'in', { type: 'delete', target }), peerId: peer(2) };
    await append(history, other);
    assert.deepEqual(textsOf(await pageOf(history)), ['mine'], 'another conversation');
  }));

test('operations that come before their message wait for it, across a start', async () => {
  const { file, remove } = temporaryHome();
  try {
    const history = (await start(file))._unsafeUnwrap();
    await append(
      history,
      said(3, 'in', edit(messageId(1), 'late')),
      said(4, 'in', { type: 'delete', target: messageId(2) }),
    );
    await history.stop();
    const again = (await start(file))._unsafeUnwrap();
    const answer = await append(again, said(1, 'in', 'early'), said(2, 'in', 'gone'));
    assert.equal(answer.isAltered, true, 'readers get the final texts');
    const texts = (await pageOf(again)).filter(({ content }) => content.type === 'text');
    assert.deepEqual(textsOf(texts), ['late', '']);
    assert.deepEqual(
      texts.map(({ revised }) => revised?.isDeleted),
      [false, true],
    );
    await again.stop();
  } finally {
    remove();
  }
});

test('any order of the same operations leaves the same message', (t) =>
  withHistory(async (history) => {
    const contents: readonly Content[] = [
      edit(target, 'b', 1),
      edit(target, 'c', 2),
      edit(target, 'd', 2),
      reaction(target, '👍'),
      reaction(target, '👍', false, 2),
      reaction(target, '🎉'),
    ];
    let number = 0;
    await holdsAsync(
      t,
      fc.asyncProperty(
        fc.shuffledSubarray([...contents.keys(), -1], { minLength: 7 }),
        fc.boolean(),
        async (order, isDeleted) => {
          number += 1;
          const peerId = peer(1_000 + number);
          const all = [...order, ...(isDeleted ? [7, 0, 3] : [])];
          for (const at of all) {
            const content = at === -1 ? 'a' : (contents[at] ?? ({ type: 'delete', target } as const));
            await append(history, { ...said(at === -1 ? 1 : 10 + at, 'in', content), peerId });
          }
          const page = (await history.call('page', { limit: 20, peerId }))._unsafeUnwrap();
          const [first] = page.filter(({ content }) => content.type === 'text');
          assert.equal(first?.revised?.isDeleted, isDeleted);
          assert.equal(wordsOf(first.content), isDeleted ? '' : 'd');
          assert.deepEqual(first.revised.reactions, isDeleted ? [] : [{ emoji: '🎉', author: 'in' }]);
        },
      ),
      { numRuns: 30 },
    );
  }));

test('a deleted own message leaves the outbox together with its edits', () =>
  withHistory(async (history) => {
    await append(history, said(1, 'out', 'secret'), said(2, 'out', edit(target, 'more secret')));
    const answer = await append(history, said(3, 'out', { type: 'delete', target }));
    assert.deepEqual(answer.cancelled?.toSorted(), [messageId(1), messageId(2)]);
    assert.deepEqual(answer.outbox, (await history.call('outboxSize', none))._unsafeUnwrap());
    assert.equal(answer.outbox.entries, 1, 'the deletion itself waits');
    const again = await append(
      history,
      said(1, 'out', 'secret'),
      said(2, 'out', edit(target, 'more secret')),
    );
    assert.deepEqual(
      again.duplicates.map(({ state }) => state),
      ['failed', 'failed'],
    );
    assert.deepEqual(textsOf(await pageOf(history)), ['']);
  }));

test('a message that was never said is changed or withdrawn in place', () =>
  withHistory(async (history) => {
    await append(history, said(1, 'out', 'first'), said(2, 'out', 'second'));
    await history.idle();
    const rewrite = (seq: number, text: string | null, isHere = false) =>
      history.call('rewrite', { peerId: peer(1), seq, text, isHere });
    const changed = (await rewrite(1, 'longer than before'))._unsafeUnwrap();
    assert.deepEqual(changed, { cancelled: [], outbox: { entries: 2, bytes: 24 } });
    const gone = (await rewrite(2, null))._unsafeUnwrap();
    assert.deepEqual(gone, { cancelled: [messageId(2)], outbox: { entries: 1, bytes: 18 } });
    assert.deepEqual([await found(history, 'longer'), await found(history, 'second')], [[1], []]);
    assert.deepEqual(textsOf(await pageOf(history)), ['longer than before', '']);
    assert.equal((await pageOf(history))[0]?.revised, undefined, 'nobody saw the first text');
    await rewrite(1, null, true);
    assert.deepEqual(
      (await pageOf(history)).map(({ seq }) => seq),
      [2],
      'removed for this user alone',
    );
  }));

test('a word names a message by its id, by the end of its id, or by its place', () =>
  withHistory(async (history) => {
    await append(history, said(0xabcd, 'out', 'one'), said(2, 'in', 'two'), said(3, 'out', 'three'));
    await append(
      history,
      { ...said(4, 'out', 'elsewhere'), peerId: peer(2) },
      said(5, 'out', edit(messageId(3), 'drei')),
    );
    const find = async (word: Parameters<typeof call>[0], to: number | null = 1) =>
      (await call(word, to))._unsafeUnwrap().map(({ entry }) => wordsOf(entry.content));
    const call = (
      word:
        | { by: 'id'; id: MessageId }
        | { by: 'tail'; hex: string }
        | { by: 'place'; direction: Direction; back: number },
      to: number | null,
    ) => history.call('find', { peerId: to === null ? null : peer(to), word, emoji: '👍' });
    assert.deepEqual(await find({ by: 'id', id: messageId(2) }), ['two']);
    assert.deepEqual(await find({ by: 'id', id: messageId(2) }, 2), [], 'of another conversation');
    assert.deepEqual(await find({ by: 'place', direction: 'out', back: 1 }), ['drei']);
    assert.deepEqual(await find({ by: 'place', direction: 'out', back: 1 }, null), ['elsewhere']);
    assert.deepEqual(await find({ by: 'place', direction: 'out', back: 2 }), ['one']);
    assert.deepEqual(await find({ by: 'place', direction: 'out', back: 3 }), []);
    assert.deepEqual(await find({ by: 'tail', hex: '0000' }), ['drei', 'two'], 'two at most');
    const [three] = (await call({ by: 'id', id: messageId(3) }, 1))._unsafeUnwrap();
    assert.deepEqual([three?.nextEdit, three?.nextReaction], [2, 1]);
    await append(history, said(6, 'out', reaction(messageId(3), '👍', true, 4)));
    const [reacted] = (await call({ by: 'id', id: messageId(3) }, 1))._unsafeUnwrap();
    assert.equal(reacted?.nextReaction, 5);
  }));

const bytesOfHome = (home: string) =>
  readdirSync(home).map((name) => ({ name, bytes: readFileSync(join(home, name)) }));
const holding = (home: string, word: string) =>
  bytesOfHome(home)
    .filter(({ bytes }) => bytes.includes(word))
    .map(({ name }) => name);

test('the words of a deleted message are in no file of the home', () =>
  withHistory(async (history, _file, home) => {
    const many = Array.from({ length: 300 }, (_, at) =>
      said(1_000 + at, 'in', `ordinary words ${String(at)}`),
    );
    await append(history, ...many.slice(0, 150));
    await append(history, said(1, 'in', `quagga zebrafink ${'x'.repeat(9_000)}`));
    await append(history, ...many.slice(150));
    await append(history, said(2, 'in', edit(target, 'okapi instead')));
    await history.idle();
    assert.ok(holding(home, 'zebrafink').length > 0 && holding(home, 'okapi').length > 0, 'it was there');
    await append(history, said(3, 'in', { type: 'delete', target }));
    await history.idle();
    for (const word of ['zebrafink', 'quagga', 'okapi', 'xxxxxxxx'])
      assert.deepEqual(holding(home, word), [], word);
    assert.deepEqual(await found(history, 'ordinary'), await found(history, 'words'), 'the index is whole');
    assert.equal((await found(history, 'ordinary')).length, 9);
    assert.deepEqual(history.log, []);
  }));

test('without the erasing of freed pages a deleted text stays in the file', () => {
  const { home, file, remove } = temporaryHome();
  try {
    for (const isErasing of [false, true]) {
      const name = `${file}-${String(isErasing)}`;
      const sql = openSql(name);
      sql.exec(`PRAGMA secure_delete = ${isErasing ? 'ON' : 'OFF'}; CREATE TABLE line(text BLOB)`);
      sql.prepare('INSERT INTO line VALUES (?)').run([Buffer.from(`zebrafink ${'y'.repeat(9_000)}`)]);
      sql.exec("UPDATE line SET text = x''");
      sql.close();
    }
    assert.deepEqual(holding(home, 'zebrafink'), ['history.db-false'], 'so the search of bytes can fail');
  } finally {
    remove();
  }
});

test('a history of schema 5 opens with every line, and takes operations on them', async (context) => {
  const { file, remove } = temporaryHome();
  context.after(remove);
  copyFileSync(join(import.meta.dirname, '../../../test/history/version-5/history.db'), file);
  chmodSync(file, 0o600);
  const history = (await start(file))._unsafeUnwrap();
  const texts = ['Lunch at noon?', 'See you', 'Grüße', 'not yet searchable: zanzibar'];
  assert.deepEqual(textsOf(await pageOf(history)), texts);
  await history.idle();
  assert.deepEqual([await found(history, 'zanzibar'), await found(history, 'grusse')], [[4], []]);
  assert.deepEqual([await found(history, 'grüße'), await found(history, 'noon')], [[3], [1]]);
  await append(history, said(9, 'out', edit(messageId(1), 'Dinner?')));
  assert.deepEqual([await found(history, 'noon'), await found(history, 'dinner')], [[], [1]]);
  assert.equal((await history.call('outboxSize', none))._unsafeUnwrap().entries, 3);
  assert.deepEqual(history.log, []);
  await history.stop();
});

test('one operation more reads the same number of rows whatever came before it', () => {
  const { file, remove } = temporaryHome();
  const sql = openFile(file)._unsafeUnwrap();
  // Rows that cross from SQLite: a peer may send thousands of edits of one message, all in one commit.
  let rows = 0;
  const counting: Sql = {
    ...sql,
    prepare: (text) => {
      const statement = sql.prepare(text);
      return {
        ...statement,
        rows: (values) => {
          const found = statement.rows(values);
          rows += found.length;
          return found;
        },
      };
    },
  };
  const store = new HistoryStore(counting);
  const write = (...entries: readonly NewEntry[]) =>
    store.transaction(() => store.append(entries.map(encodeEntry))._unsafeUnwrap());
  try {
    write(said(1, 'in', 'a'));
    write(...Array.from({ length: 200 }, (_, at) => said(at + 2, 'in', edit(target, 'b', at + 1))));
    assert.ok(rows < 2_000, `200 edits read ${String(rows)} rows`);
    rows = 0;
    write(
      ...Array.from({ length: 50 }, (_, at) => said(at + 300, 'in', reaction(target, '👍', true, at + 1))),
    );
    assert.ok(rows < 500, `50 reactions read ${String(rows)} rows`);
  } finally {
    store.close();
    remove();
  }
});

test('a deletion removes the text of an edit that lost against one with the same number', async () => {
  const { file, remove } = temporaryHome();
  try {
    const history = (await start(file))._unsafeUnwrap();
    const edits = [said(2, 'in', edit(target, 'lostpalimpsest')), said(3, 'in', edit(target, 'won'))];
    await append(history, said(1, 'in', 'a'), ...edits);
    const waiting = messageId(11);
    const early = [said(12, 'in', edit(waiting, 'earlypalimpsest')), said(13, 'in', edit(waiting, 'won'))];
    await append(history, ...early);
    await append(history, said(11, 'in', 'b'));
    for (const [at, id] of [target, waiting].entries())
      await append(history, said(20 + at, 'in', { type: 'delete', target: id }));
    await history.stop();
    assert.ok(!readFileSync(file).includes('palimpsest'));
  } finally {
    remove();
  }
});

// Case S11
test('messages to an address move to the identity: to its pages, its outbox and its search', () =>
  withHistory(async (history) => {
    await append(history, said(1, 'out', 'soup at noon'), said(2, 'out', 'or later'));
    await append(history, { ...said(3, 'out', 'known before'), peerId: peer(2) });
    await history.idle();
    await append(history, said(4, 'out', 'soup not indexed'), said(5, 'out', edit(target, 'soup at one')));
    const moved = await history.call('readdress', { from: peer(1), peerId: peer(2), name: 'Bob' });
    assert.equal(moved._unsafeUnwrap().entries, 5);
    await history.idle();
    const outbox = { peerId: peer(2), afterSeq: 0, entriesMax: 9, bytesMax: 9_999 };
    const waiting = (await history.call('outbox', outbox))._unsafeUnwrap().entries;
    assert.deepEqual(
      waiting.map(({ seq, peer: name }) => [seq, name]),
      [1, 2, 3, 4, 5].map((seq) => [seq, seq === 3 ? waiting[2]?.peer : 'Bob']),
    );
    const search = async (peerId: PeerId) =>
      (await history.call('page', { limit: 9, search: 'soup', peerId }))._unsafeUnwrap();
    assert.deepEqual(
      [await search(peer(2)), await search(peer(1))].map((page) => page.map(({ seq }) => seq)),
      [[1, 4], []],
    );
    assert.deepEqual(
      (await history.call('correspondents', {}))._unsafeUnwrap().filter(({ isWaiting }) => isWaiting).length,
      1,
    );
  }));

test('a message that was sent to the address and to the identity itself stays once', () =>
  withHistory(async (history) => {
    await append(history, said(1, 'out', 'hello'));
    await append(history, { ...said(1, 'out', 'hello'), peerId: peer(2) });
    const moved = await history.call('readdress', { from: peer(1), peerId: peer(2), name: 'Bob' });
    assert.equal(moved._unsafeUnwrap().entries, 1);
    assert.equal((await pageOf(history)).length, 1);
  }));

test('a copy that failed at the identity goes on as the one that waits at its address', () =>
  withHistory(async (history) => {
    await append(history, { ...said(1, 'out', 'hello'), peerId: peer(2) });
    await history.call('mark', { peerId: peer(2), ids: [messageId(1)], state: 'failed' });
    await append(history, said(1, 'out', 'hello'));
    const moved = await history.call('readdress', { from: peer(1), peerId: peer(2), name: 'Bob' });
    assert.equal(moved._unsafeUnwrap().entries, 1);
    assert.deepEqual(
      (await pageOf(history)).map(({ state }) => state),
      ['queued'],
    );
  }));

test('no later message gets the number of one that was there twice, after a restart', () =>
  withHistory(async (history, file) => {
    await append(history, { ...said(1, 'out', 'hello'), peerId: peer(2) });
    await append(history, said(1, 'out', 'hello'));
    await history.call('readdress', { from: peer(1), peerId: peer(2), name: 'Bob' });
    await history.stop();
    const again = (await start(file))._unsafeUnwrap();
    assert.deepEqual((await append(again, said(2, 'out', 'later'))).seqs, [3]);
    await again.stop();
  }));
