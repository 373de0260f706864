/** Read marks, typing notices, and rows that change at the prompt. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Attention } from '../../../src/ui/cli/prompt/user/attention.js';
import { testMsMax } from '../../support/deadline.js';
import { bottom, has, sit } from '../../support/sitting.js';

const options = { timeout: testMsMax };

test('the mark of an own message says that it was read', options, async (context) => {
  const { node, type, shows } = sit(context);
  type('/chat bob\r');
  await shows((screen) => bottom(screen) === 'bob unverified ›');
  type('hello\r');
  await shows((screen) => has(screen, '✓✓ you: hello'));
  const [line] = node.lines();
  assert.ok(line !== undefined);
  const { peer, peerId, conversation, id, seq, receivedAt: at } = line;
  node.emit({ type: 'read', peer, peerId, conversation, upTo: id, seq, at });
  await shows((screen) => has(screen, '●● you: hello'));
});

test(
  'a row above the input says that the open peer types, and leaves the input whole',
  options,
  async (context) => {
    const { node, type, shows } = sit(context);
    type('/chat bob\r');
    await shows((screen) => bottom(screen) === 'bob unverified ›');
    type('one');
    const bob = (await node.find('bob'))._unsafeUnwrap();
    const typing = (on: boolean, id = bob.id) =>
      node.emit({ type: 'typing', peer: 'bob', peerId: id, conversation: `dm:${id}`, on });
    typing(true);
    await shows((screen) => has(screen, 'bob is typing…') && bottom(screen) === 'bob unverified › one');
    type(' two');
    node.receive('bob', 'hello');
    await shows((screen) => has(screen, 'bob: hello') && bottom(screen) === 'bob unverified › one two');
    typing(false);
    await shows((screen) => !has(screen, 'is typing') && bottom(screen) === 'bob unverified › one two');
    const carol = (await node.find('carol'))._unsafeUnwrap();
    typing(true, carol.id);
    node.receive('bob', 'more');
    const after = await shows((screen) => has(screen, 'bob: more'));
    assert.ok(!has(after, 'is typing'), 'the conversation with carol is not open');
    assert.deepEqual(node.typed()[0], [bob.id, true]);
    type('\r');
    await shows((screen) => has(screen, 'you: one two'));
    assert.deepEqual(node.typed().at(-1), [bob.id, false]);
  },
);

test('a command sends no typing notice', options, async (context) => {
  const { node, type, shows } = sit(context);
  type('/chat bob\r');
  await shows((screen) => bottom(screen) === 'bob unverified ›');
  type('/users\r');
  await shows((screen) => has(screen, 'carol'));
  assert.deepEqual(node.typed(), []);
});

test(
  'messages are read while the terminal has the focus, or else at the next key',
  options,
  async (context) => {
    const { node, type, shows } = sit(context);
    type('/chat bob\r');
    await shows((screen) => bottom(screen) === 'bob unverified ›');
    type('\u001b[O');
    node.receive('bob', 'unseen');
    await shows((screen) => has(screen, 'bob: unseen'));
    const unread = async () => (await node.unread())._unsafeUnwrap().map(({ unread: count }) => count);
    assert.deepEqual(await unread(), [1]);
    type('\u001b[I');
    await shows((screen) => bottom(screen) === 'bob unverified ›');
    while ((await unread()).length > 0) await new Promise((resolve) => setImmediate(resolve));
  },
);

test('without reports of the focus a key counts for a while', () => {
  let nowMs = 0;
  const attention = new Attention(() => nowMs);
  let looks = 0;
  attention.onLook(() => (looks += 1));
  assert.equal(attention.isLooking, false);
  attention.pressed();
  assert.deepEqual([attention.isLooking, looks], [true, 1]);
  nowMs += 60_000;
  assert.equal(attention.isLooking, false);
  attention.focused(true);
  assert.deepEqual([attention.isLooking, looks], [true, 2]);
  attention.focused(false);
  attention.pressed();
  assert.deepEqual([attention.isLooking, looks], [true, 3], 'a key reaches a terminal with the focus alone');
});

test('an edit, a reaction and a deletion change the row that is on the screen', options, async (context) => {
  const { node, type, shows } = sit(context);
  type('/chat bob\r');
  await shows((screen) => bottom(screen) === 'bob unverified ›');
  const words = `Lunch at noon ${'in the canteen '.repeat(8)}?`;
  const { id: target, peer, peerId, conversation } = node.receive('bob', words);
  type('typed');
  await shows((screen) => has(screen, 'Lunch at noon') && bottom(screen).endsWith('typed'));
  let seq = 10;
  const common = () => {
    seq += 1;
    const at = '2026-05-01T12:00:00.000Z';
    return { seq, id: `op-${seq}`, direction: 'in', peer, peerId, conversation, target, at } as const;
  };
  node.emit({ type: 'edit', ...common(), text: 'Lunch at one?', rev: 1 });
  const edited = await shows((screen) => has(screen, 'bob: Lunch at one? (edited)'));
  assert.ok(!has(edited, 'noon') && !has(edited, 'edited:'), 'the first text has left the screen');
  node.emit({ type: 'reaction', ...common(), emoji: '👍', on: true, by: 'peer' });
  await shows((screen) => has(screen, 'bob: Lunch at one? (edited) 👍'));
  node.emit({ type: 'delete', ...common() });
  const gone = await shows((screen) => has(screen, 'bob: [deleted]'));
  assert.ok(!has(gone, 'Lunch'), 'nothing of it is left');
  assert.ok(bottom(gone).endsWith('typed'), 'the input line is whole');
});

test('an operation on a message that left the screen is said in a line', options, async (context) => {
  const { node, type, shows } = sit(context);
  type('/chat bob\r');
  await shows((screen) => bottom(screen) === 'bob unverified ›');
  const { id: target, peer, peerId, conversation } = node.receive('bob', 'early');
  for (let count = 0; count < 30; count += 1) node.receive('bob', `line ${count}`);
  await shows((screen) => has(screen, 'line 29'));
  const at = '2026-05-01T12:00:00.000Z';
  const operation = { seq: 99, id: 'op', direction: 'in', peer, peerId, conversation, target, at } as const;
  node.emit({ type: 'edit', ...operation, text: 'late', rev: 1 });
  await shows((screen) => has(screen, 'bob edited: late'));
});

test('/privacy shows and changes the peers that learn something', options, async (context) => {
  const { node, type, shows } = sit(context);
  type('/privacy receipts contacts\r');
  await shows((screen) => has(screen, 'receipts  every contact can see what you read'));
  assert.deepEqual((await node.privacy())._unsafeUnwrap(), { receipts: 'contacts', typing: 'verified' });
  type('/privacy receipts friends\r');
  await shows((screen) => has(screen, '/privacy [receipts|typing] [none|verified|contacts]'));
});
