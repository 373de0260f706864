/** Ctrl-Z at the prompt: the terminal belongs to the shell until that continues the program. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { TerminalScreen } from '../../../src/ui/cli/prompt/screen.js';
import { eventually, testMsMax } from '../../support/deadline.js';
import { ScreenModel } from '../../support/screen-model.js';

// Case P22
test('the input line is drawn once after Ctrl-Z, below what the shell wrote', async (context) => {
  const [input, output] = [new PassThrough(), new PassThrough().setEncoding('utf8')];
  let written = '';
  output.on('data', (text: string) => (written += text));
  const resumes: (() => void)[] = [];
  const screen = new TerminalScreen({
    input,
    output,
    complete: () => [[], ''],
    suspend: (continued) => {
      resumes.push(continued);
    },
  });
  context.after(() => screen.close());
  screen.setPrompt('› ');
  screen.printMessage('m', ['bob: before']);
  input.write('draft 中');
  await eventually(() => written.includes('draft 中'), testMsMax, 'the draft');
  input.write('\u001A');
  await eventually(() => resumes.length === 1, testMsMax, 'the stop');
  output.write('shell\r\n');
  const before = written.length;
  // The program runs before it learns that it goes on.
  screen.mark('m', 'delivered', '✓✓');
  screen.print(['bob: news']);
  screen.setPrompt('(bob 1) › ');
  await turn();
  assert.equal(written.slice(before), '', 'nothing is drawn yet');
  resumes[0]?.();
  await eventually(() => written.includes('news'), testMsMax, 'the news');
  const model = new ScreenModel(50, 20);
  model.write(written);
  assert.deepEqual(model.all().slice(-4), ['bob: before', 'shell', 'bob: news', '(bob 1) › draft 中']);
});
