/** Slices of the search index: bounded by bytes, smaller after the thread ended over one, and never fatal for ever. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { history as limits } from '../../src/actors/history/limits.js';
import { openSql } from '../../src/actors/history/sql.js';
import type { HistoryStore } from '../../src/actors/history/store.js';
import { dice, runSeed } from '../support/seeds.js';
import { entry, start, temporaryHome, withHistory, type Driver } from './driver.js';

const bytesMax = 65_536;
const draw = dice(runSeed);

/** A text of the longest kind: random words, or one word again and again. */
const texts = {
  'random words': () => {
    let text = '';
    while (text.length < bytesMax) text += `${draw(2 ** 32).toString(36)} `;
    return text.slice(0, bytesMax);
  },
  'one word': () => 'again '.repeat(bytesMax).slice(0, bytesMax),
  'one run without blanks': () => 'x'.repeat(bytesMax),
};

function storeOf({ state }: Driver): HistoryStore {
  assert.ok('store' in state.opened);
  return state.opened.store;
}

const found = async (history: Driver, search: string) =>
  (await history.call('page', { limit: 100, search }))._unsafeUnwrap().map(({ seq }) => seq);

// Case H2
for (const [kind, text] of Object.entries(texts))
  test(`a slice holds few of the longest texts: ${kind}`, () =>
    withHistory(async (history) => {
      const entries = Array.from({ length: 12 }, (_, at) => entry(at, { text: text() }));
      await history.call('append', { entries });
      const store = storeOf(history);
      const slices: number[] = [];
      while (store.unindexed > 0) {
        const before = store.unindexed;
        store.index();
        slices.push(before - store.unindexed);
      }
      assert.ok(Math.max(...slices) * bytesMax <= limits.indexSliceBytes, String(slices));
    }));

/** A home whose thread ended `deaths` times over the first slice of six messages. */
async function afterDeaths(file: string, deaths: number): Promise<Driver> {
  const history = (await start(file))._unsafeUnwrap();
  await history.call('append', {
    entries: Array.from({ length: 6 }, (_, at) => entry(at, { text: `word${String(at + 1)}` })),
  });
  await history.stop();
  const sql = openSql(file);
  for (const [name, number] of [
    ['indexing', 0],
    ['indexing-deaths', deaths - 1],
  ] as const)
    sql
      .prepare('INSERT OR REPLACE INTO progress(name, number) VALUES (?, CAST(? AS INTEGER))')
      .run([name, number]);
  sql.close();
  return (await start(file))._unsafeUnwrap();
}

// Case H2
test('a slice over which the thread ended is smaller, and at last the entry is set aside', async (context) => {
  for (const [deaths, first, isFound] of [
    [limits.indexDeathsMax, 1, true],
    [limits.indexDeathsMax + 1, 1, false],
  ] as const) {
    const { file, remove } = temporaryHome();
    context.after(remove);
    const history = await afterDeaths(file, deaths);
    const store = storeOf(history);
    store.index();
    assert.equal(6 - store.unindexed, first);
    await history.idle();
    assert.deepEqual(await found(history, 'word1'), isFound ? [1] : []);
    assert.deepEqual(await found(history, 'word2'), [2], 'what follows is found');
    assert.equal((await history.call('page', { limit: 9 }))._unsafeUnwrap().length, 6, 'and all is shown');
    await history.stop();
  }
});

// Case H2
test('an orderly end over a slice counts as none', async (context) => {
  const { file, remove } = temporaryHome();
  context.after(remove);
  const history = await afterDeaths(file, 2);
  await history.stop();
  const sql = openSql(file);
  assert.equal(sql.integer("SELECT count(*) FROM progress WHERE name LIKE 'indexing%'"), 0);
  sql.close();
});
