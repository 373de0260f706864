/** Rows written many at a time: what is stored and answered is the same as for entries that come one by one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { NewEntry } from '../../src/chat/delivery/entry.js';
import { runsOf } from '../../src/actors/history/insert.js';
import { history as limits } from '../../src/actors/history/limits.js';
import { encodeEntry } from '../../src/actors/history/rows.js';
import { holdsAsync } from '../support/seeds.js';
import { entry, peer, request, temporaryHome, start } from './driver.js';

const atMs = 1_700_000_000_000;

/** Consecutive messages that share all but id and text, as a sender in a hurry makes them. */
const stretch = fc.record({
  from: fc.integer({ min: 1, max: 120 }),
  length: fc.integer({ min: 1, max: 90 }),
  to: fc.integer({ min: 1, max: 2 }),
  direction: fc.constantFrom<NewEntry['direction'][]>('in', 'out'),
  receivedAtMs: fc.constantFrom(atMs, atMs + 1),
});

type Stretch = typeof stretch extends fc.Arbitrary<infer T> ? T : never;

const entriesOf = ({ from, length, to, direction, receivedAtMs }: Stretch): NewEntry[] =>
  Array.from({ length }, (_, at) =>
    entry(from + at, {
      peerId: peer(to),
      direction,
      sentAtMs: atMs,
      receivedAtMs,
      state: direction === 'in' ? 'delivered' : 'queued',
    }),
  );

/** Stores the messages, whole stretches or one by one. Returns the answers by message, and all that is stored. */
async function stored(stretches: readonly Stretch[], isWhole: boolean): Promise<unknown> {
  const { file, remove } = temporaryHome();
  const history = (await start(file))._unsafeUnwrap();
  try {
    const answers: unknown[] = [];
    for (const entries of stretches.map(entriesOf)) {
      const parts = isWhole ? [entries] : entries.map((each) => [each]);
      const replies = await history.batch<'append'>(
        parts.map((part) => request('append', { entries: part })),
      );
      for (const reply of replies) {
        const { seqs, duplicates } = reply._unsafeUnwrap();
        const states = new Map(duplicates.map(({ at, state }) => [at, state]));
        answers.push(...seqs.map((seq, at) => [seq, states.get(at) ?? 'new']));
      }
    }
    return {
      answers,
      size: (await history.call('outboxSize', {}))._unsafeUnwrap(),
      unseen: (await history.call('unseen', {}))._unsafeUnwrap(),
      page: (await history.call('page', { limit: 1_000 }))._unsafeUnwrap(),
    };
  } finally {
    await history.stop();
    remove();
  }
}

test('entries that share one statement are stored and answered as if each came alone', (t) =>
  holdsAsync(
    t,
    fc.asyncProperty(fc.array(stretch, { minLength: 1, maxLength: 5 }), async (stretches) => {
      assert.deepEqual(await stored(stretches, true), await stored(stretches, false));
    }),
    { numRuns: 25 },
  ));

/** Lengths of the runs of these entries. */
const sizes = (entries: readonly NewEntry[]): readonly number[] =>
  runsOf(entries.map(encodeEntry)).map(({ length }) => length);

test('a run holds entries that differ in id and text alone, and never fewer than its number', () => {
  const whole = { from: 1, length: limits.runEntries, to: 1, direction: 'out', receivedAtMs: atMs } as const;
  assert.deepEqual(sizes(entriesOf(whole)), [limits.runEntries]);
  assert.deepEqual(new Set(sizes(entriesOf({ ...whole, length: limits.runEntries - 1 }))), new Set([1]));
  for (const change of [
    { peer: 'carol' },
    { verified: true },
    { encryption: 'none' },
    { dialect: 'netech' },
    { state: 'failed' },
    { direction: 'in' },
    { peerId: peer(2) },
    { sentAtMs: atMs + 1 },
    { recipients: [peer(1), peer(2)] },
    { recipients: [peer(2)] },
  ] as const) {
    const entries = entriesOf(whole).map((each, at) => (at === 7 ? { ...each, ...change } : each));
    assert.deepEqual(new Set(sizes(entries)), new Set([1]), JSON.stringify(change));
  }
});
