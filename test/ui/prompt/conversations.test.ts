/** The fate of a typed line when no conversation is open, or when it is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testMsMax } from '../../support/deadline.js';
import { bottom, has, sit } from '../../support/sitting.js';

const options = { timeout: testMsMax };

// Case P6
test('a failed /chat leaves no conversation open, and what is typed waits', options, async (context) => {
  const { node, type, shows } = sit(context);
  type('/chat bob\r');
  await shows((screen) => bottom(screen) === 'bob unverified ›');
  type('/chat dave\r');
  await shows((screen) => has(screen, 'no peer "dave"') && bottom(screen) === '›');
  type('for dave only\r');
  await shows((screen) => has(screen, 'no conversation is open'));
  assert.deepEqual(node.lines(), []);
  node.addPeer('dave');
  type('/chat dave\r');
  await shows((screen) => bottom(screen) === 'dave unverified › for dave only');
  type('\r');
  await shows((screen) => has(screen, 'you: for dave only'));
  assert.deepEqual(
    node.lines().map(({ peer }) => peer),
    ['dave'],
  );
});

// Case P7
test('every line typed without a conversation waits for one, in order', options, async (context) => {
  const { node, type, shows } = sit(context);
  await shows((screen) => bottom(screen) === '›');
  for (const [index, text] of ['first', 'second', '//third'].entries()) {
    type(`${text}\r`);
    const count = index === 0 ? 'your line waits' : `${index + 1} lines wait`;
    await shows((screen) => screen.all().join(' ').includes(count));
  }
  type('/chat bob\r');
  for (const text of ['first', 'second', '//third']) {
    await shows((screen) => bottom(screen) === `bob unverified › ${text}`);
    type('\r');
  }
  await shows((screen) => has(screen, 'you: /third') && bottom(screen) === 'bob unverified ›');
  assert.deepEqual(
    node.lines().map(({ text }) => text),
    ['first', 'second', '/third'],
  );
});

// Case P14
test('a line that can never be sent is not put back', options, async (context) => {
  const { node, type, shows } = sit(context);
  type('/chat bob\r');
  await shows((screen) => bottom(screen) === 'bob unverified ›');
  node.refuse('bob', { code: 'dialect/unsupported', dialect: 'synergy', what: 'the word exit as a message' });
  type('exit\r');
  await shows((screen) => has(screen, 'cannot carry the word exit') && bottom(screen) === 'bob unverified ›');
  type('\x1b[A');
  await shows((screen) => bottom(screen) === 'bob unverified › exit');
});

// Case P2
test('a paste of commands is sent as one message after the question', options, async (context) => {
  const { node, type, shows } = sit(context);
  type('/chat bob\r');
  await shows((screen) => bottom(screen) === 'bob unverified ›');
  type('\x1b[200~hello\r/verify yes\r/nickname X\x1b[201~');
  await shows((screen) => bottom(screen) === 'paste 3 lines as one message? [Y/n/edit]');
  type('\r');
  await shows((screen) => has(screen, 'you: hello') && bottom(screen) === 'bob unverified ›');
  assert.deepEqual(
    node.lines().map(({ text }) => text),
    ['hello\n/verify yes\n/nickname X'],
  );
});

test(
  'Up on an empty line, or /edit, puts the last own message there to be changed',
  options,
  async (context) => {
    const { type, shows } = sit(context);
    type('/chat bob\r');
    await shows((screen) => bottom(screen) === 'bob unverified ›');
    type('\x1b[A');
    await shows((screen) => bottom(screen) === 'bob unverified › /chat bob');
    type('\x1b[B^1 lunch at noon?\r');
    await shows((screen) => has(screen, 'you: ^1 lunch') && bottom(screen) === 'bob unverified ›');
    for (const keys of ['\x1b[A', '/edit\r']) {
      type(keys);
      await shows((screen) => bottom(screen) === 'bob unverified › /edit ^1 ^1 lunch at noon?');
      type('\x15');
      await shows((screen) => bottom(screen) === 'bob unverified ›');
    }
  },
);
