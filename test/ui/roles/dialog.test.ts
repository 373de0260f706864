/** The dialog of all menus: at a terminal and with lines from a pipe. */
import assert from 'node:assert/strict';
import { err, ok } from 'neverthrow';
import { createColors } from 'picocolors';
import { test, type TestContext } from 'node:test';
import { Dialog } from '../../../src/ui/cli/foreign/menus/dialog.js';
import { runMenu } from '../../../src/ui/cli/foreign/menus/menu.js';
import { Output } from '../../../src/ui/cli/screen/output.js';
import { fakeWorld, type FakeWorld } from '../../support/fake-world.js';
import { testMsMax } from '../../support/deadline.js';

const options = { timeout: testMsMax };

function open(
  t: TestContext,
  isTTY: boolean,
): { readonly it: FakeWorld; readonly dialog: Dialog; readonly stop: AbortController } {
  const it = fakeWorld({ isTTY });
  const stop = new AbortController();
  const output = new Output(it.world, { isJson: false, isQuiet: false, isColored: false });
  const dialog = new Dialog({ world: it.world, output, stopped: stop.signal });
  t.after(() => {
    dialog.close();
    it.remove();
  });
  return { it, dialog, stop };
}

test('answers of a pipe go to their questions in order, and its end ends the dialog', options, async (t) => {
  const { it, dialog } = open(t, false);
  it.stdin.end('one\n two \n  three \n');
  assert.equal(await dialog.ask('First?'), 'one');
  assert.equal(await dialog.ask('Second?'), 'two');
  assert.equal(await dialog.askText(''), '  three ', 'blanks belong to a text');
  assert.equal(await dialog.ask('Fourth?'), null);
  assert.equal(dialog.isOver, true);
  assert.deepEqual(it.stdout.lines(), ['First?', 'Second?', 'Fourth?']);
});

test('a terminal shows no prompt before the first question', options, async (t) => {
  const { it, dialog } = open(t, true);
  dialog.say('It is told.');
  await it.stdout.until((text) => text.includes('It is told.'));
  assert.doesNotMatch(it.stdout.text, />/);
});

test('colours take no room: a line that fits without them stays one row', options, async (t) => {
  const { it, dialog } = open(t, true);
  const colors = createColors(true);
  const words = 'word '.repeat(15).trim();
  const fitting = words.replaceAll('word', (word) => colors.red(word));
  dialog.say(fitting);
  await it.stdout.until((text) => text.includes(`${fitting}\n`));
  // A line that does not fit is broken at a blank, and no code is cut.
  dialog.say(colors.red(`${words} ${words}`));
  await it.stdout.until((text) => text.includes(`${words}\nword`));
});

const readDigit = (answer: string) =>
  /^\d$/.test(answer) ? ok(Number(answer)) : err(`${answer} is no digit`);

test('a question is asked until its answer is valid, and an empty answer cancels', options, async (t) => {
  const { it, dialog } = open(t, false);
  it.stdin.write('x\n7\n\n\n');
  assert.equal(await dialog.askFor('Digit?', readDigit), 7);
  assert.equal(await dialog.askFor('Digit?', readDigit), null);
  assert.equal(await dialog.askFor('Digit?', readDigit, 3), 3);
  assert.ok(it.stdout.lines().includes('x is no digit (Enter alone cancels)'));
});

test('a cancelled question leaves the line to the next question', options, async (t) => {
  const { it, dialog } = open(t, false);
  const off = new AbortController();
  const first = dialog.askText('', off.signal);
  off.abort();
  assert.equal(await first, null);
  const second = dialog.ask('Again?');
  it.stdin.write('here\n');
  assert.equal(await second, 'here');
});

test('a text of blanks alone is empty', options, async (t) => {
  const { it, dialog } = open(t, false);
  it.stdin.end(' \t\n');
  assert.equal(await dialog.askText('Message:'), '');
});

test('a signal ends the dialog at once', options, async (t) => {
  const { dialog, stop } = open(t, true);
  const asked = dialog.ask('Name?');
  stop.abort();
  assert.equal(await asked, null);
});

test('an arriving message stands above the half-typed answer, and Ctrl-D leaves', options, async (t) => {
  const { it, dialog } = open(t, true);
  const asked = dialog.ask('Name?');
  it.stdin.write('an');
  dialog.say('a message arrives');
  await it.stdout.until((text) => /a message arrives\n[^\n]*Name\? an/.test(text));
  it.stdin.write('n\r');
  assert.equal(await asked, 'ann');
  await it.stdout.until((text) => text.includes('Name? ann\n'));
  const next = dialog.ask('Again?');
  it.stdin.write('\u0004');
  assert.equal(await next, null);
  assert.equal(dialog.isOver, true);
});

test('a menu runs the choice of a key or a name until it is left', options, async (t) => {
  const { it, dialog } = open(t, false);
  const done: string[] = [];
  const act = (what: string) => async () => void done.push(what);
  it.stdin.write('1\nSECOND\n9\n0\n1\n');
  await runMenu(dialog, 'Menu', [
    { key: '1', label: 'First', act: act('first') },
    { key: '2', label: 'Second', act: act('second') },
    { key: '0', label: 'Quit', act: null },
  ]);
  assert.deepEqual(done, ['first', 'second']);
  assert.ok(it.stdout.lines().includes('That is not a choice; the choices are 1, 2, 0.'));
});
