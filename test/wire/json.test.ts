import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isJsonObject, parseBoundedJson } from '../../src/wire/json/parse.js';
import { holds } from '../support/seeds.js';
import { ownCpuMs } from '../support/usable-time.js';

const prototypeKeys = Object.getOwnPropertyNames(Object.prototype).length;
const untouched = () => assert.equal(Object.getOwnPropertyNames(Object.prototype).length, prototypeKeys);
const codeOf = (source: string | Uint8Array) =>
  parseBoundedJson(source).match(
    () => 'ok',
    (error) => error.code,
  );

test('a text within the bounds reads as JSON.parse reads it', (t) => {
  holds(
    t,
    fc.property(fc.json({ maxDepth: 6, stringUnit: 'grapheme' }), (source) => {
      const read = parseBoundedJson(source);
      if (read.isOk()) assert.deepEqual(JSON.parse(JSON.stringify(read.value)), JSON.parse(source));
      else assert.match(JSON.stringify(read.error), /key twice|too deep|too many/);
      assert.deepEqual(parseBoundedJson(new TextEncoder().encode(source)), read);
    }),
    { numRuns: 1_000 },
  );
});

const keys = (count: number) => `{${Array.from({ length: count }, (_, index) => `"${index}":0`).join(',')}}`;

// Fault P6
test('depth, keys and size are refused before anything is built', () => {
  const started = ownCpuMs();
  assert.equal(codeOf('['.repeat(60_000)), 'wire/malformed');
  assert.equal(codeOf(`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`), 'wire/malformed');
  assert.equal(codeOf('['.repeat(200_000)), 'wire/frame-too-large');
  assert.equal(codeOf(new Uint8Array(10 ** 6)), 'wire/frame-too-large');
  assert.equal(codeOf(`"${'é'.repeat(40_000)}"`), 'wire/frame-too-large');
  assert.equal(codeOf(keys(1_000)), 'ok');
  assert.equal(codeOf(keys(1_001)), 'wire/malformed');
  assert.equal(codeOf(`${'['.repeat(16)}${']'.repeat(16)}`), 'ok');
  assert.equal(codeOf(`${'['.repeat(17)}${']'.repeat(17)}`), 'wire/malformed');
  assert.ok(ownCpuMs() - started < 2_000);
});

test('a key twice is refused, however it is spelt', () => {
  for (const source of ['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '[{"x":{"a":1,"b":2, "a" :3}}]']) {
    assert.equal(codeOf(source), 'wire/malformed', source);
  }
  assert.equal(codeOf('{"a":{"a":1},"b":[{"a":1},{"a":2}],"c":"a\\":"}'), 'ok');
});

test('prototype keys are plain keys and change nothing', () => {
  const source = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":null}';
  const value = parseBoundedJson(source)._unsafeUnwrap();
  assert.ok(isJsonObject(value));
  assert.equal(Object.getPrototypeOf(value), null);
  assert.deepEqual(Object.keys(value), ['__proto__', 'constructor', 'toString']);
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  assert.equal(value['valueOf'], undefined);
  untouched();
});

test('numbers out of range and broken UTF-8 are refused, and lone surrogates replaced', () => {
  assert.equal(codeOf('{"n":1e999}'), 'wire/malformed');
  assert.equal(codeOf(Uint8Array.of(0x22, 0xff, 0x22)), 'wire/malformed');
  assert.equal(parseBoundedJson('"a\\ud800b"')._unsafeUnwrap(), 'a\uFFFDb');
});

test('anything at all is answered with a value or a typed error', (t) => {
  const soup = fc.array(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      '\\',
      ':',
      ',',
      '1',
      'e9',
      '-',
      'null',
      ' ',
      '"a"',
      '"\\u0061"',
      '\u0000',
    ),
    { maxLength: 60 },
  );
  holds(
    t,
    fc.property(soup, (pieces) => {
      const source = pieces.join('');
      const read = parseBoundedJson(source);
      let isJson = true;
      try {
        JSON.parse(source);
      } catch {
        isJson = false;
      }
      if (!isJson) assert.ok(read.isErr());
      untouched();
    }),
    { numRuns: 2_000 },
  );
});
