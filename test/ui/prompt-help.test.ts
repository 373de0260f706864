/** The help of the prompt on terminals of several widths, and without a terminal. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import stringWidth from 'string-width';
import { slashCommands } from '../../src/ui/cli/prompt/commands.js';
import { entryRows } from '../../src/ui/cli/prompt/layout.js';

const plain = (text: string): string => text;

test('a long meaning continues under itself at any width', () => {
  for (const columns of [60, 80, 100]) {
    for (const { name, argument, does } of slashCommands) {
      const rows = entryRows(`/${name} ${argument}`, does(), columns, plain);
      for (const row of rows) assert.ok(stringWidth(row) < columns, `${columns}: ${row}`);
      assert.equal(rows[0]?.slice(0, 22).trim(), `/${name} ${argument}`.trim());
      for (const row of rows.slice(1)) assert.match(row, /^ {22}\S/);
      assert.equal(rows.map((row) => row.slice(22)).join(' '), does());
    }
  }
  const [long = ''] = slashCommands.map(({ does }) => does()).toSorted((a, b) => b.length - a.length);
  assert.equal(entryRows('/verify', long, 80, plain).length, 2, 'one of them does not fit into 80 columns');
});

test('a narrow terminal has the meanings below the words, without loss', () => {
  const rows = entryRows('/chat PEER', 'opens the conversation with PEER', 30, plain);
  assert.deepEqual(rows, ['/chat PEER', '    opens the conversation', '    with PEER']);
});

test('an entry is one line without a terminal', () => {
  assert.equal(entryRows('/exit', 'leaves '.repeat(100).trim(), 1_000_000, plain).length, 1);
});
