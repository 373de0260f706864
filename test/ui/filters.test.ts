/** Filters in a search, as they are typed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readSearch } from '../../src/ui/cli/options/filters.js';
import { holds } from '../support/seeds.js';

const nowMs = Date.UTC(2026, 4, 2, 12);
const read = (search: string) => readSearch(search, nowMs).unwrapOr(null);

test('filters leave the words, and each says one thing', () => {
  const table: readonly (readonly [string, unknown])[] = [
    ['lunch', { search: 'lunch' }],
    ['lunch from:me', { search: 'lunch', direction: 'out' }],
    ['from:bob lunch "at noon"', { search: 'lunch "at noon"', direction: 'in', peer: 'bob' }],
    ['in:bob#7kq2', { peer: 'bob#7kq2' }],
    ['has:link is:unread', { only: 'link,unread' }],
    ['HAS:File edited:', { only: 'file,edited' }],
    ['"from:me"', { search: '"from:me"' }],
    ['http://a.b', { search: 'http://a.b' }],
    ['after:2026-05-01T10:00:00Z', { sinceMs: Date.UTC(2026, 4, 1, 10) + 1 }],
    ['before:2026-05-01T10:00:00Z', { untilMs: Date.UTC(2026, 4, 1, 10) - 1 }],
  ];
  for (const [search, wanted] of table) assert.deepEqual(read(search), wanted, search);
});

test('a filter that cannot be meant is refused with a sentence that names it', () => {
  for (const [search, words] of [
    ['has:fish', /^has: is followed by one of file, link, reaction$/],
    ['is:', /^is: is followed by/],
    ['from:', /^from: is followed by/],
    ['before:never', /never/],
  ] as const)
    assert.match(readSearch(search, nowMs)._unsafeUnwrapErr(), words);
});

test('words without a colon stay as they are, in order', (t) => {
  holds(
    t,
    fc.property(fc.array(fc.stringMatching(/^[^\s":]{1,8}$/u), { minLength: 1, maxLength: 8 }), (words) => {
      assert.deepEqual(read(words.join(' ')), { search: words.join(' ') });
    }),
    { numRuns: 300 },
  );
});
