import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { openJsonFrames } from '../../src/wire/json/frames.js';
import { holds } from '../support/seeds.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (frames: readonly Uint8Array[]): readonly string[] =>
  frames.map((frame) => new TextDecoder().decode(frame));

test('objects come out as they went in, however the stream is cut', (t) => {
  const blank = fc.constantFrom('', ' ', '\n', '\r\n\t');
  const object = fc
    .tuple(
      fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 4 }),
      fc.constantFrom(undefined, 2),
    )
    .map(([value, indent]) => JSON.stringify(value, null, indent));
  holds(
    t,
    fc.property(
      fc.array(fc.tuple(object, blank), { maxLength: 6 }),
      fc.array(fc.nat(400), { maxLength: 12 }),
      (parts, cuts) => {
        const stream = bytesOf(parts.map(([json, gap]) => json + gap).join(''));
        const frames = openJsonFrames(65_536, 16);
        const seen: string[] = [];
        let from = 0;
        for (const to of [
          ...cuts.filter((cut) => cut < stream.length).toSorted((a, b) => a - b),
          stream.length,
        ]) {
          const { frames: cut, error } = frames.push(stream.subarray(from, to));
          assert.equal(error, null);
          seen.push(...textOf(cut));
          from = to;
        }
        assert.deepEqual(
          seen,
          parts.map(([json]) => json),
        );
        assert.equal(frames.isPartial(), false);
      },
    ),
    { numRuns: 500 },
  );
});

test('a frame is a copy of exactly its bytes', () => {
  const source = bytesOf('{"a":1}{"b":2}');
  const [first] = openJsonFrames(100, 4).push(source).frames;
  source.fill(0);
  assert.deepEqual(textOf(first === undefined ? [] : [first]), ['{"a":1}']);
  assert.equal(first?.buffer.byteLength, first?.byteLength);
});

test('frames before an error are good, and none comes after it', () => {
  const frames = openJsonFrames(100, 4);
  const { frames: good, error } = frames.push(bytesOf('{"a":1} x{"b":2}'));
  assert.deepEqual(textOf(good), ['{"a":1}']);
  assert.equal(error?.code, 'wire/malformed');
  assert.deepEqual(frames.push(bytesOf('{"c":3}')), { frames: [], error: null });
  assert.equal(frames.isPartial(), false);
});

test('an object of just the bound passes, one byte more does not, in whatever pieces it comes', () => {
  const object = bytesOf(`{"a":"${'x'.repeat(92)}"}`);
  assert.equal(object.length, 100);
  for (const step of [1, 7, 100]) {
    for (const [bytesMax, code] of [
      [100, undefined],
      [99, 'wire/frame-too-large'],
    ] as const) {
      const frames = openJsonFrames(bytesMax, 4);
      let count = 0;
      let failure: string | undefined;
      for (let at = 0; at < object.length; at += step) {
        const { frames: cut, error } = frames.push(object.subarray(at, at + step));
        count += cut.length;
        failure ??= error?.code;
      }
      assert.equal(failure, code);
      assert.equal(count, code === undefined ? 1 : 0);
    }
  }
});

test('brackets nest as deep as the bound, and brackets in strings do not count', () => {
  const nested = (depth: number): Uint8Array =>
    bytesOf('{"a":'.repeat(depth - 1) + '{}' + '}'.repeat(depth - 1));
  assert.equal(openJsonFrames(1_000, 16).push(nested(16)).frames.length, 1);
  assert.equal(openJsonFrames(1_000, 16).push(nested(17)).error?.code, 'wire/malformed');
  assert.equal(openJsonFrames(1_000, 1).push(bytesOf('{"a":"[[[{{{\\"[["}')).frames.length, 1);
});
