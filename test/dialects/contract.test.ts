import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { MessageId } from '../../src/ids.js';
import type {
  AnyForeignDialect,
  ForeignOptions,
  ForeignOutput,
  ForeignRole,
  Utterance,
} from '../../src/dialects/dialect.js';
import { foreignDialects } from '../../src/dialects/sniff.js';
import { foreignFrames } from '../../src/dialects/limits.js';
import { plainOptions } from '../support/captures.js';
import { holds } from '../support/seeds.js';

/** Each dialect in each way its options let it speak. */
const ways: readonly {
  readonly title: string;
  readonly dialect: AnyForeignDialect;
  readonly options: ForeignOptions;
}[] = [
  { title: 'cmp2204', dialect: foreignDialects.cmp2204, options: plainOptions },
  { title: 'cmp2204, secure', dialect: foreignDialects.cmp2204, options: { ...plainOptions, secure: true } },
  {
    title: 'cmp2204, secure, in the spelling of imitations',
    dialect: foreignDialects.cmp2204,
    options: { ...plainOptions, secure: true, form: 'joined/bare' },
  },
  { title: 'chatbuddy', dialect: foreignDialects.chatbuddy, options: plainOptions },
  { title: 'synergy', dialect: foreignDialects.synergy, options: plainOptions },
  {
    title: 'synergy, older form',
    dialect: foreignDialects.synergy,
    options: { ...plainOptions, form: 'course' },
  },
  { title: 'cse310', dialect: foreignDialects.cse310, options: plainOptions },
  { title: 'netech', dialect: foreignDialects.netech, options: plainOptions },
];

const text = (words: string): Utterance => ({ type: 'text', id: null, sentAtMs: 1, text: words });

/** Two machines joined by a wire that cuts what is written; runs until nothing more is written. */
function join(
  { dialect, options }: (typeof ways)[number],
  say: readonly Utterance[],
  cut: (bytes: Uint8Array) => readonly Uint8Array[],
): { readonly heard: readonly ForeignOutput[]; readonly said: readonly ForeignOutput[] } {
  const machines = {
    dial: dialect.openMachine('dial', options),
    accept: dialect.openMachine('accept', plainOptions),
  };
  const log: Record<ForeignRole, ForeignOutput[]> = { dial: [], accept: [] };
  const hand = (from: ForeignRole, outputs: readonly ForeignOutput[]): void => {
    const to = from === 'dial' ? 'accept' : 'dial';
    log[from].push(...outputs);
    for (const output of outputs) {
      if (output.type !== 'write') continue;
      for (const bytes of cut(output.bytes)) hand(to, machines[to].receive({ type: 'bytes', bytes }, 1));
      hand(to, machines[to].receive({ type: 'idle' }, 1));
    }
  };
  for (const utterance of say) hand('dial', machines.dial.say(utterance)._unsafeUnwrap());
  hand('accept', machines.accept.receive({ type: 'closed' }, 1));
  return { heard: log.accept, said: log.dial };
}

const textsOf = (outputs: readonly ForeignOutput[]): readonly string[] =>
  outputs.flatMap((output) =>
    output.type === 'heard' && output.utterance.type === 'text' ? [output.utterance.text] : [],
  );

/** Says `words` as the node does: one machine for all, or one for each piece. */
function carry(
  way: (typeof ways)[number],
  words: string,
  cut: (bytes: Uint8Array) => readonly Uint8Array[],
): readonly string[] {
  if (way.dialect.can.connection === 'conversation') return textsOf(join(way, [text(words)], cut).heard);
  const pieces = way.dialect.pieces(words, way.options)._unsafeUnwrap();
  return pieces.flatMap((piece) => textsOf(join(way, [text(piece)], cut).heard));
}

const whole = (bytes: Uint8Array): readonly Uint8Array[] => [bytes];
const letters = ['a', ' ', '"', '\\', '|', ':', 'é', '世', '👋', '\u0301', '{', '\n', '\u0007', "'"];
const longText = (length: number): string =>
  Array.from({ length }, (_, at) => letters[(at * 7 + Math.floor(at / 13)) % letters.length]).join('') + '.';

for (const way of ways) {
  describe(way.title, () => {
    test('a long text arrives whole, in writes that the real program reads at once', () => {
      const words = longText(9_000);
      const pieces = way.dialect.pieces(words, way.options)._unsafeUnwrap();
      assert.equal(pieces.join(''), words);
      assert.ok(pieces.length > 9 && pieces.length < 80, `${pieces.length} pieces`);
      for (const piece of pieces) {
        const { said } = join(way, [text(piece)], whole);
        for (const output of said) {
          if (output.type !== 'write') continue;
          assert.ok(output.bytes.length <= foreignFrames.writeBytesMax);
          new TextDecoder('utf-8', { fatal: true }).decode(output.bytes);
        }
      }
      // Programs that read typed lines drop a line end at the end of a piece.
      assert.equal(carry(way, words, whole).join('').replaceAll('\n', ''), words.replaceAll('\n', ''));
    });

    test('any text arrives as it was said, however the network cuts it', (t) => {
      holds(
        t,
        fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), fc.nat(), (words, at) => {
          fc.pre(way.dialect.pieces(words, way.options).isOk());
          const cut = (bytes: Uint8Array): readonly Uint8Array[] => {
            const where = at % bytes.length;
            return [bytes.slice(0, where), bytes.slice(where)].filter(({ length }) => length > 0);
          };
          assert.equal(
            carry(way, words, cut).join(''),
            words.replace(/\r?\n$/, way.title.startsWith('cmp2204') || way.title === 'synergy' ? '$&' : ''),
          );
        }),
        { numRuns: 300 },
      );
    });

    test('a text is reported as sent once, with its encryption', () => {
      const { said } = join(way, [text('hi')], whole);
      const sent = said.filter((output) => output.type === 'sent');
      assert.deepEqual(sent, [
        { type: 'sent', utterance: text('hi'), encryption: way.options.secure ? 'toy-dh-3des' : 'none' },
      ]);
      const ends = said.some(({ type }) => type === 'close');
      assert.equal(ends, way.dialect.can.connection === 'message');
    });

    test('a text that the dialect cannot carry is refused with a reason, and the connection goes on', () => {
      const id = '0190b0a0-0000-7000-8000-000000000000' as MessageId;
      const machine = way.dialect.openMachine('dial', way.options);
      for (const utterance of [text(''), { type: 'receipt', ids: [id] }] as const) {
        const refused = machine.say(utterance)._unsafeUnwrapErr();
        assert.equal(refused.code, 'dialect/unsupported');
        assert.equal(refused.dialect, way.dialect.name);
      }
      assert.ok(machine.say(text('hi')).isOk());
    });

    test('a text longer than one message is refused where a connection carries one message', () => {
      const said = way.dialect.openMachine('dial', way.options).say(text(longText(2_000)));
      if (way.dialect.can.connection === 'conversation') assert.ok(said.isOk());
      else assert.equal(said._unsafeUnwrapErr().code, 'dialect/too-long');
    });

    test('after leaving nothing is said or heard', () => {
      const machine = way.dialect.openMachine('dial', way.options);
      const outputs = machine.say({ type: 'leave', words: null })._unsafeUnwrap();
      assert.equal(outputs.at(-1)?.type, 'close');
      assert.ok(machine.say(text('hi')).isErr());
      assert.deepEqual(machine.receive({ type: 'bytes', bytes: Buffer.from('{"key": 1}') }, 1), []);
      assert.deepEqual(machine.receive({ type: 'closed' }, 1), []);
    });
  });
}

// Case O4
test('a text that is a command over there goes as one piece, and no cut makes one', () => {
  const { chatbuddy, synergy, netech } = foreignDialects;
  for (const [dialect, words] of [
    [chatbuddy, 'EOM'],
    [synergy, 'Exit'],
    [synergy, ' connect '],
    [netech, 'EXIT'],
    [netech, 'Connection Message'],
  ] as const) {
    assert.deepEqual(dialect.pieces(words, plainOptions)._unsafeUnwrap(), [words]);
    assert.notEqual(dialect.means(words), 'text');
    for (let filler = 900; filler <= foreignFrames.writeBytesMax; filler += 1) {
      const said = 'x'.repeat(filler) + words;
      const pieces = dialect.pieces(said, plainOptions)._unsafeUnwrap();
      assert.equal(pieces.join(''), said);
      for (const piece of pieces) assert.equal(dialect.means(piece), 'text', piece);
    }
  }
});

test('a new nickname is sent, and used from then on', () => {
  const way = ways.find(({ title }) => title === 'cse310');
  assert.ok(way);
  const { heard } = join(way, [text('a'), { type: 'profile', name: 'Zoë', instance: '' }, text('b')], whole);
  const names = heard.map((output) => (output.type === 'heard' ? output.speaker.name : null));
  assert.deepEqual(names, ['ann', 'Zoë', 'Zoë']);
});

test('silence within the head of a message does not end it', () => {
  const { netech, synergy } = foreignDialects;
  for (const [dialect, head] of [
    [netech, 'LISTENING_PORT:7070|TEAM_NAME:ann|'],
    [synergy, '10.0.0.7:7070 ann '],
  ] as const) {
    for (let at = 1; at <= head.length; at += 1) {
      const machine = dialect.openMachine('accept', plainOptions);
      const words = Buffer.from(`${head}hi`);
      const outputs = [
        ...machine.receive({ type: 'bytes', bytes: words.subarray(0, at) }, 1),
        // With the head alone a message could be over: an empty one.
        ...(at < head.length ? machine.receive({ type: 'idle' }, 1) : []),
        ...machine.receive({ type: 'bytes', bytes: words.subarray(at) }, 1),
        ...machine.receive({ type: 'closed' }, 1),
      ];
      assert.deepEqual(textsOf(outputs), ['hi'], `${dialect.name} at ${at}`);
      assert.ok(outputs.every(({ type }) => type !== 'failed'));
    }
  }
});

test('later texts on a netech connection come from its first sender', () => {
  const machine = foreignDialects.netech.openMachine('accept', plainOptions);
  machine.receive({ type: 'bytes', bytes: Buffer.from('LISTENING_PORT:7070|TEAM_NAME:blue|one') }, 1);
  machine.receive({ type: 'idle' }, 1);
  machine.receive({ type: 'bytes', bytes: Buffer.from('two') }, 1);
  const [output] = machine.receive({ type: 'closed' }, 1);
  assert.equal(output?.type, 'heard');
  assert.deepEqual(output.speaker, { name: 'blue', listeningPort: 7_070, form: null });
});
