import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DialectName } from '../../src/dialects/dialect.js';
import { sniff } from '../../src/dialects/sniff.js';
import { foreignFrames } from '../../src/dialects/limits.js';
import { holds } from '../support/seeds.js';

const all: ReadonlySet<DialectName> = new Set([
  'native',
  'cmp2204',
  'chatbuddy',
  'synergy',
  'cse310',
  'netech',
]);
const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

const openings: readonly (readonly [string, DialectName])[] = [
  ['PARL\x01\x00', 'native'],
  ['PARL\x01\x01ticket', 'native'],
  ['{"unencrypted message": "hi"}', 'cmp2204'],
  ['{"unencrypted_message": "hi"}', 'cmp2204'],
  ['{"encryptedmessage": "aGk="}', 'cmp2204'],
  [`{"key": "b'8'"}`, 'cmp2204'],
  [' \r\n{ "key" : 8}', 'cmp2204'],
  ['{"type": "message", "sender_name": "ann", "sender_port": 8080, "content": "hi"}', 'synergy'],
  ['{"x": {"key": 1}, "y": ["key", "\\"key"], "sender_port": 8080}', 'synergy'],
  ['10.0.0.7:8080 ann hi', 'synergy'],
  ['255.255.255.255:65535 a b', 'synergy'],
  ['LISTENING_PORT:7070|TEAM_NAME:blue|hi', 'netech'],
  ['listening_port:7070|team_name:blue|hi', 'netech'],
  ['\xef\xbb\xbf{"key": 8}', 'cmp2204'],
  ['\n 10.0.0.7:8080 ann hi', 'synergy'],
  ['Localhost:8080 ann hi', 'synergy'],
  ['\xef\xbb\xbf\r\nListening Port : 7070|Team Name: blue|hi', 'netech'],
];

test('each opening is recognised, however its bytes are cut', () => {
  for (const [text, dialect] of openings) {
    let told = false;
    for (let length = 0; length <= text.length; length += 1) {
      const answer = sniff(bytes(text.slice(0, length)), all);
      if (answer === 'need-more') assert.ok(!told, `${text} at ${length}`);
      else {
        assert.deepEqual(answer, { dialect }, `${text} at ${length}`);
        told = true;
      }
    }
    assert.ok(told, text);
  }
});

test('a dialect that is not enabled is unknown, and asks for no more bytes than it must', () => {
  for (const [text, dialect] of openings) {
    const others = new Set([...all].filter((name) => name !== dialect));
    assert.equal(sniff(bytes(text), others), 'unknown', text);
  }
  assert.equal(sniff(bytes('{'), new Set(['native'])), 'unknown');
  assert.equal(sniff(bytes('1'), new Set(['native', 'cmp2204'])), 'unknown');
  assert.equal(sniff(bytes('P'), new Set(['native'])), 'need-more');
  assert.equal(sniff(bytes('PARK'), all), 'unknown');
  assert.equal(sniff(bytes(' PARL\x01\x00'), all), 'unknown');
});

test('text that belongs to no dialect of the shared port is unknown at once', () => {
  for (const text of [
    'GET / HTTP/1.1',
    'hello',
    '[{"key": 1}]',
    '999999',
    '1.2.3.4.5',
    '10.0.0.7:123456',
    '\x16\x03\x01',
    '{}',
    '{"user": 1}',
  ])
    assert.equal(sniff(bytes(text), all), 'unknown', text);
});

test('an undecided opening is given up at the bound', () => {
  for (const filler of [' ', '{"a": "', '{"a": {', '{"a":1,'.padEnd(8)])
    assert.equal(sniff(bytes(filler.repeat(1_024)), all), 'unknown');
  assert.equal(sniff(bytes('{"a": "'.padEnd(foreignFrames.sniffBytesMax - 1, 'x')), all), 'need-more');
});

test('an answer, once given, stands whatever follows', (t) => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '"',
    '\\',
    ',',
    ':',
    'key',
    'type',
    ' ',
    '[',
    ']',
    '1',
    '.',
    'PARL',
    'LISTENING_PORT:',
    '0.0.0.0:1 ',
  );
  holds(
    t,
    fc.property(fc.array(piece, { maxLength: 40 }), fc.nat(), (pieces, cut) => {
      const whole = bytes(pieces.join(''));
      const early = sniff(whole.subarray(0, cut % (whole.length + 1)), all);
      if (early !== 'need-more') assert.deepEqual(sniff(whole, all), early);
    }),
    { numRuns: 1_000 },
  );
});
