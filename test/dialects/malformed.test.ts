import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { chatbuddy } from '../../src/dialects/chatbuddy.js';
import { cmp2204 } from '../../src/dialects/cmp2204.js';
import { cse310 } from '../../src/dialects/cse310.js';
import type { LegacyDialect, TalkOutput } from '../../src/dialects/dialect.js';
import { netech } from '../../src/dialects/netech.js';
import { synergy } from '../../src/dialects/synergy.js';
import { legacy } from '../../src/limits.js';
import { plainOptions, readCaptures } from '../support/captures.js';

type Draw = (below: number) => number;

/** mulberry32: small, and the same everywhere. */
function seeded(seed: number): Draw {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const pick = <T>(items: readonly [T, ...T[]], draw: Draw): T => items[draw(items.length)] ?? items[0];
const bytesOf = (source: string): Uint8Array => Buffer.from(source, 'utf8');

const keys = [
  'key',
  'unencrypted message',
  'encrypted_message',
  'type',
  'content',
  'sender_port',
  'sender_name',
  '__proto__',
  'constructor',
  'toString',
  'unencryptedmessage',
] as const;
const values = [
  'null',
  'true',
  '1e999',
  '-1',
  '0',
  '9007199254740993',
  '1e308',
  '"\\ud800"',
  '""',
  '[]',
  '{}',
  '{"__proto__":{"polluted":1}}',
  '"b\'\'"',
  '"b\'99999999999999999999999\'"',
  '"message"',
  '"AAAA"',
  '"NJEPJH6cW3w="',
  '"exit"',
  '65536',
  '"65536"',
  '2147483648',
  'NaN',
  '"\\u0000"',
] as const;
const words = [
  'EOM',
  '/disconnect',
  'LISTENING_PORT:',
  'TEAM_NAME:',
  '|',
  ': ',
  ' changed their nickname to ',
  '.',
  '10.0.0.7:8080',
  '999.1.1.1:1',
  ' ',
  '\n',
  '\r\n',
  '\0',
  'exit',
  'connection message',
  '99999999999999999999',
  '{',
  '"',
  '\\',
] as const;

const grammars: readonly [
  (corpus: readonly Uint8Array[], draw: Draw) => Uint8Array,
  ...((corpus: readonly Uint8Array[], draw: Draw) => Uint8Array)[],
] = [
  // Noise.
  (_corpus, draw) => Uint8Array.from({ length: draw(200) }, () => draw(256)),
  // A capture with a few bytes changed.
  (corpus, draw) => {
    const bytes = Uint8Array.from(corpus[draw(corpus.length)] ?? []);
    for (let count = 1 + draw(4); count > 0; count -= 1) bytes[draw(bytes.length)] = draw(256);
    return bytes;
  },
  // Cut and glued captures.
  (corpus, draw) => {
    const part = (): Uint8Array => {
      const bytes = corpus[draw(corpus.length)] ?? new Uint8Array();
      return bytes.subarray(draw(bytes.length), draw(bytes.length + 1));
    };
    return Buffer.concat([part(), part(), part()]);
  },
  // Objects of the right shape with wrong members.
  (_corpus, draw) =>
    bytesOf(
      `{${Array.from({ length: 1 + draw(5) }, () => `"${pick(keys, draw)}": ${pick(values, draw)}`).join(', ')}}`,
    ),
  // Words of the text dialects in any order.
  (_corpus, draw) => bytesOf(Array.from({ length: draw(8) }, () => pick(words, draw)).join('')),
];

/** Few, since each is long. */
const heavy: readonly Uint8Array[] = [
  bytesOf('['.repeat(200_000)),
  bytesOf('{"content": '.repeat(20_000)),
  bytesOf(`{"content": ${'['.repeat(60)}${']'.repeat(60)}}`),
  bytesOf(`{${Array.from({ length: 3_000 }, (_, at) => `"k${at}":1`).join(',')}}`),
  bytesOf(`{"unencrypted message": "${'x'.repeat(legacy.frameBytesMax)}"}`),
  bytesOf(`{"key": ${'9'.repeat(60_000)}}`),
  bytesOf(`{"key": "${'9'.repeat(60_000)}"}`),
  bytesOf(`{"encrypted message": "${' '.repeat(60_000)}"}`),
  bytesOf(`LISTENING_PORT:${'1'.repeat(60_000)}|TEAM_NAME:|`),
  bytesOf('LISTENING_PORT:1|TEAM_NAME:a|'.repeat(10_000)),
  bytesOf('10.0.0.7:1 a '.repeat(10_000)),
  bytesOf(': '.repeat(50_000)),
  bytesOf(' changed their nickname to '.repeat(3_000)),
  bytesOf('/disconnect'.repeat(10_000)),
  bytesOf('1'.repeat(300_000)),
  bytesOf(' '.repeat(300_000)),
  Uint8Array.from({ length: 200_000 }, () => 0x80),
  bytesOf(`{"a": "${'\\'.repeat(60_001)}`),
];

const prototypeBefore = JSON.stringify(Object.getOwnPropertyNames(Object.prototype));
after(() => {
  assert.equal(JSON.stringify(Object.getOwnPropertyNames(Object.prototype)), prototypeBefore);
  assert.equal(Reflect.get({}, 'polluted'), undefined);
});

function feed<Message>(
  dialect: LegacyDialect<Message>,
  bytes: Uint8Array,
  draw: Draw,
): readonly TalkOutput[] {
  const talk = dialect.openTalk(draw(2) === 0 ? 'accept' : 'dial', plainOptions);
  if (draw(4) === 0) talk.say({ type: 'text', id: null, sentAtMs: 0, text: 'hi' });
  const outputs: TalkOutput[] = [];
  const cut = draw(bytes.length + 1);
  for (const part of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
    outputs.push(...talk.receive({ type: 'bytes', bytes: part }, 1));
    if (draw(3) === 0) outputs.push(...talk.receive({ type: 'idle' }, 1));
  }
  outputs.push(...talk.receive({ type: 'closed' }, 1));
  return outputs;
}

function check(dialect: string, bytes: Uint8Array, outputs: readonly TalkOutput[]): void {
  const failures = outputs.filter(({ type }) => type === 'failed');
  assert.ok(failures.length <= 1, 'one failure at most');
  const end = outputs.findIndex(({ type }) => type === 'failed' || type === 'close');
  assert.ok(end < 0 || end === outputs.length - 1, 'nothing after the end');
  let heardLength = 0;
  for (const output of outputs) {
    if (output.type === 'failed') {
      assert.match(output.error.code, /^dialect\//);
      assert.equal('dialect' in output.error ? output.error.dialect : '', dialect);
      assert.ok(JSON.stringify(output.error).length < 200, 'an error quotes nothing');
    }
    if (output.type === 'heard' && output.utterance.type === 'text')
      heardLength += output.utterance.text.length;
  }
  assert.ok(heardLength <= bytes.length, 'nothing is heard that was not sent');
}

function suite<Message>(dialect: LegacyDialect<Message>): void {
  const corpus = readCaptures(dialect.name).flatMap(({ steps }) => steps.map(({ bytes }) => bytes));

  describe(dialect.name, () => {
    test('10,000 malformed inputs end in values, one failure each at most', () => {
      let failed = 0;
      for (let seed = 1; seed <= 10_000; seed += 1) {
        const draw = seeded(seed);
        const bytes = pick(grammars, draw)(corpus, draw);
        try {
          const outputs = feed(dialect, bytes, draw);
          check(dialect.name, bytes, outputs);
          if (outputs.some(({ type }) => type === 'failed')) failed += 1;
          dialect.decode(bytes).map((message) => dialect.encode(message));
        } catch (error) {
          throw new Error(`seed ${seed}: ${Buffer.from(bytes).toString('hex')}`, { cause: error });
        }
      }
      assert.ok(failed > 500, `${failed} failures: the inputs are malformed enough`);
    });

    test('a long input takes no longer than its length allows', () => {
      for (const [at, bytes] of heavy.entries()) {
        const before = performance.now();
        check(dialect.name, bytes, feed(dialect, bytes, seeded(at)));
        dialect.decode(bytes);
        const took = performance.now() - before;
        assert.ok(took < 250, `input ${at}: ${took} ms`);
      }
    });
  });
}

suite(cmp2204);
suite(chatbuddy);
suite(synergy);
suite(cse310);
suite(netech);
