/** Input that no older program would send: by kind, drawn from a seed, so that what failed once can be made again. */
import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { foreignFrames } from '../../src/dialects/limits.js';
import type { Dice } from './seeds.js';

export const pick = <T>(items: readonly [T, ...T[]], draw: Dice): T => items[draw(items.length)] ?? items[0];
export const bytesOf = (source: string): Uint8Array => Buffer.from(source, 'utf8');

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

export interface Kind {
  /** `always`: malformed for every dialect. `json`: for those of JSON. `may`: some dialects read it. */
  readonly fails: 'always' | 'json' | 'may';
  make(corpus: readonly Uint8Array[], draw: Dice): Uint8Array;
}

export const kinds: Readonly<Record<string, Kind>> = {
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
      const depth = foreignFrames.jsonDepthMax + draw(500);
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

const any = (corpus: readonly Uint8Array[], draw: Dice): Uint8Array =>
  corpus[draw(corpus.length)] ?? new Uint8Array();

/** Where a dialect of JSON looks for what is said, and what says nothing there. */
const textKeys = ['unencrypted message', 'encrypted message', 'key', 'content'] as const;
const noTexts = ['null', 'true', 'false', '[]', '{}', '["hi"]', '{"text": "hi"}', '[[1]]'] as const;

/** Few, since each is long. */
export const heavy: readonly Uint8Array[] = [
  bytesOf('['.repeat(200_000)),
  bytesOf('{"content": '.repeat(20_000)),
  bytesOf(`{"content": ${'['.repeat(60)}${']'.repeat(60)}}`),
  bytesOf(`{${Array.from({ length: 3_000 }, (_, at) => `"k${at}":1`).join(',')}}`),
  bytesOf(`{"unencrypted message": "${'x'.repeat(foreignFrames.frameBytesMax)}"}`),
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

/** Memory of this thread after a collection, buffers included. */
export function retainedBytes(): number {
  assert.ok(typeof collectGarbage === 'function');
  for (let round = 0; round < 3; round += 1) collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
