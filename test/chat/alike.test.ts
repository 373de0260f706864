/** Columns of texts between two threads: nothing is lost, added or moved, and only what is alike shares a column. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeEntries, encodeEntry, valuesOf } from '../../src/actors/history/rows.js';
import { joinAlike } from '../../src/chat/delivery/alike.js';
import type { Content, NewEntry } from '../../src/chat/delivery/entry.js';
import { directConversation } from '../../src/ids.js';
import type { Utterance } from '../../src/dialects/dialect.js';
import { joinTexts, splitTexts } from '../../src/dialects/texts.js';
import { entry, messageId, peer } from '../history/driver.js';
import { holds } from '../support/seeds.js';

const aContent: fc.Arbitrary<Content> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme' }).map((text) => ({ type: 'text', text }) as const) },
  fc.constant({ type: 'text', text: 'an answer', replyTo: messageId(9) } as const),
  fc.constant({ type: 'delete', target: messageId(9) } as const),
);

const anEntry: fc.Arbitrary<NewEntry> = fc
  .record({
    id: fc.integer({ min: 1, max: 1_000 }),
    content: aContent,
    to: fc.integer({ min: 1, max: 2 }),
    direction: fc.constantFrom('in' as const, 'out' as const),
    sentAtMs: fc.constantFrom(1, 2),
    isVerified: fc.boolean(),
    hasRecipients: fc.boolean(),
  })
  .map(({ id, content, to, direction, sentAtMs, isVerified, hasRecipients }) => {
    const made = entry(id, { peerId: peer(to), direction, sentAtMs, verified: isVerified });
    return { ...made, content, ...(hasRecipients ? { recipients: [peer(to)] } : {}) };
  });

/** Stretches of one entry with several ids, among others. */
const entries = fc
  .array(fc.tuple(anEntry, fc.integer({ min: 1, max: 5 })), { maxLength: 12 })
  .map((stretches) =>
    stretches.flatMap(([each, times]) =>
      Array.from({ length: times }, (_, at) => ({ ...each, id: messageId(2_000 + at) })),
    ),
  );

const rowsOf = (all: ReturnType<typeof encodeEntries>): unknown =>
  all.map((each) => ({ ...each, rest: valuesOf(each) }));

test('joined entries are encoded as the same rows as the entries one by one', (t) => {
  holds(
    t,
    fc.property(entries, (given) => {
      const joined = structuredClone(joinAlike(given));
      assert.deepEqual(
        rowsOf(joined.flatMap(encodeEntries)),
        rowsOf(structuredClone(given).map(encodeEntry)),
      );
    }),
  );
});

/** Another value of each field. The type holds a field that an entry gets later to this table. */
const others: Required<Omit<NewEntry, 'id'>> = {
  direction: 'out',
  peerId: peer(2),
  peer: 'another name',
  conversation: directConversation(peer(2)),
  recipients: [peer(3)],
  content: { type: 'text', text: 'an answer', replyTo: messageId(9) },
  sentAtMs: 77,
  receivedAtMs: 78,
  dialect: 'synergy',
  encryption: 'none',
  verified: true,
  state: 'sent',
  quoted: 'a quote',
  revised: { editedAtMs: 5, isDeleted: false, reactions: [] },
  readAtMs: 5,
  expiresAtMs: 6,
  isUnsaid: true,
};

test('a text that differs in any field but id and text shares no column', () => {
  const one = entry(1, { direction: 'in', verified: false, dialect: 'native', encryption: 'noise' });
  const next = { ...one, id: messageId(2) };
  assert.equal(joinAlike([one, next]).length, 1);
  for (const [field, value] of Object.entries(others))
    assert.equal(joinAlike([one, { ...next, [field]: value }]).length, 2, field);
});

test('five hundred texts of one time travel as one run', () => {
  const flood = Array.from({ length: 500 }, (_, at) =>
    entry(at, { text: `text ${at}`, sentAtMs: 5, receivedAtMs: 6 }),
  );
  assert.equal(joinAlike(flood).length, 1);
});

test('a run with fewer texts than ids is refused', () => {
  const like = entry(1);
  const bad = { like, ids: [messageId(1), messageId(2)], texts: ['one'] };
  assert.throws(() => encodeEntries(bad), TypeError);
});

const anUtterance: fc.Arbitrary<Utterance> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('text' as const),
      id: fc.oneof(
        { weight: 9, arbitrary: fc.integer({ max: 99, min: 1 }).map(messageId) },
        fc.constant(null),
      ),
      sentAtMs: fc.constantFrom(1, 2),
      text: fc.string({ unit: 'grapheme' }),
    }),
  },
  fc.constant({ type: 'receipt', ids: [messageId(1)] } as const),
  fc.constant({ type: 'profile', name: 'Bob', instance: '01'.repeat(8) } as const),
);

test('joined utterances come out of the other thread as they went in', (t) => {
  holds(
    t,
    fc.property(fc.array(anUtterance, { maxLength: 40 }), (given) => {
      assert.deepEqual(splitTexts(structuredClone(joinTexts(given))), structuredClone(given));
    }),
  );
});
