/** The prompt without redrawing: for screen readers and for terminals that cannot move the cursor. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { testMsMax } from '../../support/deadline.js';
import { startFakeNode } from '../../support/fake-node.js';
import { fakeWorld } from '../../support/fake-world.js';

const options = { timeout: testMsMax };

function openPrompt(context: TestContext, env: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const node = startFakeNode();
  const it = fakeWorld({ node, isTTY: true, nowMs: Date.UTC(2026, 4, 1, 12), env });
  writeFileSync(join(it.home, 'settings.json'), '{"name":"alice","dialects":[]}');
  const ended = it.run(...args);
  context.after(async () => {
    it.signal();
    await ended;
    it.remove();
  });
  const lines = (): readonly string[] => it.stdout.lines();
  const prints = (part: string): Promise<void> => it.stdout.until((text) => text.includes(part));
  return { it, node, ended, lines, prints, type: (line: string) => it.stdin.write(`${line}\n`) };
}

// Case P11
for (const [name, env, args] of [
  ['--plain', {}, ['--plain']],
  ['PARLANCE_PLAIN=1', { PARLANCE_PLAIN: '1' }, []],
  ['TERM=dumb', { TERM: 'dumb', FORCE_COLOR: '1' }, []],
] as const) {
  test(`${name} prints one line an event, without colours and cursor codes`, options, async (context) => {
    const { it, node, lines, prints, type } = openPrompt(context, env, ...args);
    await prints('Here: bob#boba');
    type('/chat bob');
    await prints('talking with bob');
    type('hello');
    await prints('delivered to bob: hello');
    node.receive('bob', 'two\nlines');
    await prints('bob: two ⏎ lines');
    assert.equal(
      lines().filter((line) => line.includes('hello')).length,
      1,
      'the terminal showed the typed line',
    );
    assert.doesNotMatch(it.stdout.text, /[\u001b\r]/);
  });
}

// Case P11, case P2
test('lines pasted into a plain terminal become one message after a question', options, async (context) => {
  const { node, prints, type } = openPrompt(context, { PARLANCE_PLAIN: '1' });
  await prints('Here:');
  type('/chat bob');
  await prints('talking with bob');
  type('one\n/verify yes\n/nickname X');
  await prints('paste 3 lines as one message? [Y/n]');
  type('y');
  await prints('delivered to bob');
  assert.deepEqual(
    node.lines().map(({ text }) => text),
    ['one\n/verify yes\n/nickname X'],
  );
});

// Case P11
test('a pipe learns of the delivery of its lines', options, async (context) => {
  const it = fakeWorld({ node: startFakeNode() });
  context.after(() => it.remove());
  it.stdin.end('/chat bob\nhello\n');
  assert.equal(await it.run(), 0);
  assert.match(it.stdout.text, /you: hello\n/);
  assert.match(it.stdout.text, /delivered to bob: hello\n/);
});

// Case P11
test('--plain after send stays the choice of cmp2204', options, async (context) => {
  const it = fakeWorld({ node: startFakeNode() });
  context.after(() => it.remove());
  assert.equal(await it.run('send', 'bob', '--plain', 'hello'), 2);
  assert.match(it.stderr.text, /--plain/);
});
