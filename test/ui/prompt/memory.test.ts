/** The memory of the prompt over a restart. */
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { bounded, noMemory, readMemory, writeMemory } from '../../../src/ui/cli/prompt/memory.js';
import { testMsMax } from '../../support/deadline.js';
import { temporaryHome } from '../../history/driver.js';
import { bottom, has, sit } from '../../support/sitting.js';

const options = { timeout: testMsMax };

test('the memory is private, bounded, and empty where its file is damaged', (context) => {
  const { file, remove } = temporaryHome();
  context.after(remove);
  const home = dirname(file);
  assert.deepEqual(readMemory(home), noMemory);
  const memory = { open: 'X', history: ['one', '/users'], drafts: { X: ['half'], '': ['waits'] } };
  writeMemory(home, memory);
  assert.deepEqual(readMemory(home), memory);
  const written = join(home, 'prompt.json');
  assert.equal(statSync(written).mode & 0o777, 0o600);
  chmodSync(written, 0o644);
  assert.deepEqual(readMemory(home), noMemory, 'others may have written it');
  writeFileSync(written, '{"open":7}', { mode: 0o600 });
  chmodSync(written, 0o600);
  assert.deepEqual(readMemory(home), noMemory);
  const much = bounded({
    open: null,
    history: Array.from({ length: 1_000 }, (_, index) => `${index} `.repeat(200)),
    drafts: { X: ['x'.repeat(2 ** 17)] },
  });
  assert.ok(JSON.stringify(much).length < 2 ** 18 + 2 ** 15);
  assert.ok(much.history.at(-1)?.startsWith('999'), 'the newest lines stay');
  assert.deepEqual(much.drafts, {});
});

test(
  'the open conversation, an unfinished line and the history survive a restart',
  options,
  async (context) => {
    const first = sit(context);
    first.type('/chat bob\r');
    await first.shows((screen) => bottom(screen) === 'bob unverified ›');
    first.type('hello\r');
    await first.shows((screen) => has(screen, 'you: hello'));
    first.type('half a li');
    await first.shows((screen) => bottom(screen) === 'bob unverified › half a li');
    first.it.signal();
    await first.ended;
    const file = readFileSync(join(first.it.home, 'prompt.json'), 'utf8');
    const second = sit(context, {}, file);
    await second.shows((screen) => bottom(screen) === 'bob unverified › half a li');
    second.type('\x15');
    second.type('\x1b[A');
    await second.shows((screen) => bottom(screen) === 'bob unverified › hello');
  },
);

// Case P6
test('a line that was refused waits for its own conversation', options, async (context) => {
  const { node, type, shows } = sit(context);
  type('/chat bob\r');
  await shows((screen) => bottom(screen) === 'bob unverified ›');
  node.refuse('bob', { code: 'chat/key-changed', peer: 'bob', claimant: 'bob#abcd' });
  type('secret\r');
  await shows((screen) => bottom(screen) === 'bob unverified › secret');
  type('/');
  type('chat carol\r');
  await shows((screen) => bottom(screen) === 'carol unverified ›');
  type('/chat bob\r');
  await shows((screen) => bottom(screen) === 'bob unverified › secret');
});
