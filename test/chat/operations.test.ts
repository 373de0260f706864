/** Operations on a message: a fold over a set, against a reference that looks at the whole set at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Direction } from '../../src/chat/delivery/entry.js';
import { revisions as limits } from '../../src/chat/operations/limits.js';
import { plainForm, snippetOf } from '../../src/chat/operations/plain-forms.js';
import {
  lastEdit,
  nextEdit,
  nextReaction,
  revise,
  shownReactions,
  unrevised,
  type Change,
  type Revised,
} from '../../src/chat/operations/revisions.js';
import { messageIdFromBytes } from '../../src/ids.js';
import { holds } from '../support/seeds.js';

const idOf = (number: number) => {
  const bytes = new Uint8Array(16);
  bytes.set([number >> 8, number & 0xff], 14);
  return messageIdFromBytes(bytes);
};
const target = idOf(0);
const fold = (author: Direction, changes: readonly Change[]): Revised =>
  changes.reduce((state, change) => revise(state, author, change), unrevised);

const swap = (author: Direction): Direction => (author === 'in' ? 'out' : 'in');
const sorted = (some: Revised['reactions']) => some.map((each) => JSON.stringify(each)).toSorted();
const edit = (revision: number): Change => ({
  id: idOf(revision),
  author: 'out',
  atMs: 0,
  content: { type: 'edit', target, revision, text: 'x' },
});

const emoji = ['👍', '❤️', '😂', '🎉', '👀', '🙏', '🔥', '✅', '🚀', '💯'];
const aChange: fc.Arbitrary<Change> = fc
  .record({
    number: fc.integer({ min: 1, max: 400 }),
    author: fc.constantFrom<Direction>('in', 'out'),
    kind: fc.constantFrom('edit', 'edit', 'reaction', 'reaction', 'reaction', 'delete'),
    revision: fc.integer({ min: 0, max: 5 }),
    emoji: fc.constantFrom(...emoji),
    isOn: fc.boolean(),
  })
  .map(({ number, author, kind, revision, emoji: sign, isOn }): Change => {
    const common = { id: idOf(number), author, atMs: number };
    // An id has one meaning, as on the wire.
    if (kind === 'delete' && number % 40 === 0) return { ...common, content: { type: 'delete', target } };
    if (kind === 'edit')
      return { ...common, content: { type: 'edit', target, revision, text: `text ${number}` } };
    return { ...common, content: { type: 'reaction', target, revision, emoji: sign, isOn } };
  });
const someChanges = fc.uniqueArray(aChange, { selector: ({ id }) => id, maxLength: 40 });

const sortKey = ({ content, id }: Change): string =>
  `${String('revision' in content ? content.revision : 0).padStart(6, '0')} ${id}`;
const greatest = (some: readonly Change[]): Change | undefined =>
  some.toSorted((a, b) => (sortKey(a) < sortKey(b) ? 1 : -1))[0];

/** The state by looking at the whole set: no merging, no order. */
function reference(author: Direction, changes: readonly Change[]) {
  const valid = changes.filter(({ content, author: by }) =>
    content.type === 'reaction' ? content.revision >= 1 : by === author,
  );
  if (valid.some(({ content }) => content.type === 'delete')) return { isDeleted: true, text: null, on: [] };
  const edit = greatest(valid.filter(({ content }) => content.type === 'edit' && content.revision >= 1));
  const on = (['in', 'out'] as const).flatMap((by) =>
    emoji.flatMap((sign) => {
      const said = valid.filter(
        (each) => each.author === by && each.content.type === 'reaction' && each.content.emoji === sign,
      );
      const last = greatest(said);
      return last?.content.type === 'reaction' && last.content.isOn
        ? [{ by, sign, revision: last.content.revision, id: last.id }]
        : [];
    }),
  );
  return { isDeleted: false, text: edit?.content.type === 'edit' ? edit.content.text : null, on };
}

test('the state of a message depends on the set of operations, not on order or repetition', (t) => {
  holds(
    t,
    fc.property(
      someChanges.chain((changes) =>
        fc.tuple(
          fc.constant(changes),
          fc.shuffledSubarray(changes, { minLength: changes.length }),
          fc.array(fc.nat(Math.max(0, changes.length - 1)), { maxLength: 10 }),
        ),
      ),
      fc.constantFrom<Direction>('in', 'out'),
      ([changes, shuffled, again], author) => {
        const once = fold(author, changes);
        const repeated = [...shuffled, ...again.flatMap((at) => changes[at] ?? [])];
        assert.deepEqual(fold(author, repeated), once);
        const wanted = reference(author, changes);
        assert.equal(once.isDeleted, wanted.isDeleted);
        assert.equal(lastEdit(once)?.text ?? null, wanted.text);
        const shown = shownReactions(once);
        for (const { author: by, emoji: sign } of shown)
          assert.ok(wanted.on.some((each) => each.by === by && each.sign === sign));
        for (const by of ['in', 'out'] as const)
          assert.equal(
            shown.filter((each) => each.author === by).length,
            Math.min(limits.emojiMax, wanted.on.filter((each) => each.by === by).length),
          );
      },
    ),
    { numRuns: 3_000 },
  );
});

test('both sides reach one state, though each sees the other one as the sender', (t) => {
  holds(
    t,
    fc.property(someChanges, (changes) => {
      const here = fold('out', changes);
      const there = fold(
        'in',
        changes.map((change) => ({ ...change, author: swap(change.author) })),
      );
      assert.equal(there.isDeleted, here.isDeleted);
      assert.deepEqual(there.edits, here.edits);
      const mirrored = there.reactions.map((each) => ({ ...each, author: swap(each.author) }));
      assert.deepEqual(sorted(mirrored), sorted(here.reactions));
    }),
    { numRuns: 500 },
  );
});

test('the reactions of one author that are remembered are bounded, in any order of arrival', () => {
  const many = Array.from({ length: 200 }, (_, at): Change => ({
    id: idOf(at + 1),
    author: 'in',
    atMs: 0,
    content: { type: 'reaction', target, revision: 1, emoji: String.fromCodePoint(0x1f300 + at), isOn: true },
  }));
  const forward = fold('out', many);
  assert.equal(forward.reactions.length, limits.registersMax);
  assert.deepEqual(fold('out', many.toReversed()), forward);
  assert.equal(shownReactions(forward).length, limits.emojiMax);
});

test('an edit beyond the last number is not made and not taken', () => {
  assert.equal(nextEdit(fold('out', [edit(limits.editsMax)])), null);
  assert.equal(nextEdit(fold('out', [edit(limits.editsMax + 1)])), 1);
  assert.equal(nextEdit(fold('out', [edit(7)])), 8);
  assert.equal(nextReaction(unrevised, 'out', '👍'), 1);
});

test('a reply quotes the beginning of its message on one line, and an edit is a new text', () => {
  const reply = { type: 'text', text: 'yes', replyTo: target } as const;
  const long = `Lunch\nat ${'n'.repeat(100)}`;
  assert.equal(plainForm(reply, long, 'older'), `> ${snippetOf(long, 60)}\nyes`);
  assert.equal(plainForm(reply, 'Lunch at\n noon?', 'foreign'), 're "Lunch at noon?": yes');
  assert.equal(plainForm(reply, '', 'older'), 'yes', 'a message that is gone is not quoted');
  assert.equal(
    plainForm({ type: 'text', text: 'x'.repeat(65_536), replyTo: target }, 'q', 'older')?.length,
    65_536,
  );
  assert.equal(plainForm({ type: 'edit', target, revision: 1, text: 'noon' }, '', 'older'), '* noon');
  assert.equal(plainForm({ type: 'delete', target }, '', 'older'), null);
  assert.equal([...new Intl.Segmenter().segment(snippetOf('👨‍👩‍👧'.repeat(100), 60))].length, 61);
});
