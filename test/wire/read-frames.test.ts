import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { openReadFrames } from '../../src/wire/read-frames.js';
import { jsonCost, splitText, utf8Cost } from '../../src/wire/utf8.js';
import { holds } from '../support/seeds.js';
import { codePoint } from '../support/code-points.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

test('the bytes up to a gap are one frame', () => {
  const frames = openReadFrames(100);
  assert.deepEqual(frames.push(bytesOf('hel')), []);
  assert.deepEqual(frames.push(bytesOf('lo')), []);
  assert.deepEqual(frames.gap(), bytesOf('hello'));
  assert.equal(frames.gap(), null);
  frames.push(bytesOf('x'));
  assert.deepEqual(frames.end(), bytesOf('x'));
  assert.equal(frames.end(), null);
});

test('no gap parts a code point, and the close gives what is left', () => {
  const wave = bytesOf('a👋');
  for (let at = 2; at < wave.length; at += 1) {
    const frames = openReadFrames(100);
    frames.push(wave.subarray(0, at));
    assert.deepEqual(frames.gap(), bytesOf('a'));
    assert.equal(frames.gap(), null);
    frames.push(wave.subarray(at));
    assert.deepEqual(frames.gap(), bytesOf('👋'));
  }
  const frames = openReadFrames(100);
  frames.push(wave.subarray(0, 3));
  assert.deepEqual(frames.end(), wave.subarray(0, 3));
});

test('a run longer than the bound is cut at code points and loses nothing', (t) => {
  holds(
    t,
    fc.property(
      fc.string({ unit: 'grapheme', minLength: 20, maxLength: 200 }),
      fc.integer({ min: 4, max: 30 }),
      (text, bytesMax) => {
        const frames = openReadFrames(bytesMax);
        const parts = [...frames.push(bytesOf(text)), frames.end() ?? new Uint8Array()];
        const strict = new TextDecoder('utf-8', { fatal: true });
        assert.equal(parts.map((part) => strict.decode(part)).join(''), text);
        assert.ok(parts.every(({ length }) => length <= bytesMax));
      },
    ),
    { numRuns: 500 },
  );
});

test('pieces of a text cost no more than the budget, and no piece could hold the next code point', (t) => {
  holds(
    t,
    fc.property(
      fc.string({ unit: codePoint, maxLength: 200 }),
      fc.integer({ min: 6, max: 40 }),
      (text, budget) => {
        for (const cost of [utf8Cost, jsonCost]) {
          const pieces = splitText(text, budget, cost);
          const costOf = (piece: string): number =>
            Array.from(piece).reduce((sum, point) => sum + cost(point), 0);
          assert.equal(pieces.join(''), text);
          for (const [at, piece] of pieces.entries()) {
            assert.ok(costOf(piece) <= budget);
            const [next] = pieces[at + 1] ?? '';
            if (next !== undefined) assert.ok(costOf(piece) + cost(next) > budget);
          }
        }
      },
    ),
    { numRuns: 150 },
  );
});

test('the cost of a code point in JSON is what JSON makes of it', (t) => {
  holds(
    t,
    fc.property(fc.string({ unit: codePoint, maxLength: 40 }), (text) => {
      const cost = Array.from(text).reduce((sum, point) => sum + jsonCost(point), 0);
      assert.equal(cost, bytesOf(JSON.stringify(text)).length - 2);
    }),
    { numRuns: 500 },
  );
  assert.equal(jsonCost('\ud800'), JSON.stringify('\ud800').length - 2);
});
