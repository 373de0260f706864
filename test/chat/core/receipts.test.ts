/** Read marks between two cores: said once, kept until confirmed, and only between peers that both want them. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { ReadEvent } from '../../../src/chat/events.js';
import { messageId } from '../../support/core-scene.js';
import { openPair, type PairNode } from '../../support/core-pair.js';

async function pair(context: TestContext, receipts: 'none' | 'verified' | 'contacts' = 'contacts') {
  const opened = await openPair();
  context.after(opened.close);
  const { alice, bob } = opened;
  for (const node of [alice, bob]) await node.ask('setPrivacy', { receipts });
  let sent = 0;
  const send = (node: PairNode, text: string) => {
    sent += 1;
    const peer = node === alice ? bob.me.peerId : alice.me.peerId;
    return node.ask('send', { peer, messages: [{ id: messageId(sent), text }], via: null });
  };
  const read = (node: PairNode, upToSeq: number | null = null) =>
    node.ask('read', { peer: node === alice ? bob.me.peerId : alice.me.peerId, upToSeq });
  return { ...opened, send, read };
}
const marks = (node: PairNode) =>
  node.events
    .filter((event): event is ReadEvent => event.type === 'read')
    .map(({ upTo, seq }) => [upTo, seq]);
const readOnes = async (node: PairNode) =>
  (await node.page()).flatMap(({ seq, readAtMs }) => (readAtMs === undefined ? [] : [seq]));

test('a peer learns how far its messages were read, and of nothing twice', async (context) => {
  const { alice, bob, connect, send, read } = await pair(context);
  await connect();
  await send(bob, 'hello');
  for (const text of ['one', 'two', 'three']) await send(alice, text);
  await read(bob, 3);
  assert.deepEqual(marks(alice), [[messageId(3), 3]]);
  assert.deepEqual(await readOnes(alice), [2, 3]);
  await read(bob, 2);
  await read(bob, 3);
  assert.equal(marks(alice).length, 1, 'the mark only rises');
  await read(bob);
  assert.deepEqual(marks(alice).at(-1), [messageId(4), 4]);
  assert.deepEqual(await readOnes(alice), [2, 3, 4]);
});

test('a mark that was made without a session is said on the next one', async (context) => {
  const { alice, bob, connect, disconnect, send, read } = await pair(context);
  await connect();
  await send(bob, 'hello');
  await send(alice, 'one');
  await disconnect();
  await read(bob);
  assert.deepEqual(marks(alice), []);
  await connect();
  assert.deepEqual(marks(alice), [[messageId(2), 2]]);
  await disconnect();
  await connect();
  assert.equal(marks(alice).length, 1, 'a confirmed mark is not told again');
});

// Case R1
test('a peer never learns of messages that were read while marks were off', async (context) => {
  const { alice, bob, connect, send, read } = await pair(context, 'verified');
  await connect();
  await send(bob, 'hello');
  await send(alice, 'one');
  await read(bob);
  await bob.ask('setPrivacy', { receipts: 'contacts' });
  await alice.ask('setPrivacy', { receipts: 'contacts' });
  await read(bob);
  assert.deepEqual(marks(alice), []);
  await send(alice, 'two');
  await bob.ask('choose', { peer: alice.me.peerId, choice: { receipts: 'off' } });
  await read(bob);
  assert.deepEqual(marks(alice), [], 'off for this peer alone');
});

// Case R1
test('a user whose marks are off sees none, and confirms them all the same', async (context) => {
  const { alice, bob, connect, disconnect, send, read } = await pair(context);
  await connect();
  await send(bob, 'hello');
  await send(alice, 'one');
  await alice.ask('setPrivacy', { receipts: 'none' });
  await read(bob);
  assert.deepEqual([marks(alice), await readOnes(alice)], [[], []]);
  await alice.ask('setPrivacy', { receipts: 'contacts' });
  await disconnect();
  await connect();
  assert.deepEqual(marks(alice), [], 'the mark was confirmed, and does not come again');
});

test('a peer whose program knows no marks gets none', async (context) => {
  const { alice, bob, connect, disconnect, send, read } = await pair(context);
  await connect();
  await send(bob, 'hello');
  await disconnect();
  await connect(8);
  await send(bob, 'more');
  await read(alice);
  assert.deepEqual(marks(bob), []);
});

test('a contact says whether read marks go both ways, as far as this home knows', async (context) => {
  const { alice, bob, connect } = await pair(context, 'verified');
  const known = async () => {
    const contact = await alice.ask('contact', { peer: bob.me.peerId });
    return (contact as { readonly readMarks?: string }).readMarks;
  };
  await connect();
  assert.equal(await known(), 'off', 'the peer is not verified');
  await alice.ask('choose', { peer: bob.me.peerId, choice: { receipts: 'on' } });
  assert.equal(await known(), 'on');
});
