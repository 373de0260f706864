/** `send --wait read`: the end of the wait, and the peers that cannot tell that they read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FakeNode } from '../support/fake-node.js';
import { worldWithRunningNode } from '../support/command-worlds.js';
import { eventually, testMsMax } from '../support/deadline.js';

const options = { timeout: testMsMax };

const delivered = (node: FakeNode, at: number): Promise<void> =>
  eventually(() => node.lines()[at]?.state === 'delivered', 10_000, 'the delivery');

test('send --wait read ends when the peer has read the message', options, async (context) => {
  const { it, node } = await worldWithRunningNode(context);
  const running = it.run('send', 'bob', 'lunch?', '--wait', 'read');
  await delivered(node, 0);
  assert.equal(it.stdout.text, '', 'a delivery does not end the wait');
  node.readAll('bob');
  assert.equal(await running, 0);
  assert.equal(it.stdout.text, 'read → bob\n');
});

test('send --wait read --json prints the states and the read mark', options, async (context) => {
  const { it, node } = await worldWithRunningNode(context);
  it.stdin.end('one\ntwo\n');
  const running = it.run('send', 'bob', '--wait', 'read', '--json');
  await delivered(node, 1);
  node.readAll('bob');
  assert.equal(await running, 0);
  const lines = it.stdout.json();
  assert.equal(lines.filter((line) => line['state'] === 'delivered').length, 2);
  assert.deepEqual([lines.at(-1)?.['type'], lines.at(-1)?.['upTo']], ['read', node.lines()[1]?.id]);
});

test('send --wait read waits on when another peer reads', options, async (context) => {
  const { it, node, anotherWorld } = await worldWithRunningNode(context);
  const other = anotherWorld();
  assert.equal(await other.run('send', 'carol', 'hello'), 0);
  const running = it.run('send', 'bob', 'lunch?', '--wait', 'read', '--timeout', '0.5');
  await delivered(node, 1);
  node.readAll('carol');
  assert.equal(await running, 4);
  assert.match(
    it.stderr.text,
    /^parlance: delivered and not read yet: no read mark of "bob" .*; wait longer/,
  );
});

test('send --wait read is exit 2 and sends nothing where no mark can come', options, async (context) => {
  const { node, anotherWorld } = await worldWithRunningNode(context);
  node.addForeignPeer('old');
  node.setReadMarks('carol', 'off');
  const table = [
    [['carol', 'hello'], /read marks are off .*privacy receipts on --for PEER.*; nothing was sent/],
    [['old', 'hello'], /its program has no read marks; .*nothing was sent/],
    [['chatbuddy://10.0.0.9', 'hello'], /its program has no read marks; .*nothing was sent/],
    [['bob,carol', 'hello'], /--wait read takes a text for one peer/],
    [['bob', '--file', 'report.pdf'], /--wait read takes a text for one peer/],
  ] as const;
  for (const [args, words] of table) {
    const it = anotherWorld();
    assert.equal(await it.run('send', ...args, '--wait', 'read'), 2, args.join(' '));
    assert.match(it.stderr.text, words);
  }
  assert.deepEqual(node.lines(), []);
});

test(
  'send --wait read is exit 4 at once where an older program got the message',
  options,
  async (context) => {
    const { it, node } = await worldWithRunningNode(context);
    node.setReadMarks('bob', 'unable');
    assert.equal(await it.run('send', 'bob', 'hello', '--wait', 'read'), 4);
    assert.match(it.stderr.text, /^parlance: delivered: the program of "bob" has no read marks; /);
    assert.equal(node.lines()[0]?.state, 'delivered');
  },
);

test('send --wait read ends when the message disappears unread', options, async (context) => {
  const { it, node } = await worldWithRunningNode(context);
  const running = it.run('send', 'bob', 'hello', '--wait', 'read');
  await delivered(node, 0);
  const { id = '', peer = '', peerId = '', conversation = '' } = node.lines()[0] ?? {};
  const at = '2026-05-01T13:00:00.000Z';
  const gone = { seq: 2, id: `${id}0`, direction: 'out', target: id, at, expired: true } as const;
  node.emit({ type: 'delete', peer, peerId, conversation, ...gone });
  assert.equal(await running, 4);
  assert.match(it.stderr.text, /^parlance: delivered and not read: a message was deleted or disappeared/);
});
