/** The wire form of operations on messages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isEmoji } from '../../src/dialects/emoji.js';
import { pack, unpack } from '../../src/dialects/native.js';
import { operationKind, type Operation, type SentOperation } from '../../src/dialects/operations.js';
import { messageIdFromBytes } from '../../src/ids.js';
import { concat, fromHex, toHex } from '../../src/wire/bytes.js';
import { codePoint } from '../support/code-points.js';
import { holds } from '../support/seeds.js';

const id = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => messageIdFromBytes(bytes));
const words = fc.string({ unit: codePoint, minLength: 1, maxLength: 200 });
const revision = fc.integer({ min: 1, max: 65_535 });
const seconds = fc.oneof(fc.constant(0), fc.integer({ min: 5, max: 366 * 86_400 }));
const anOperation: fc.Arbitrary<Operation> = fc.oneof(
  fc.tuple(words, fc.option(id), seconds).map(([text, replyTo, ttlSeconds]): Operation => ({
    kind: 'text',
    text,
    replyTo,
    ttlSeconds,
  })),
  seconds.map((each): Operation => ({ kind: 'timer', seconds: each })),
  fc.tuple(id, revision, words).map(([target, rev, text]): Operation => ({
    kind: 'edit',
    target,
    revision: rev,
    text,
  })),
  id.map((target): Operation => ({ kind: 'delete', target })),
  fc
    .tuple(id, fc.array(id, { maxLength: 64 }))
    .map(([upTo, unread]): Operation => ({ kind: 'read', upTo, unread })),
  fc
    .tuple(id, revision, fc.constantFrom('👍', '👨‍👩‍👧‍👦', '🇩🇪', '👋🏽'), fc.boolean())
    .map(([target, rev, emoji, isOn]): Operation => ({
      kind: 'reaction',
      target,
      revision: rev,
      emoji,
      isOn,
    })),
);
const sent = fc.tuple(id, fc.nat(2 ** 41), anOperation).map(([one, sentAtMs, operation]) => ({
  type: 'operation' as const,
  id: one,
  sentAtMs,
  operation,
}));

const idOf = (byte: number) => messageIdFromBytes(new Uint8Array(16).fill(byte));
const frame = (code: number, body: Uint8Array) =>
  concat([Uint8Array.of(code, 0, 0, body.length >> 8, body.length & 0xff), body]);
const head = concat([new Uint8Array(16).fill(1), new Uint8Array(6)]);
const read = (code: number, ...rest: readonly Uint8Array[]): SentOperation => {
  const [utterance] = unpack(frame(code, concat([head, ...rest])))._unsafeUnwrap();
  assert.equal(utterance?.type, 'operation');
  return utterance;
};
const targetBytes = new Uint8Array(16).fill(2);
const utf8 = (text: string) => new TextEncoder().encode(text);

test('operations come out as they went in', (t) => {
  holds(
    t,
    fc.property(fc.array(sent, { maxLength: 20 }), (operations) => {
      const contents = pack(operations)._unsafeUnwrap();
      assert.deepEqual(
        contents.flatMap((content) => unpack(content)._unsafeUnwrap()),
        operations,
      );
    }),
    { numRuns: 200 },
  );
});

test('the bytes of each operation stay what they are', () => {
  const common = { type: 'operation', id: idOf(1), sentAtMs: 0x0102_0304_0506 } as const;
  const start = `${'01'.repeat(16)}010203040506`;
  const target = idOf(2);
  const table: readonly (readonly [Operation, string])[] = [
    [
      { kind: 'text', text: 'yes', replyTo: target, ttlSeconds: 0 },
      `04 0000002e ${start} 0013 010010${'02'.repeat(16)} 796573`,
    ],
    [
      { kind: 'edit', target, revision: 3, text: 'noon' },
      `05 0000002c ${start} ${'02'.repeat(16)} 0003 6e6f6f6e`,
    ],
    [{ kind: 'delete', target }, `06 00000026 ${start} ${'02'.repeat(16)}`],
    [
      { kind: 'reaction', target, revision: 1, emoji: '👍', isOn: true },
      `07 0000002d ${start} ${'02'.repeat(16)} 0001 01 f09f918d`,
    ],
    [
      { kind: 'text', text: 'yes', replyTo: null, ttlSeconds: 86_400 },
      `04 00000022 ${start} 0007 020004 00015180 796573`,
    ],
    [{ kind: 'read', upTo: target, unread: [] }, `08 00000026 ${start} ${'02'.repeat(16)}`],
    [
      { kind: 'read', upTo: target, unread: [idOf(3)] },
      `08 00000037 ${start} ${'02'.repeat(16)} 01 ${'03'.repeat(16)}`,
    ],
    [{ kind: 'timer', seconds: 5 }, `09 0000001a ${start} 00000005`],
  ];
  for (const [operation, hex] of table) {
    const [content] = pack([{ ...common, operation }])._unsafeUnwrap();
    assert.equal(toHex(content ?? new Uint8Array()), hex.replaceAll(' ', ''));
    assert.deepEqual(unpack(fromHex(hex.replaceAll(' ', '')))._unsafeUnwrap(), [{ ...common, operation }]);
  }
});

test('an operation that cannot be read keeps its id, so that it can be confirmed once', () => {
  const { extendedText, edit, delete: remove, reaction } = operationKind;
  const two = Uint8Array.of(0, 1);
  const bad: readonly (readonly [number, readonly Uint8Array[]])[] = [
    [extendedText, []],
    [extendedText, [Uint8Array.of(0, 0)]],
    [extendedText, [Uint8Array.of(0, 9), utf8('x')]],
    [extendedText, [Uint8Array.of(0, 4, 1, 0, 1, 7), utf8('x')]],
    [extendedText, [Uint8Array.of(0, 0, 0xff)]],
    [edit, []],
    [edit, [targetBytes]],
    [edit, [targetBytes, two]],
    [edit, [targetBytes, Uint8Array.of(0, 0), utf8('x')]],
    [edit, [targetBytes, two, Uint8Array.of(0xc0)]],
    [remove, []],
    [remove, [targetBytes.subarray(1)]],
    [operationKind.read, []],
    [operationKind.read, [targetBytes.subarray(1)]],
    [operationKind.read, [targetBytes, Uint8Array.of(1)]],
    [operationKind.read, [targetBytes, Uint8Array.of(65), new Uint8Array(65 * 16)]],
    [operationKind.timer, []],
    [operationKind.timer, [Uint8Array.of(0, 0, 0, 4)]],
    [operationKind.timer, [Uint8Array.of(255, 255, 255, 255)]],
    [extendedText, [Uint8Array.of(0, 7, 2, 0, 4, 0, 0, 0, 4), utf8('x')]],
    [extendedText, [Uint8Array.of(0, 5, 2, 0, 2, 9, 9), utf8('x')]],
    [reaction, [targetBytes, two, Uint8Array.of(1)]],
    [reaction, [targetBytes, two, Uint8Array.of(2), utf8('👍')]],
    [reaction, [targetBytes, two, Uint8Array.of(1), utf8('👍👍')]],
    [reaction, [targetBytes, two, Uint8Array.of(1), utf8('no')]],
  ];
  for (const [code, rest] of bad) {
    const { id: got, operation } = read(code, ...rest);
    assert.equal(got, idOf(1));
    assert.deepEqual(operation, { kind: 'unreadable', code }, `${String(code)} ${toHex(concat(rest))}`);
  }
  for (const code of Object.values(operationKind))
    for (const length of [0, 21]) assert.ok(unpack(frame(code, new Uint8Array(length))).isErr());
  const unknown = Uint8Array.of(0, 5, 77, 0, 2, 9, 9);
  assert.deepEqual(read(extendedText, unknown, utf8('x')).operation, {
    kind: 'text',
    text: 'x',
    replyTo: null,
    ttlSeconds: 0,
  });
});

test('a text in an operation has the bounds of a text', () => {
  const common = { type: 'operation', id: idOf(1), sentAtMs: 0 } as const;
  const long = { kind: 'edit', target: idOf(2), revision: 1, text: 'x'.repeat(65_536) } as const;
  const [content] = pack([{ ...common, operation: long }])._unsafeUnwrap();
  assert.deepEqual(unpack(content ?? new Uint8Array())._unsafeUnwrap(), [{ ...common, operation: long }]);
  for (const operation of [
    { ...long, text: 'x'.repeat(65_537) },
    { ...long, text: '' },
    { ...long, text: '\ud800' },
    { ...long, revision: 0 },
  ])
    assert.ok(pack([{ ...common, operation }]).isErr());
});

test('a reaction is one emoji: flags, skin tones and families are, letters and parts are not', () => {
  for (const emoji of ['👍', '👍🏿', '❤️', '🇩🇪', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '👨‍👩‍👧‍👦', '🏳️‍🌈', '1️⃣', '✔', '☺'])
    assert.ok(isEmoji(emoji), emoji);
  for (const text of [
    '',
    'a',
    'ok',
    '1',
    '👍👍',
    '👍 ',
    '🏽',
    '\u200d',
    '\ufe0f',
    '🇩',
    '\u0301',
    '\u001b👍',
    '\u202e👍',
    `👍${'\u0301'.repeat(20)}`,
    'ü'.normalize('NFD'),
    '\ud83d',
  ])
    assert.ok(!isEmoji(text), JSON.stringify(text));
});
