/** The input line of the prompt: keys, bursts, pastes, editing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BurstReader } from '../../../src/ui/cli/prompt/editor/bursts.js';
import { Editor, type EditorEffect } from '../../../src/ui/cli/prompt/editor/editor.js';
import type { Key } from '../../../src/ui/cli/prompt/editor/keys.js';
import { holds } from '../../support/seeds.js';

/** A line that is typed in bursts: each text arrives at once, with a pause behind it. */
function line(history: readonly string[] = [], words: readonly string[] = []) {
  const reader = new BurstReader();
  const editor = new Editor((typed) => {
    const word = /\S*$/.exec(typed)?.[0] ?? '';
    return [words.filter((each) => each.startsWith(word)), word];
  }, history);
  const effects: EditorEffect[] = [];
  const press = (keys: readonly Key[]): void => {
    for (const key of keys) effects.push(...editor.press(key));
  };
  return {
    editor,
    effects,
    type: (...bursts: readonly string[]): void => {
      for (const burst of bursts) {
        press(reader.feed(burst));
        while (reader.waitMs !== null) press(reader.pause());
      }
    },
    /** Arrives in pieces without a pause between them. */
    rush: (...pieces: readonly string[]): void => {
      for (const piece of pieces) press(reader.feed(piece));
      while (reader.waitMs !== null) press(reader.pause());
    },
    submitted: () => effects.flatMap((effect) => (effect.type === 'submit' ? [effect.line] : [])),
    text: () => editor.view().text,
    question: () => editor.view().question,
  };
}

const marked = (text: string): string => `\x1b[200~${text}\x1b[201~`;

// Case P2
test('a marked paste of commands runs none of them and becomes one message', () => {
  const { type, submitted, question } = line();
  type(marked('one\r/verify yes\r/nickname X\r'));
  assert.equal(question(), 'paste 3 lines as one message? [Y/n/edit] ');
  assert.deepEqual(submitted(), []);
  type('\r');
  assert.deepEqual(submitted(), [{ text: 'one\n/verify yes\n/nickname X', isText: true }]);
  assert.equal(question(), null);
});

// Case P2
test('a paste of one line is text, also when it begins like a command', () => {
  const { type, submitted, text } = line();
  type(marked('/nickname X\n'));
  assert.equal(text(), '//nickname X');
  assert.deepEqual(submitted(), []);
  type('\x15/verify ');
  type(marked('12345 67890'));
  assert.equal(text(), '/verify 12345 67890', 'a typed command takes a pasted argument');
});

// Case P2
test('the question about a paste takes y, n, edit, Enter and Escape', () => {
  for (const answer of ['y', 'Y', 'yes\r', '\r', 'y\r']) {
    const { type, submitted, text } = line();
    type('see ', marked('a\nb'), answer);
    assert.deepEqual(submitted(), [{ text: 'see a\nb', isText: true }], answer);
    assert.equal(text(), '');
  }
  for (const answer of ['n', 'no\r', 'N\r', '\x1b', '\x03']) {
    const { type, submitted, text } = line();
    type('see ', marked('a\nb'), answer);
    assert.deepEqual([submitted(), text()], [[], 'see '], JSON.stringify(answer));
  }
  for (const answer of ['e', 'edit\r', 'e\r', 'Edit\r']) {
    const { type, submitted, text } = line();
    type('see ', marked('a\nb'), answer);
    assert.deepEqual([submitted(), text()], [[], 'see a\nb'], answer);
    type('!', '\r');
    assert.deepEqual(submitted(), [{ text: 'see a\nb!', isText: false }]);
  }
});

// Case P2
test('a paste into an empty line that is edited and recalled stays text', () => {
  const { type, submitted, text } = line();
  type(marked('/verify yes\nb'), 'e', 'x\r');
  assert.deepEqual(submitted(), [{ text: '//verify yes\nbx', isText: false }]);
  type(marked('/exit\n/exit'), '\r', '\x1b[A');
  assert.equal(text(), '//exit\n/exit');
});

// Case P2
test('a paste that arrives in pieces, or while the question stands, is one message', () => {
  const { rush, type, submitted, question } = line();
  rush('\x1b[20', '0~one\rtw', 'o\r\x1b[2', '01~');
  type(marked('three'));
  assert.equal(question(), 'paste 3 lines as one message? [Y/n/edit] ');
  type('y');
  assert.deepEqual(submitted(), [{ text: 'one\ntwo\nthree', isText: true }]);
});

// Case P2, case P23
test('two complete lines in one burst are a paste, also without marks', () => {
  for (const pieces of [['one\r/exit\r'], ['one\n/exit\n'], ['one\r\n/exit\r\n'], ['o', 'ne\r/e', 'xit\r']]) {
    const { rush, submitted, question } = line();
    rush(...pieces);
    assert.deepEqual(submitted(), [], JSON.stringify(pieces));
    assert.match(question() ?? '', /^paste [12] lines|^$/, JSON.stringify(pieces));
  }
});

// Case P23
test('a burst of one line is keys: Tab completes and Enter sends', () => {
  const { type, submitted, text } = line([], ['/chat ', 'dave', 'dora']);
  type('/cha\tdav\t\r');
  assert.deepEqual(submitted(), [{ text: '/chat dave', isText: false }]);
  type('hi\rho');
  assert.equal(text(), 'ho');
  type('\x15\r\r');
  assert.equal(submitted().length, 4, 'empty lines are no paste');
});

// Case P2
test('Alt-Enter, Shift-Enter where the terminal tells it, and Ctrl-J add a line', () => {
  for (const key of ['\x1b\r', '\n', '\x1b[13;2u', '\x1b[27;2;13~']) {
    const { type, submitted } = line();
    type('one', key, 'two', '\r');
    assert.deepEqual(submitted(), [{ text: 'one\ntwo', isText: false }], JSON.stringify(key));
  }
});

// Case P14
test('a line that was given back waits while another line or command is typed', () => {
  const { editor, type, submitted, text } = line();
  editor.giveBack('first');
  editor.giveBack('second');
  assert.equal(text(), 'first');
  type('/users', '\r');
  assert.deepEqual(submitted().at(-1), { text: '/users', isText: false });
  assert.equal(text(), 'first');
  type('!', '\r');
  assert.equal(submitted().at(-1)?.text, 'first!');
  assert.equal(text(), 'second');
  type('\x03');
  assert.equal(text(), '');
});

test('keys edit by grapheme, by word and by line, and take back', () => {
  const { type, text } = line();
  type('one two 👩‍👩‍👧');
  type('\x7f');
  assert.equal(text(), 'one two ');
  type('\x17');
  assert.equal(text(), 'one ');
  type('\x19', '\x1f');
  assert.equal(text(), 'one ');
  type('\x1b[D', '\x1b[3~', '\x01', '\x1b[C', '\x0b');
  assert.equal(text(), 'o');
  type('\x15', 'a', '\n', 'bcd', '\x1b[A', 'x', '\x1b[B', 'y');
  assert.equal(text(), 'ax\nbcyd');
});

test('the history is walked with the arrows and keeps the line that is being typed', () => {
  const { type, text } = line(['first', 'second']);
  type('new', '\x1b[A');
  assert.equal(text(), 'second');
  type('\x1b[A', '\x1b[A');
  assert.equal(text(), 'first');
  type('\x1b[B', '\x1b[B');
  assert.equal(text(), 'new');
});

test('the history forgets a text of a deleted message, and the commands that said it', () => {
  const { editor } = line(['/edit lunch', 'lunch', 'brunch', '/away', '']);
  editor.forget('lunch');
  editor.forget('');
  assert.deepEqual(editor.history(), ['brunch', '/away', '']);
});

test('whatever arrives in whatever pieces, no burst submits twice what was typed once', (t) => {
  const piece = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 8 }),
    fc.constantFrom('\r', '\x1b', '\x1b[A', '\x1b[200~', '\x1b[201~', '\t', '\x03', '/exit\r', '\x1b['),
  );
  holds(
    t,
    fc.property(fc.array(piece, { maxLength: 12 }), fc.boolean(), (pieces, isRushed) => {
      const it = line();
      if (isRushed) it.rush(...pieces);
      else it.type(...pieces);
      const enters = pieces.join('').split(/[\r\n]/).length - 1;
      const submits = it.submitted().length;
      assert.ok(submits <= enters, `${submits} of ${enters}`);
      const { text, cursor } = it.editor.view();
      assert.ok(cursor >= 0 && cursor <= text.length);
    }),
    { numRuns: 500 },
  );
});

test('Up on an empty line asks for the last own message, and recalls where there is none', () => {
  let hasOwn = false;
  const editor = new Editor(
    () => [[], ''],
    ['hello', '/users'],
    () => hasOwn,
  );
  const up = { type: 'press', name: 'up' } as const;
  assert.deepEqual(editor.press(up), []);
  assert.equal(editor.view().text, '/users');
  editor.press({ type: 'press', name: 'down' });
  hasOwn = true;
  assert.deepEqual(editor.press(up), [{ type: 'submit', line: { text: '/edit', isText: false } }]);
  editor.press({ type: 'text', text: '/edit hello' });
  assert.deepEqual(editor.press(up), [], 'a second Up recalls');
  assert.equal(editor.view().text, '/users');
  assert.deepEqual(editor.history(), ['hello', '/users']);
});
