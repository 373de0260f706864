import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { chatbuddy } from '../../src/dialects/chatbuddy.js';
import { cmp2204 } from '../../src/dialects/cmp2204.js';
import { cse310 } from '../../src/dialects/cse310.js';
import type { LegacyDialect, TalkDialect, TalkOutput } from '../../src/dialects/dialect.js';
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

interface Kind {
  /** What this input is to a dialect of JSON, or to any: always malformed. Otherwise it may mean something. */
  readonly fails: 'always' | 'json' | 'may';
  make(corpus: readonly Uint8Array[], draw: Draw): Uint8Array;
}

const kinds: Readonly<Record<string, Kind>> = {
  random: { fails: 'may', make: (_corpus, draw) => Uint8Array.from({ length: draw(200) }, () => draw(256)) },
  changed: {
    fails: 'may',
    make(corpus, draw) {
      const bytes = Uint8Array.from(any(corpus, draw));
      for (let count = 1 + draw(4); count > 0; count -= 1) bytes[draw(bytes.length)] = draw(256);
      return bytes;
    },
  },
  cut: {
    fails: 'json',
    make(corpus, draw) {
      const bytes = Buffer.from(any(corpus, draw));
      // An object from its brace to before the last one: it never ends.
      const start = Math.max(0, bytes.indexOf('{'));
      const end = bytes.includes('}') ? bytes.lastIndexOf('}') : bytes.length;
      return bytes.subarray(start, start + 1 + draw(end - start - 1));
    },
  },
  glued: {
    fails: 'may',
    make(corpus, draw) {
      const part = (): Uint8Array => {
        const bytes = any(corpus, draw);
        return bytes.subarray(draw(bytes.length), draw(bytes.length + 1));
      };
      return Buffer.concat([part(), part(), part()]);
    },
  },
  deep: {
    fails: 'json',
    make(_corpus, draw) {
      const depth = legacy.jsonDepthMax + draw(500);
      const [opened, closed] = pick([['[', ']'] as const, ['{"a":', '}'] as const], draw);
      const ends = draw(2) === 0 ? '' : `${closed.repeat(depth)}}`;
      return bytesOf(`{"${pick(textKeys, draw)}": ${opened.repeat(depth)}0${ends}`);
    },
  },
  'wrong types': {
    fails: 'json',
    make: (_corpus, draw) =>
      bytesOf(`{${textKeys.map((key) => `"${key}": ${pick(noTexts, draw)}`).join(', ')}}`),
  },
  'huge numbers': {
    fails: 'json',
    make: (_corpus, draw) =>
      bytesOf(`{"${pick(textKeys, draw)}": ${pick(['1e999', '-1e400', '9'.repeat(400)], draw)}}`),
  },
  'no UTF-8': {
    fails: 'always',
    make(corpus, draw) {
      const bytes = any(corpus, draw);
      const at = 1 + draw(Math.max(1, bytes.length - 2));
      const broken = pick([[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0x80], [0xf5, 0x80, 0x80, 0x80]], draw);
      return Buffer.concat([bytes.subarray(0, at), Uint8Array.from(broken), bytes.subarray(at)]);
    },
  },
  prototype: {
    fails: 'json',
    make: (_corpus, draw) =>
      bytesOf(
        `{"${pick(['__proto__', 'constructor', 'prototype', '\\u005f_proto__'], draw)}": ` +
          `{${textKeys.map((key) => `"${key}": "x"`).join(', ')}, "polluted": ${pick(values, draw)}}}`,
      ),
  },
  members: {
    fails: 'may',
    make: (_corpus, draw) =>
      bytesOf(
        `{${Array.from({ length: 1 + draw(5) }, () => `"${pick(keys, draw)}": ${pick(values, draw)}`).join(', ')}}`,
      ),
  },
  words: {
    fails: 'may',
    make: (_corpus, draw) => bytesOf(Array.from({ length: draw(8) }, () => pick(words, draw)).join('')),
  },
};

const any = (corpus: readonly Uint8Array[], draw: Draw): Uint8Array =>
  corpus[draw(corpus.length)] ?? new Uint8Array();

/** Where a dialect of JSON looks for what is said, and what says nothing there. */
const textKeys = ['unencrypted message', 'encrypted message', 'key', 'content'] as const;
const noTexts = ['null', 'true', 'false', '[]', '{}', '["hi"]', '{"text": "hi"}', '[[1]]'] as const;

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

const collectGarbage: unknown = (() => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
})();

/** What the collector leaves, buffers included. */
function retainedBytes(): number {
  assert.ok(typeof collectGarbage === 'function');
  for (let round = 0; round < 3; round += 1) collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const prototypeBefore = JSON.stringify(Object.getOwnPropertyNames(Object.prototype));
after(() => {
  assert.equal(JSON.stringify(Object.getOwnPropertyNames(Object.prototype)), prototypeBefore);
  assert.equal(Reflect.get({}, 'polluted'), undefined);
});

function feed(dialect: TalkDialect, bytes: Uint8Array, draw: Draw): readonly TalkOutput[] {
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

/** As one read, which nothing within it can end early. */
function feedWhole(dialect: TalkDialect, bytes: Uint8Array): readonly TalkOutput[] {
  const talk = dialect.openTalk('accept', plainOptions);
  return [...talk.receive({ type: 'bytes', bytes }, 1), ...talk.receive({ type: 'closed' }, 1)];
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
      if (output.error.code === 'dialect/malformed') assert.notEqual(output.error.detail, '');
    }
    if (output.type === 'heard' && output.utterance.type === 'text')
      heardLength += output.utterance.text.length;
  }
  assert.ok(heardLength <= bytes.length, 'nothing is heard that was not sent');
}

/** cmp2204 speaks JSON alone; in synergy an opening brace says so. */
const isJson = (dialect: TalkDialect, bytes: Uint8Array): boolean =>
  dialect.name === 'cmp2204' || (dialect.name === 'synergy' && bytes[0] === 0x7b);

function suite<Message>(dialect: LegacyDialect<Message>): void {
  const corpus = readCaptures(dialect.name).flatMap(({ steps }) => steps.map(({ bytes }) => bytes));

  describe(dialect.name, () => {
    test('10,000 malformed inputs of every kind end in values, one failure each at most', () => {
      const names = Object.keys(kinds);
      const made = new Map<string, number>(names.map((name) => [name, 0]));
      let failed = 0;
      for (let seed = 1; seed <= 10_000; seed += 1) {
        const draw = seeded(seed);
        const name = names[seed % names.length] ?? '';
        const kind = kinds[name];
        assert.ok(kind);
        const bytes = kind.make(corpus, draw);
        try {
          const outputs = feed(dialect, bytes, draw);
          check(dialect.name, bytes, outputs);
          dialect.decode(bytes).map((message) => dialect.encode(message));
          const whole = feedWhole(dialect, bytes);
          check(dialect.name, bytes, whole);
          const mustFail = kind.fails === 'always' || (kind.fails === 'json' && isJson(dialect, bytes));
          if (mustFail) assert.equal(whole.filter(({ type }) => type === 'failed').length, 1, 'it must fail');
          if ([...outputs, ...whole].some(({ type }) => type === 'failed')) failed += 1;
        } catch (error) {
          throw new Error(`${name}, seed ${seed}: ${Buffer.from(bytes).toString('hex')}`, { cause: error });
        }
        made.set(name, (made.get(name) ?? 0) + 1);
      }
      for (const [name, count] of made) assert.ok(count > 900, `${name}: ${count}`);
      assert.ok(failed > 1_000, `${failed} failures: the inputs are malformed enough`);
    });

    if (dialect.name === 'chatbuddy' || dialect.name === 'cse310' || dialect.name === 'netech')
      test('JSON where none is spoken is a text, whole', () => {
        for (const name of ['deep', 'wrong types', 'huge numbers', 'prototype']) {
          const bytes = kinds[name]?.make(corpus, seeded(1)) ?? new Uint8Array();
          const [only, ...more] = feedWhole(dialect, bytes);
          assert.deepEqual(more, []);
          assert.ok(only?.type === 'heard' && only.utterance.type === 'text');
          // `"key": ` reads as a nick.
          const nick: string = dialect.name === 'cse310' ? `${only.speaker.name}: ` : '';
          assert.equal(nick + only.utterance.text, Buffer.from(bytes).toString());
        }
      });

    test('what is held of endless input is bounded, in one message and in many', () => {
      const chunks = ['{"content": "', 'LISTENING_PORT:', '10.0.0.7:8080 ann ', 'x', '{"a": ', 'Ann: x'].map(
        (begin) => [bytesOf(begin), bytesOf('y'.repeat(legacy.frameBytesMax))],
      );
      const before = retainedBytes();
      const talks = chunks.flatMap(([begin, endless]) =>
        Array.from({ length: 5 }, () => {
          const talk = dialect.openTalk('accept', plainOptions);
          talk.receive({ type: 'bytes', bytes: begin ?? new Uint8Array() }, 1);
          for (let count = 0; count < 20; count += 1)
            talk.receive({ type: 'bytes', bytes: endless ?? new Uint8Array() }, 1);
          return talk;
        }),
      );
      const perTalk = (retainedBytes() - before) / talks.length;
      assert.ok(perTalk <= 5 * legacy.frameBytesMax, `${perTalk} bytes are held by a talk`);
      for (const talk of talks) talk.receive({ type: 'closed' }, 1);
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
