import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Utterance } from '../../src/dialects/dialect.js';
import { encodeBusy, kind, native, pack, reservedKinds, unpack } from '../../src/dialects/native.js';
import { messageIdFromBytes } from '../../src/ids.js';
import { session as limits } from '../../src/session/limits.js';
import { wireV1 } from '../../src/wire/limits.js';
import { concat } from '../../src/wire/bytes.js';
import { holds } from '../support/seeds.js';
import { codePoint } from '../support/code-points.js';

const id = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => messageIdFromBytes(bytes));
const eight = fc
  .uint8Array({ minLength: 8, maxLength: 8 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));
const printable = fc.string({ unit: 'grapheme-ascii', maxLength: 64 });
const aText = fc
  .tuple(id, fc.nat(2 ** 41), fc.string({ unit: codePoint, maxLength: 300 }))
  .map(([messageId, sentAtMs, text]): Utterance => ({ type: 'text', id: messageId, sentAtMs, text }));
const anUtterance: fc.Arbitrary<Utterance> = fc.oneof(
  aText,
  fc.array(id, { maxLength: 40 }).map((ids): Utterance => ({ type: 'receipt', ids })),
  fc
    .tuple(fc.string({ maxLength: 50 }), fc.uint8Array({ minLength: 8, maxLength: 8 }))
    .map(([name, bytes]): Utterance => ({
      type: 'profile',
      name,
      instance: Buffer.from(bytes).toString('hex'),
    })),
  fc.record({ id: eight, tcpPort: fc.nat(65_535) }, { noNullPrototype: true }).map((words): Utterance => ({
    type: 'inquiry',
    inquiry: { kind: 'question', ...words },
  })),
  fc
    .record(
      {
        id: eight,
        clockMs: fc.nat(2 ** 41),
        seenAt: printable,
        dialBack: fc.constantFrom('untried' as const, 'reached' as const, 'failed' as const),
        dialProblem: printable,
        arrived: fc.array(
          fc.record({ address: printable, via: printable, ageMs: fc.nat(1e9) }, { noNullPrototype: true }),
          {
            maxLength: 16,
          },
        ),
      },
      { noNullPrototype: true },
    )
    .map((words): Utterance => ({ type: 'inquiry', inquiry: { kind: 'answer', ...words } })),
);
const unpackAll = (contents: readonly Uint8Array[]) =>
  contents.flatMap((content) => unpack(content)._unsafeUnwrap());
const one = messageIdFromBytes(new Uint8Array(16).fill(7));
const textOf = (text: string): Utterance => ({ type: 'text', id: one, sentAtMs: 9, text });

const header = (kind: number, length: number) =>
  Uint8Array.of(kind, length >>> 24, length >>> 16, length >>> 8, length);
const body = (length: number) => new Uint8Array(length).fill(0x61);

test('utterances packed together come out in order, none added, none lost', (t) => {
  holds(
    t,
    fc.property(fc.array(anUtterance, { maxLength: 60 }), (utterances) => {
      const contents = pack(utterances)._unsafeUnwrap();
      assert.deepEqual(unpackAll(contents), utterances);
      for (const content of contents) assert.ok(content.length <= wireV1.recordContentBytesMax);
    }),
    { numRuns: 100 },
  );
});

test('small texts share a content; a large one goes alone and in its place', () => {
  const small = Array.from({ length: 100 }, (_, i) => textOf(`${String(i)} ${'x'.repeat(100)}`));
  assert.equal(pack(small)._unsafeUnwrap().length, 1);
  const mixed = [textOf('before'), textOf('y'.repeat(65_536)), textOf('after'), ...small, ...small];
  const contents = pack(mixed)._unsafeUnwrap();
  assert.deepEqual(unpackAll(contents), mixed);
  assert.deepEqual(
    contents.map((content) => content.length > wireV1.recordContentBytesMax),
    [false, true, false, false],
  );
  for (const content of contents) assert.ok(content.length <= limits.dataBytesMax);
});

test('an invalid utterance is refused before a byte of it is sent', () => {
  const cases: readonly (readonly [Utterance, string])[] = [
    [textOf('x'.repeat(65_537)), 'dialect/too-long'],
    [textOf('é'.repeat(32_769)), 'dialect/too-long'],
    [textOf('half \ud83c of a pair'), 'dialect/malformed'],
    [{ type: 'text', id: null, sentAtMs: 1, text: 'a' }, 'dialect/malformed'],
    [{ type: 'text', id: one, sentAtMs: -1, text: 'a' }, 'dialect/malformed'],
    [{ type: 'text', id: one, sentAtMs: Number.NaN, text: 'a' }, 'dialect/malformed'],
    [{ type: 'profile', name: 'n'.repeat(257), instance: '00'.repeat(8) }, 'dialect/too-long'],
    [{ type: 'profile', name: 'n', instance: 'xyz' }, 'dialect/malformed'],
  ];
  for (const [utterance, code] of cases) {
    assert.equal(pack([textOf('fine'), utterance])._unsafeUnwrapErr().code, code);
    assert.equal(native.encode(utterance)._unsafeUnwrapErr().code, code);
  }
  assert.deepEqual(pack([{ type: 'leave', words: null }, { type: 'connect' }])._unsafeUnwrap(), []);
  assert.equal(native.encode({ type: 'connect' })._unsafeUnwrapErr().code, 'dialect/unsupported');
});

test('the greatest text passes, in one byte per character and in four', () => {
  for (const text of ['x'.repeat(65_536), '🎈'.repeat(16_384), '\ufeffwith a mark', '\0\u202e'])
    assert.deepEqual(unpackAll(pack([textOf(text)])._unsafeUnwrap()), [textOf(text)]);
});

test('a receipt for very many messages becomes several', () => {
  const ids = Array.from({ length: 1_300 }, (_, i) => messageIdFromBytes(new Uint8Array(16).fill(i % 256)));
  const said = unpackAll(pack([{ type: 'receipt', ids }])._unsafeUnwrap());
  assert.deepEqual(
    said.map((utterance) => (utterance.type === 'receipt' ? utterance.ids.length : 0)),
    [512, 512, 276],
  );
  assert.deepEqual(
    said.flatMap((utterance) => (utterance.type === 'receipt' ? utterance.ids : [])),
    ids,
  );
});

test('an unknown kind is counted; incomplete, too long and invalid utterances are refused', () => {
  const known = native.encode(textOf('known'))._unsafeUnwrap();
  const unknown = Uint8Array.of(99, 0, 0, 0, 2, 1, 2);
  const counted = { type: 'unknown', kind: 99, bytes: 2 } as const;
  assert.deepEqual(unpack(concat([unknown, known, unknown]))._unsafeUnwrap(), [
    counted,
    textOf('known'),
    counted,
  ]);
  assert.deepEqual(native.decode(known)._unsafeUnwrap(), textOf('known'));
  assert.deepEqual(native.decode(unknown)._unsafeUnwrap(), counted);
  assert.equal(native.encode(counted)._unsafeUnwrapErr().code, 'dialect/unsupported');
  const bad: readonly (readonly [Uint8Array, string])[] = [
    [known.subarray(0, -1), 'dialect/malformed'],
    [Uint8Array.of(1), 'dialect/malformed'],
    [header(1, 0xffff_ffff), 'dialect/malformed'],
    [concat([header(1, 21), body(21)]), 'dialect/malformed'],
    [concat([header(1, 24), body(22), Uint8Array.of(0xff, 0xfe)]), 'dialect/malformed'],
    [concat([header(1, 25), body(22), Uint8Array.of(0xed, 0xa0, 0x80)]), 'dialect/malformed'],
    [concat([header(1, 65_559), body(65_559)]), 'dialect/too-long'],
    [concat([header(2, 17), body(17)]), 'dialect/malformed'],
    [concat([header(2, 16 * 513), body(16 * 513)]), 'dialect/too-long'],
    [concat([header(3, 7), body(7)]), 'dialect/malformed'],
    [concat([header(3, 8 + 257), body(8 + 257)]), 'dialect/too-long'],
    [concat([header(3, 9), body(8), Uint8Array.of(0xc0)]), 'dialect/malformed'],
  ];
  for (const [bytes, code] of bad) assert.equal(unpack(bytes)._unsafeUnwrapErr().code, code);
});

test('any bytes at all are utterances or a typed error', (t) => {
  holds(
    t,
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const read = unpack(bytes);
      if (read.isErr()) assert.match(read.error.code, /^dialect\//);
    }),
    { numRuns: 2_000 },
  );
  const frame = concat(pack([textOf('héllo'), { type: 'receipt', ids: [one] }])._unsafeUnwrap());
  for (let at = 0; at < frame.length; at += 1)
    for (const bit of [1, 0x80]) {
      const bent = Uint8Array.from(frame);
      bent[at] = (bent[at] ?? 0) ^ bit;
      unpack(bent);
      assert.ok(at === 0 || unpack(frame.subarray(0, at)).isErr() || at === 33);
    }
});

test('a connection is ours from its fourth byte on, and not ours from the first wrong one', () => {
  for (const [first, verdict] of [
    ['', 'need-more'],
    ['PAR', 'need-more'],
    ['PARL', 'yes'],
    ['PARL\x09', 'yes'],
    ['PAX', 'no'],
    ['{', 'no'],
  ] as const)
    assert.equal(native.sniff(Buffer.from(first)), verdict, first);
});

test('words about the network are bounded, harmless to a terminal, and refused when cut', () => {
  const long = { address: 'x'.repeat(300), via: '\u001b[31m', ageMs: 2 ** 40 };
  const arrived = Array.from({ length: 100 }, () => long);
  const answer = {
    kind: 'answer',
    id: '00'.repeat(8),
    clockMs: 1,
    seenAt: '',
    dialProblem: '',
    arrived,
  } as const;
  const [content] = pack([{ type: 'inquiry', inquiry: { ...answer, dialBack: 'failed' } }])._unsafeUnwrap();
  assert.ok(content !== undefined && content.length < 2_000);
  const [read] = unpack(content)._unsafeUnwrap();
  assert.ok(read?.type === 'inquiry' && read.inquiry.kind === 'answer');
  assert.equal(read.inquiry.arrived.length, 16);
  assert.deepEqual(read.inquiry.arrived[0], { address: 'x'.repeat(64), via: '?[31m', ageMs: 0xffff_ffff });
  for (const code of [kind.question, kind.answer])
    for (const length of [0, 1, 9]) assert.ok(unpack(concat([header(code, length), body(length)])).isErr());
  const later = concat([header(kind.question, 13), body(13)]);
  assert.ok(unpack(later).isOk(), 'a later version may add fields');
});

test('busy says when to come back, in whole seconds, rounded up', () => {
  assert.deepEqual([...encodeBusy(1_200)], [0, 0, 3, 0, 2]);
  assert.deepEqual([...encodeBusy(1e9)], [0, 0, 3, 0xff, 0xff]);
});

test('reserved kinds overlap neither each other nor those in use, and all others can be skipped', () => {
  const inUse = Object.values(kind).map((code) => ({ first: code, last: code }));
  const ranges = [...inUse, ...reservedKinds].toSorted((one, other) => one.first - other.first);
  let free = 1;
  for (const { first, last } of ranges) {
    assert.ok(first >= free && last >= first && last <= 255, `${first}-${last}`);
    free = last + 1;
  }
  for (let code = 0; code < 256; code += 1) {
    if (inUse.some(({ first }) => first === code)) continue;
    const read = unpack(concat([header(code, 3), body(3)]))._unsafeUnwrap();
    assert.deepEqual(read, [{ type: 'unknown', kind: code, bytes: 3 }]);
  }
});

// Case R2
test('a typing notice is a subject of "now", and one of an unknown subject is counted', () => {
  for (const [seconds, hex] of [
    [6, '0a000000020106'],
    [0, '0a0000000102'],
  ] as const) {
    const [content = new Uint8Array()] = pack([{ type: 'typing', seconds }])._unsafeUnwrap();
    assert.equal(Buffer.from(content).toString('hex'), hex);
    assert.deepEqual(unpack(content)._unsafeUnwrap(), [{ type: 'typing', seconds }]);
  }
  for (const hex of ['0a0000000101', '0a000000020100', '0a0000000109'])
    assert.equal(unpack(Buffer.from(hex, 'hex'))._unsafeUnwrap()[0]?.type, 'unknown', hex);
});
