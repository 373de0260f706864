import assert from 'node:assert/strict';
import { test } from 'node:test';
import { history as limits } from '../../src/actors/history/limits.js';
import fc from 'fast-check';
import { parseQuery } from '../../src/actors/history/search/search.js';
import type { HistoryQuery } from '../../src/chat/delivery/entry.js';
import { entry, peer, withHistory, type Driver } from './driver.js';
import { holdsAsync } from '../support/seeds.js';
import { codePoint } from '../support/code-points.js';

const texts = [
  'Meet me at the café at noon',
  'The CAFE is closed, naïve me',
  'cafeteria food again',
  'over the moon and back',
  'back and moon, the over',
  'emoji 🎉 party, Zürich ÅNGSTRÖM',
  'OR AND NOT NEAR are words here',
  'half a pair \uD83D inside, and a NUL\0byte',
  'привет мир',
];

const many = (from: number) =>
  Array.from({ length: 5_000 }, (_, i) => entry(from + i, { text: `w${String(i)}` }));

const found = async (history: Driver, search: string, more: Partial<HistoryQuery> = {}) => {
  const page = await history.call('page', { limit: 100, search, ...more });
  return page.isOk() ? page.value.map(({ seq }) => seq) : page.error.code;
};

test('a search finds words without regard to case and accents, all of which must occur', () =>
  withHistory(async (history) => {
    await history.call('append', { entries: texts.map((text, i) => entry(i, { text })) });
    assert.deepEqual(await found(history, 'cafe'), [1, 2]);
    assert.deepEqual(await found(history, 'Café'), [1, 2]);
    assert.deepEqual(await found(history, 'cafe*'), [1, 2, 3]);
    assert.deepEqual(await found(history, 'naive CLOSED'), [2]);
    assert.deepEqual(await found(history, 'zurich angstrom'), [6]);
    assert.deepEqual(await found(history, 'moon back'), [4, 5]);
    assert.deepEqual(await found(history, '"moon and back"'), [4]);
    assert.deepEqual(await found(history, '"the over" back'), [5]);
    assert.deepEqual(await found(history, 'ПРИВЕТ'), [9]);
    assert.deepEqual(await found(history, 'nowhere'), []);
    assert.deepEqual(await found(history, 'cafe', { limit: 1 }), [2], 'the newest');
    assert.deepEqual(await found(history, 'cafe', { limit: 1, afterSeq: 0 }), [1], 'the oldest after');
    assert.deepEqual(await found(history, 'cafe*', { beforeSeq: 3 }), [1, 2]);
  }));

test('operators of the index are words like any other', () =>
  withHistory(async (history) => {
    await history.call('append', { entries: texts.map((text, i) => entry(i, { text })) });
    assert.deepEqual(await found(history, 'OR AND'), [7]);
    assert.deepEqual(await found(history, 'cafe OR moon'), []);
    assert.deepEqual(await found(history, 'text:cafe'), []);
    assert.deepEqual(await found(history, 'scope:p1'), []);
    assert.deepEqual(await found(history, 'p1'), [], 'what limits a search to a peer is not text');
    assert.deepEqual(await found(history, 'cafe)'), [1, 2]);
    assert.deepEqual(await found(history, '-cafe ^closed'), [2]);
    assert.deepEqual(await found(history, 'half inside byte'), [8]);
    assert.deepEqual(await found(history, 'ca\0fe'), [], 'a NUL separates words');
  }));

test('a query that cannot be understood is refused', () =>
  withHistory(async (history) => {
    await history.call('append', { entries: [entry(1, { text: 'word' })] });
    const wordy = Array.from({ length: 33 }, () => 'a').join(' ');
    for (const query of ['', '   ', '"open', '*', '**', '""', wordy, 'x'.repeat(1_025)])
      assert.equal(await found(history, query), 'store/bad-query', query);
  }));

test('whatever is typed, the answer is entries or a refusal', (t) =>
  withHistory(async (history) => {
    await history.call('append', { entries: texts.map((text, i) => entry(i, { text })) });
    const anything = fc.oneof(
      fc.string({ unit: codePoint }),
      fc
        .array(
          fc.constantFrom('"', '*', ' ', '(', ')', ':', '{', '^', '-', '+', ',', 'a', 'NEAR', 'é', '\0', "'"),
          {
            maxLength: 12,
          },
        )
        .map((parts) => parts.join('')),
    );
    await holdsAsync(
      t,
      fc.asyncProperty(anything, async (search) => {
        const answer = await found(history, search);
        assert.equal(answer === 'store/bad-query', parseQuery(search).isErr());
      }),
      { numRuns: 500 },
    );
  }));

test('a search is limited to peer, direction and time', () =>
  withHistory(async (history) => {
    const entries = Array.from({ length: 600 }, (_, i) =>
      entry(i, {
        peerId: peer(i % 100),
        direction: i % 2 === 0 ? 'in' : 'out',
        text: 'the word',
        receivedAtMs: i,
      }),
    );
    await history.call('append', { entries });
    assert.deepEqual(await found(history, 'word', { peerId: peer(7) }), [8, 108, 208, 308, 408, 508]);
    assert.deepEqual(await found(history, 'word', { peerId: peer(7), direction: 'in' }), []);
    assert.deepEqual(await found(history, 'word', { peerId: peer(700) }), []);
    assert.deepEqual(
      await found(history, 'word', { peerId: peer(7), sinceMs: 200, untilMs: 307 }),
      [208, 308],
    );
    assert.equal((await found(history, 'word', { direction: 'out' })).length, 100);
  }));

/** Small beside that of the product, and some six times what a search indexes before it answers. */
const indexLagEntriesMax = 30_000;

// Case H9
test('indexing stays behind the appends, and a search answers from what is indexed', () =>
  withHistory(
    async (history) => {
      await history.call('append', { entries: many(0) });
      const unindexed = async () => (await history.call('stats', {}))._unsafeUnwrap().unindexed;
      assert.equal(await unindexed(), 5_000);
      await history.idle();
      assert.deepEqual(await found(history, 'w4999'), [5_000]);
      assert.equal(await unindexed(), 0);
      const until = 5_000 + indexLagEntriesMax;
      for (let from = 5_000; from < until; from += 5_000)
        await history.call('append', { entries: many(from) });
      assert.equal(
        await unindexed(),
        indexLagEntriesMax,
        'up to the bound nothing is indexed beside appends',
      );
      await history.call('append', { entries: many(until) });
      assert.ok((await unindexed()) <= indexLagEntriesMax, 'the lag is bounded while appends go on');
      assert.deepEqual(await found(history, 'w4998', { limit: 1, afterSeq: 0 }), [4_999]);
      assert.ok((await unindexed()) > 0, 'and the search did not wait for the rest');
      await history.idle();
      assert.equal(await unindexed(), 0);
    },
    { indexLagEntriesMax },
  ));

test('without another bound the lag is that of the product', () =>
  withHistory((history) => {
    assert.equal(history.state.indexLagEntriesMax, limits.indexLagEntriesMax);
    return Promise.resolve();
  }));
