/** No bytes, names, texts and options make a machine throw, or write what the real programs cannot read at once. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { MessageId } from '../../src/ids.js';
import type {
  AnyForeignDialect,
  ForeignInput,
  ForeignOptions,
  ForeignOutput,
  Utterance,
} from '../../src/dialects/dialect.js';
import { foreignDialects } from '../../src/dialects/sniff.js';
import { foreignFrames, text as textLimits } from '../../src/dialects/limits.js';
import { readCaptures } from '../support/captures.js';
import { holds } from '../support/seeds.js';
import { codePoint } from '../support/code-points.js';

const dialects = Object.values(foreignDialects);

/** Controls, lone surrogates, code points of four bytes, white space and the dialects' own words. */
const unit = fc.oneof(
  fc.constantFrom(
    'a',
    ' ',
    '\n',
    '\r\n',
    '\0',
    '\u001b',
    '\u0085',
    '\u2028',
    '\u202e',
    '\ud800',
    '\udc00',
    '👋',
    '世',
  ),
  fc.constantFrom(
    '"',
    '\\',
    '|',
    ': ',
    '{',
    '}',
    '/',
    '.',
    'EOM',
    'exit',
    'connect',
    '/disconnect',
    'TEAM_NAME:',
  ),
  fc.constantFrom(
    ' changed their nickname to ',
    ' disconnected from the chat.',
    'LISTENING_PORT:',
    'connection message',
  ),
);
const words = fc.oneof(
  fc.string({ unit, maxLength: 40 }),
  fc.string({ unit: codePoint, maxLength: 40 }),
  fc.constantFrom(
    '',
    ' ',
    'EOM',
    ' Exit ',
    'CONNECT',
    '👋'.repeat(300),
    '\ud800'.repeat(400),
    '\0'.repeat(600),
  ),
);
const longTexts: readonly string[] = [
  '👋',
  'a',
  '"',
  '\0',
  '\ud800',
  '世',
  'exit',
  ' ',
  '\n',
  '/disconnect',
].flatMap((piece) => {
  const long = piece.repeat(Math.floor(textLimits.messageBytesMax / Buffer.byteLength(piece)));
  return [long, `x${long.slice(piece.length)}`];
});

const id = '0190b0a0-0000-7000-8000-000000000000' as MessageId;
const utterance: fc.Arbitrary<Utterance> = fc.oneof(
  words.map((text): Utterance => ({ type: 'text', id: null, sentAtMs: 1, text })),
  words.map((name): Utterance => ({ type: 'profile', name, instance: '' })),
  fc.option(words).map((said): Utterance => ({ type: 'leave', words: said })),
  fc.constantFrom<Utterance>(
    { type: 'connect' },
    { type: 'receipt', ids: [id] },
    { type: 'receipt', ids: [] },
  ),
);

const options: fc.Arbitrary<ForeignOptions> = fc.record({
  name: words,
  address: fc.ipV4(),
  listeningPort: fc.integer({ min: 0, max: 65_535 }),
  random: fc.nat(255).map((seed) => (bytes: number) => new Uint8Array(bytes).fill(seed)),
  form: fc.constantFrom(
    null,
    'json',
    'course',
    'manual',
    'blank/repr',
    'underscore/string',
    'joined/bare',
    '',
    '\0/',
  ),
  secure: fc.boolean(),
  privateNumber: fc.option(fc.bigInt()),
  group: fc.constantFrom(
    null,
    { prime: 23n, generator: 5n },
    { prime: 999_999_999_999_999_999n, generator: 2n },
  ),
});

const bytesOf = (dialect: AnyForeignDialect): fc.Arbitrary<Uint8Array> => {
  const captured = readCaptures(dialect.name).flatMap(({ steps }) => steps.map(({ bytes }) => bytes));
  return fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    words.map((text) => Buffer.from(text)),
    fc.constantFrom(...captured),
    fc.tuple(fc.constantFrom(...captured), fc.nat(), fc.nat(255)).map(([bytes, at, byte]) => {
      const changed = Uint8Array.from(bytes);
      changed[at % changed.length] = byte;
      return changed;
    }),
  );
};

const inputOf = (dialect: AnyForeignDialect): fc.Arbitrary<ForeignInput> =>
  fc.oneof(
    { weight: 6, arbitrary: bytesOf(dialect).map((bytes): ForeignInput => ({ type: 'bytes', bytes })) },
    { weight: 2, arbitrary: fc.constant<ForeignInput>({ type: 'idle' }) },
    { weight: 1, arbitrary: fc.constant<ForeignInput>({ type: 'closed' }) },
  );

/** The text that one `recv` of the other side takes, in UTF-8. */
function checkWrites(outputs: readonly ForeignOutput[]): void {
  for (const output of outputs) {
    if (output.type !== 'write') continue;
    assert.ok(
      output.bytes.length > 0 && output.bytes.length <= foreignFrames.writeBytesMax,
      `${output.bytes.length} bytes`,
    );
    new TextDecoder('utf-8', { fatal: true }).decode(output.bytes);
  }
}

/** Says all of `text` as the caller of a dialect does. */
function checkText(dialect: AnyForeignDialect, text: string, own: ForeignOptions): void {
  const pieces = dialect.pieces(text, own);
  if (pieces.isErr()) {
    assert.equal(pieces.error.code, 'dialect/unsupported');
    return;
  }
  assert.equal(pieces.value.join(''), text);
  const connections = dialect.can.connection === 'message' ? pieces.value : [text];
  for (const piece of connections) {
    assert.notEqual(piece, '');
    const machine = dialect.openMachine('dial', own);
    const said = machine.say({ type: 'text', id: null, sentAtMs: 1, text: piece });
    assert.ok(said.isOk(), said.isErr() ? JSON.stringify(said.error) : '');
    checkWrites(said.value);
  }
}

for (const dialect of dialects) {
  describe(dialect.name, () => {
    test('nothing that comes in or is said throws, and nothing comes after the end', (t) => {
      const step = fc.oneof(
        inputOf(dialect).map((input) => ({ type: 'receive', input }) as const),
        utterance.map((said) => ({ type: 'say', said }) as const),
      );
      const role = fc.constantFrom('dial' as const, 'accept' as const);
      holds(
        t,
        fc.property(role, options, fc.array(step, { maxLength: 12 }), (opener, own, steps) => {
          const machine = dialect.openMachine(opener, own);
          const outputs = steps.flatMap((one) =>
            one.type === 'receive' ? machine.receive(one.input, 1) : machine.say(one.said).unwrapOr([]),
          );
          checkWrites(outputs);
          const ends = outputs.flatMap(({ type }, at) => (type === 'close' || type === 'failed' ? [at] : []));
          assert.ok(ends.length <= 1 && (ends[0] ?? outputs.length - 1) === outputs.length - 1);
        }),
        { numRuns: 1_000 },
      );
    });

    test('any text is cut into writes or refused, whatever our name is', (t) => {
      holds(
        t,
        fc.property(words, options, (text, own) => {
          checkText(dialect, text, own);
        }),
        { numRuns: 400 },
      );
    });

    test('a text of 64 KiB is cut at code points, whatever our name is', () => {
      const names = ['', 'ann', '👋'.repeat(64), '\0'.repeat(256), '"'.repeat(256), '\ud800'.repeat(85)];
      for (const [at, name] of names.entries()) {
        for (const text of longTexts)
          checkText(dialect, text, {
            ...plain,
            name,
            secure: at % 2 === 1,
            form: at % 3 === 2 ? 'course' : null,
          });
      }
    });
  });
}

const plain: ForeignOptions = {
  name: 'ann',
  address: '255.255.255.255',
  listeningPort: 65_535,
  random: (bytes) => new Uint8Array(bytes).fill(41),
  form: null,
  secure: false,
  privateNumber: null,
  group: null,
};
