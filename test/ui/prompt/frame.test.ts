/** The rows of the input line and the place of its cursor. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cellsOf, widthOf } from '../../../src/ui/cli/prompt/editor/cells.js';
import { frameOf } from '../../../src/ui/cli/prompt/editor/frame.js';
import { holds } from '../../support/seeds.js';

const frame = (text: string, cursor = text.length, columns = 20, prompt = '› ') =>
  frameOf({ prompt, text, cursor, columns, rowsMax: 23 });

// Case P22
test('the cursor stands behind the text before it, whatever width the terminal gives to it', () => {
  const family = '👩‍👩‍👧';
  assert.equal(frame(`a${family}b`, 1 + family.length).cursorPrefix, `› a${family}`);
  assert.equal(frame(`a${family}b`).cursorPrefix, `› a${family}b`);
  assert.ok(widthOf(family) >= 6, 'a terminal may show the parts side by side');
  assert.equal(frame('日本', 1).cursorPrefix, '› 日');
});

test('a text that fills its row has its cursor on the next row', () => {
  const { rows, cursorRow, cursorPrefix } = frame('x'.repeat(18));
  assert.deepEqual([rows, cursorRow, cursorPrefix], [[`› ${'x'.repeat(18)}`, ''], 1, '']);
  const within = frame('x'.repeat(30), 18);
  assert.deepEqual([within.cursorRow, within.cursorPrefix], [1, '']);
});

// Case P2
test('each line of a message has a row of its own', () => {
  const { rows, cursorRow, cursorPrefix } = frame('one\n\ntwo', 4);
  assert.deepEqual([rows, cursorRow, cursorPrefix], [['› one', '', 'two'], 1, '']);
});

test('no row is wider than the terminal, and no character is lost', (t) => {
  const text = fc.string({ unit: 'grapheme', maxLength: 200 });
  holds(
    t,
    fc.property(text, fc.integer({ min: 20, max: 90 }), fc.nat(), (typed, columns, at) => {
      const starts = [0];
      for (const { raw } of typed.split('\n').flatMap((each) => [...cellsOf(each), { raw: '\n' }]))
        starts.push((starts.at(-1) ?? 0) + raw.length);
      const cursor = Math.min(typed.length, starts[at % starts.length] ?? 0);
      const { rows, widths, cursorRow, cursorPrefix } = frameOf({
        prompt: '› ',
        text: typed,
        cursor,
        columns,
        rowsMax: 1_000,
      });
      assert.ok(widths.every((width) => width <= columns));
      assert.ok(rows[cursorRow]?.startsWith(cursorPrefix));
      const shown = typed.split('\n').flatMap((each) => cellsOf(each).map((cell) => cell.shown));
      assert.equal(rows.join(''), `› ${shown.join('')}`);
    }),
    { numRuns: 300 },
  );
});

test('a long message shows the rows around its cursor', () => {
  const text = Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n');
  const { rows, cursorRow } = frameOf({ prompt: '› ', text, cursor: 0, columns: 80, rowsMax: 10 });
  assert.deepEqual([rows.length, rows[0], cursorRow], [10, '› line 0', 0]);
  const end = frameOf({ prompt: '› ', text, cursor: text.length, columns: 80, rowsMax: 10 });
  assert.deepEqual([end.rows.at(-1), end.cursorRow], ['line 99', 9]);
});

test('a long prompt leaves room for the text', () => {
  const { rows } = frame('hello', 5, 30, `${'n'.repeat(64)} unverified › `);
  assert.ok(rows[0]?.endsWith('… › hello'), rows[0]);
});

// Case P2
test('a question may fill its row', () => {
  const prompt = 'paste 3 lines as one message? [Y/n/edit] ';
  const { rows } = frameOf({ prompt, text: '', cursor: 0, columns: 50, rowsMax: 10, textColumns: 1 });
  assert.deepEqual(rows, [prompt]);
});
