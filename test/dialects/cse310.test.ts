import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { cse310 } from '../../src/dialects/cse310/codec.js';
import { format, partFrame, type Cse310Message } from '../../src/dialects/cse310/words.js';
import type { ForeignMachine, ForeignInput } from '../../src/dialects/dialect.js';
import { heardOf, plainOptions } from '../support/captures.js';
import { holds } from '../support/seeds.js';
import { ownCpuMs } from '../support/usable-time.js';
import { codePoint } from '../support/code-points.js';

const bytes = (words: string): ForeignInput => ({ type: 'bytes', bytes: Buffer.from(words) });

/** The words that a conversation takes from `inputs`, each as `NICK: TEXT`, `-> NICK` or `bye WORDS`. */
function heard(machine: ForeignMachine, ...inputs: readonly ForeignInput[]): readonly string[] {
  return inputs
    .flatMap((input) => machine.receive(input, 1))
    .flatMap((output) => {
      if (output.type === 'failed') return ['failed'];
      if (output.type !== 'heard') return [];
      const { utterance, speaker } = output;
      if (utterance.type === 'text') return [`${speaker.name ?? '?'}: ${utterance.text}`];
      if (utterance.type === 'profile') return [`-> ${utterance.name}`];
      return [utterance.type === 'leave' ? `bye ${utterance.words ?? ''}` : utterance.type];
    });
}

const open = (): ForeignMachine => cse310.openMachine('accept', plainOptions);
const inOnePiece = (words: string): readonly string[] => heard(open(), bytes(words), { type: 'idle' });
const farewell = '/disconnectAnn disconnected from the chat.';

describe('cse310, messages in one piece', () => {
  for (const [title, words, expected] of [
    ['two texts', 'Ann: hiAnn: there', ['Ann: hi', 'Ann: there']],
    ['two texts, the first an exclamation', 'Ann: hi!Ann: there', ['Ann: hi!', 'Ann: there']],
    ['texts with line ends', 'Ann: hi\r\nAnn: there\n', ['Ann: hi', 'Ann: there']],
    ['texts of a lower-case nick', 'ann: hiann: there', ['ann: hi', 'ann: there']],
    ['texts of a short nick', 'Al: hi!Al: thereAl: all', ['Al: hi!', 'Al: there', 'Al: all']],
    ['texts, where an empty one reads as quoted', 'Ann: hiAnn: Ann: there', ['Ann: hi', 'Ann: Ann: there']],
    ['a rename behind a text', 'Ann: oneAnn changed their nickname to Eve.', ['Ann: one', '-> Eve']],
    [
      'a rename between texts',
      'Ann: oneAnn changed their nickname to Eve.Eve: two',
      ['Ann: one', '-> Eve', 'Eve: two'],
    ],
    ['a text behind a rename', 'Client changed their nickname to Eve.Eve: two', ['-> Eve', 'Eve: two']],
    [
      'a rename with a line end',
      'Ann changed their nickname to Eve.\nEve: two\nEve: three',
      ['-> Eve', 'Eve: two', 'Eve: three'],
    ],
    [
      'renames in a row',
      'Client changed their nickname to Ann.Ann changed their nickname to Dr. J.R.Dr. J.R: hi',
      ['-> Ann', '-> Dr. J.R', 'Dr. J.R: hi'],
    ],
    ['a nick that ends with a full stop', 'Ann changed their nickname to J.R..', ['-> J.R.']],
    ['a farewell', `Ann: bye${farewell}`, ['Ann: bye', 'bye Ann disconnected from the chat.']],
    [
      'a farewell with line ends',
      `Ann: bye\n${farewell}\n`,
      ['Ann: bye', 'bye Ann disconnected from the chat.'],
    ],
    [
      'a farewell behind a rename',
      `Eve: one\nEve changed their nickname to Ann.${farewell}`,
      ['Eve: one', '-> Ann', 'bye Ann disconnected from the chat.'],
    ],
  ] as const)
    test(`${title}: each is heard`, () => {
      assert.deepEqual(inOnePiece(words), expected);
      assert.deepEqual(heard(open(), bytes(words), { type: 'closed' }), expected);
    });

  for (const [title, words] of [
    ['the own nick behind a blank', 'Ann: my sign is Ann: hello'],
    ['the own nick in quotation marks', 'Ann: say "Ann: hello" to all'],
    ['the own nick in brackets', 'Ann: (Ann: hello) <Ann: hello>'],
    ['the own nick at its beginning', 'Ann: Ann: hello'],
    ['the nick of somebody else', 'Ann: heardBob: hello'],
    ['the end of a word that is like a short nick', 'a: pizza: good'],
    ['the same in capitals', 'A: DNA: good'],
    ['a rename behind a blank', 'Ann: I hear Ann changed their nickname to Eve.'],
    ['a rename of somebody else', 'Ann: oneBob changed their nickname to Eve.'],
    ['a rename that goes on as a sentence', 'Ann: oneAnn changed their nickname to Eve. It was late'],
    ['the farewell of somebody else', 'Ann: so/disconnectBob disconnected from the chat.'],
    ['a farewell in quotation marks', `Ann: "${farewell}"`],
    ['a farewell that goes on', `Ann: ${farewell} So it says`],
  ] as const)
    test(`${title} stays in its text`, () => {
      assert.deepEqual(inOnePiece(words), [words]);
    });

  test('a sentence is never taken for a nick, and is shown', () => {
    for (const words of [
      'Ann changed their nickname to Eve.And so we went on.',
      'Ann changed their nickname to Eve.And so: we went on.',
      'Ann changed their nickname to a: b.',
      'Ann changed their nickname to .',
      `Ann changed their nickname to ${'e'.repeat(257)}.`,
    ]) {
      const machine = open();
      assert.deepEqual(heard(machine, bytes(words), { type: 'idle' }), [`?: ${words}`]);
      // The next message says how its speaker is called.
      assert.deepEqual(heard(machine, bytes('Eve: hi'), { type: 'idle' }), ['Eve: hi']);
    }
  });

  test('the rest of a text after a silence is not taken for a nick', () => {
    const machine = open();
    assert.deepEqual(heard(machine, bytes('Ann: a long'), { type: 'idle' }), ['Ann: a long']);
    assert.deepEqual(heard(machine, bytes(' storyAnn: next'), { type: 'idle' }), [
      'Ann:  story',
      'Ann: next',
    ]);
    assert.deepEqual(
      heard(machine, bytes('told: restAnn changed their nickname to Eve.'), { type: 'idle' }),
      ['told: restAnn changed their nickname to Eve.'],
    );
  });

  test('a farewell of another nick counts where the connection ends with it', () => {
    const words = 'Ann: so/disconnectBob disconnected from the chat.';
    assert.deepEqual(heard(open(), bytes(words), { type: 'closed' }), [
      'Ann: so',
      'bye Bob disconnected from the chat.',
    ]);
  });

  test('the talk ends with a glued farewell, also on silence', () => {
    const machine = open();
    machine.receive(bytes(`Ann: bye${farewell}`), 1);
    assert.equal(machine.receive({ type: 'idle' }, 1).at(-1)?.type, 'close');
    assert.deepEqual(machine.receive(bytes('Ann: hi'), 1), []);
  });

  test('any messages of people who type, glued, are heard as they were said', (t) => {
    const nick = fc.constantFrom('Ann', 'Zoë', 'bobby', 'Server', '小明', 'J. R. Smith');
    const text = fc.constantFrom('hi', 'see: this', 'what?', 'Grüße 👋', 'no.', '你好', '1', 'a\nb', '"so"');
    const step = fc.oneof(
      text.map((words) => ({ type: 'text', words }) as const),
      nick.map((to) => ({ type: 'renamed', to }) as const),
    );
    holds(
      t,
      fc.property(
        nick,
        fc.array(step, { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        (first, steps, leaves) => {
          let own = first;
          const said = steps.map((one): Cse310Message => {
            if (one.type === 'text') return { type: 'text', nick: own, text: one.words };
            const from = own;
            own = one.to;
            return { type: 'renamed', from, to: own };
          });
          if (leaves) said.push({ type: 'disconnect', words: `${own} disconnected from the chat.` });
          assert.deepEqual(partFrame(said.map(format).join(''), null, false), said);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('of any words whatsoever nothing is lost but nicks, and a line end', (t) => {
    const words = ['Ann', 'Eve', 'a', 'hi', ': ', '.', '\n', ' ', '"', '👋', '/disconnect'] as const;
    const piece = fc.constantFrom(...words, ' changed their nickname to ', ' disconnected from the chat.');
    holds(
      t,
      fc.property(fc.array(piece, { maxLength: 30 }), fc.boolean(), (pieces, isClosed) => {
        const frame = pieces.join('');
        const again = partFrame(frame, 'Ann', isClosed).map(format).join('');
        assert.equal(again.replaceAll('\n', ''), frame.replaceAll('\n', ''));
      }),
      { numRuns: 1_500 },
    );
  });

  test('a frame full of nicks is parted in time with its length', () => {
    for (const unit of [
      'Ann: a',
      'a: ',
      'Ann changed their nickname to Ann.',
      'Ann changed their nickname to ......',
      'AnnAnn changed their nickname to .a',
      'Annn',
      `Ann changed their nickname to ${'.'.repeat(256)}`,
    ]) {
      const words = unit.repeat(Math.floor(65_000 / unit.length));
      const before = ownCpuMs();
      for (const nick of [null, 'Ann', 'a', 'nA']) partFrame(words, nick, false);
      const took = ownCpuMs() - before;
      assert.ok(took < 1_000, `${unit}: ${took} ms`);
    }
  });
});

test('our own nick is one that the other side reads, whatever our name is', (t) => {
  holds(
    t,
    fc.property(
      fc.oneof(fc.string({ unit: codePoint }), fc.constantFrom('a:: b', '/: x', '/', ': ', 'x:')),
      (name) => {
        const machine = cse310.openMachine('dial', { ...plainOptions, name });
        const said = machine.say({ type: 'text', id: null, sentAtMs: 1, text: 'hi' })._unsafeUnwrap();
        const [write] = said.flatMap((output) => (output.type === 'write' ? [output.bytes] : []));
        const other = open();
        const outputs = [
          ...other.receive({ type: 'bytes', bytes: write ?? new Uint8Array() }, 1),
          ...other.receive({ type: 'idle' }, 1),
        ];
        const [first] = heardOf(outputs);
        assert.ok(typeof first === 'object' && first !== null && 'text' in first && 'name' in first);
        assert.equal(first.text, 'hi');
        assert.notEqual(first.name, null);
      },
    ),
    { numRuns: 1_000 },
  );
});
