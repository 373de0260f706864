/** A terminal that changes its size while its user types and messages come, and a process that learns of it late. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { TerminalScreen } from '../../../src/ui/cli/prompt/screen.js';
import { eventually, testMsMax } from '../../support/deadline.js';
import { ScreenModel } from '../../support/screen-model.js';
import { dice, withSeeds } from '../../support/seeds.js';

const sizes = [
  { columns: 80, rows: 24 },
  { columns: 50, rows: 20 },
  { columns: 100, rows: 30 },
  { columns: 64, rows: 12 },
];
const steps = 150;
const textMax = 200;

// Case P22
test('a size that changes before its signal comes leaves no copy of the input line', (t) =>
  withSeeds(t, async (seed) => {
    const throwDice = dice(seed);
    const model = new ScreenModel();
    const input = new PassThrough();
    const output = Object.assign(new PassThrough(), {
      columns: 80,
      rows: 24,
      refreshSize: (): void => {
        const { columns, rows } = model;
        if (output.columns === columns && output.rows === rows) return;
        Object.assign(output, { columns, rows });
        output.emit('resize');
      },
    });
    output.setEncoding('utf8').on('data', (text: string) => model.write(text));
    const screen = new TerminalScreen({ input, output, complete: () => [[], ''] });
    t.after(() => screen.close());
    screen.setPrompt('Alice unverified › ');
    let typed = '';
    for (let step = 0; step < steps; step += 1) {
      const choice = throwDice(10);
      if (choice < 6) {
        const key = 'abcdefgh'[throwDice(8)] ?? 'a';
        typed += key.repeat(1 + throwDice(20));
        for (const each of typed.slice(screen.editor.view().text.length)) input.write(each);
      } else if (choice < 8) screen.printMessage(String(step), [`09:00    Bob: ${step}`]);
      else {
        // The terminal has its size at once, and the process hears of it with the next key or message.
        const size = sizes[throwDice(sizes.length)];
        if (size !== undefined) model.resize(size.columns, size.rows);
      }
      if (typed.length > textMax) {
        input.write('\u0015');
        typed = '';
      }
      await eventually(() => screen.editor.view().text === typed, testMsMax, 'the typed text');
      await turn();
    }
    output.refreshSize();
    await turn();
    const lines = model.written();
    const at = lines.findIndex((line) => line.includes('›'));
    assert.equal(
      lines.slice(at).join('').replaceAll(' ', ''),
      `Aliceunverified›${typed}`,
      lines.slice(at - 5).join('\n'),
    );
    assert.ok(lines.slice(0, at).every((line) => /^09:00 {4}Bob: \d+$/.test(line) || line === ''));
  }));
