/** Operations on messages between two cores: they end equal on both sides, whatever was queued, said or gone. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Operation } from '../../../src/chat/contract.js';
import { wordsOf } from '../../../src/chat/delivery/entry.js';
import { messageWordOf } from '../../../src/chat/operating.js';
import { messageId } from '../../support/core-scene.js';
import { openPair, type PairNode } from '../../support/core-pair.js';

const operate = async (node: PairNode, word: string, operation: Operation) => {
  const [status] = [await node.ask('operate', { peer: null, word, operation })].flat();
  const { state, reason, code } = status as Partial<Record<'state' | 'reason' | 'code', string>>;
  return code ?? (reason === undefined ? state : `${String(state)}: ${reason}`);
};
const texts = async (node: PairNode) =>
  (await node.page()).map(({ content, revised }) => (revised?.isDeleted === true ? null : wordsOf(content)));
const states = async (node: PairNode) =>
  (await node.page()).flatMap(({ direction, state }) => (direction === 'out' ? [state] : []));

async function pair(context: TestContext) {
  const opened = await openPair();
  context.after(opened.close);
  const { alice, bob } = opened;
  let sent = 0;
  const send = (node: PairNode, text: string) => {
    sent += 1;
    const peer = node === alice ? bob.me.peerId : alice.me.peerId;
    return node.ask('send', { peer, messages: [{ id: messageId(sent), text }], via: null });
  };
  const both = async () => [await texts(alice), await texts(bob)];
  return { ...opened, send, both };
}

test('an edit, a reply and a reaction arrive, are confirmed, and are published on both sides', async (context) => {
  const { alice, bob, connect, send, both } = await pair(context);
  await connect();
  await send(alice, 'Lunch at noon?');
  assert.equal(await operate(alice, '^1', { do: 'edit', text: 'Lunch at one?' }), 'queued');
  assert.equal(await operate(bob, '@1', { do: 'reply', text: 'fine' }), 'queued');
  assert.equal(await operate(bob, '@1', { do: 'react', emoji: '👍' }), 'queued');
  assert.deepEqual(await both(), [
    ['Lunch at one?', 'fine'],
    ['Lunch at one?', 'fine'],
  ]);
  assert.deepEqual([await states(alice), await states(bob)], [['delivered'], ['delivered']]);
  const [first, second] = await alice.page();
  assert.deepEqual(first?.revised?.reactions, [{ emoji: '👍', author: 'in' }]);
  assert.deepEqual(
    first.revised.earlier?.map(({ text }) => text),
    ['Lunch at noon?'],
  );
  assert.ok(second?.content.type === 'text' && second.content.replyTo === first.id);
  const kinds = alice.events.map(({ type }) => type).filter((type) => /edit|reaction|message/.test(type));
  assert.deepEqual(kinds, ['message', 'edit', 'message', 'reaction']);
  await operate(bob, '@1', { do: 'react', emoji: '👍', on: false });
  assert.equal((await alice.page())[0]?.revised?.reactions.length, 0);
});

test('a deletion removes the text on both sides, and from every file of both homes', async (context) => {
  const { alice, bob, connect, send, both } = await pair(context);
  await connect();
  await send(alice, 'zebrafink');
  await operate(alice, '^1', { do: 'edit', text: 'quagga' });
  assert.equal(await operate(alice, '^1', { do: 'delete' }), 'queued');
  assert.deepEqual(await both(), [[null], [null]]);
  assert.equal(await operate(alice, '^1', { do: 'edit', text: 'again' }), 'message/unknown');
  const [gone] = await alice.page();
  assert.equal(await operate(alice, gone?.id ?? '', { do: 'edit', text: 'again' }), 'message/deleted');
  assert.equal(await operate(bob, '@1', { do: 'delete' }), 'message/unknown');
  for (const { home } of [alice, bob])
    for (const name of readdirSync(home))
      for (const word of ['zebrafink', 'quagga'])
        assert.ok(!readFileSync(join(home, name)).includes(word), `${name} holds ${word}`);
});

test('a message that was never said is changed and withdrawn in place, and nothing follows it', async (context) => {
  const { alice, bob, connect, send } = await pair(context);
  await send(alice, 'first');
  await send(alice, 'second');
  assert.equal(await operate(alice, '^2', { do: 'edit', text: 'changed' }), 'queued');
  assert.equal(await operate(alice, '^1', { do: 'delete' }), 'failed: withdrawn');
  const changes = alice.events.flatMap((event) => (event.type === 'edit' ? [[event.text, event.rev]] : []));
  assert.deepEqual(changes, [['changed', 0]], 'readers of this home learn of the edit');
  await connect();
  assert.deepEqual(await texts(bob), ['changed']);
  assert.deepEqual(
    bob.events.filter(({ type }) => /edit|delete/.test(type)),
    [],
  );
  assert.equal((await bob.page())[0]?.revised, undefined, 'nobody saw the first text');
});

test('an edit to the text that a message has sends no operation', async (context) => {
  const { alice, bob, connect, send } = await pair(context);
  await send(alice, 'first');
  for (let again = 0; again < 2; again += 1)
    assert.equal(await operate(alice, '^1', { do: 'edit', text: 'changed' }), 'queued');
  await connect();
  assert.equal(await operate(alice, '^1', { do: 'edit', text: 'changed' }), 'delivered');
  assert.deepEqual(await texts(bob), ['changed']);
  assert.deepEqual(
    bob.events.filter(({ type }) => type === 'edit'),
    [],
  );
});

test('operations on a message that was said wait for the next session', async (context) => {
  const { alice, bob, connect, disconnect, send, both } = await pair(context);
  await connect();
  await send(alice, 'one');
  await send(alice, 'two');
  await disconnect();
  assert.equal(await operate(alice, '^2', { do: 'edit', text: 'uno' }), 'queued');
  assert.equal(await operate(alice, '^1', { do: 'delete' }), 'queued');
  assert.equal(await operate(bob, '@1', { do: 'react', emoji: '🎉' }), 'queued');
  await connect();
  assert.deepEqual(await both(), [
    ['uno', null],
    ['uno', null],
  ]);
  assert.deepEqual(await states(alice), ['delivered', 'delivered']);
});

test('a peer whose program knows no operations gets texts, and reactions are refused', async (context) => {
  const { alice, connect, send, bob } = await pair(context);
  await connect(8);
  await send(alice, 'Lunch at noon?');
  await send(bob, 'When?');
  assert.equal(await operate(alice, '^1', { do: 'edit', text: 'Lunch at one?' }), 'queued');
  assert.equal(await operate(alice, '@1', { do: 'reply', text: 'at one' }), 'queued');
  assert.equal(await operate(alice, '@1', { do: 'react', emoji: '👍' }), 'chat/peer-cannot');
  assert.deepEqual(await texts(bob), ['Lunch at noon?', 'When?', '* Lunch at one?', '> When?\nat one']);
  assert.equal(await operate(alice, '^2', { do: 'delete' }), 'delivered: the peer keeps it');
  assert.deepEqual(await texts(alice), [null, 'When?', 'at one']);
  assert.equal((await texts(bob)).length, 4, 'nothing follows');
  assert.deepEqual(await states(alice), ['delivered', 'delivered']);
});

test('a peer that turns out to know no operations loses none silently', async (context) => {
  const { alice, bob, connect, disconnect, send } = await pair(context);
  await connect();
  await send(alice, 'one');
  await disconnect();
  await operate(alice, '^1', { do: 'edit', text: 'uno' });
  await operate(alice, '@1', { do: 'react', emoji: '👍' });
  await operate(alice, '^1', { do: 'react', emoji: '👍' });
  await connect(8);
  assert.deepEqual(await texts(bob), ['one', '* uno']);
  const failed = alice.events.filter((event) => event.type === 'status' && event.state === 'failed');
  assert.equal(failed.length, 1, 'the reaction is reported');
});

test('a message is removed for this user alone, also one of the other side', async (context) => {
  const { alice, bob, connect, send, both } = await pair(context);
  await connect();
  await send(bob, 'hello');
  assert.equal(await operate(alice, '@1', { do: 'delete' }), 'message/not-yours');
  assert.equal(await operate(alice, '@1', { do: 'edit', text: 'x' }), 'message/not-yours');
  assert.equal(await operate(alice, '@1', { do: 'delete', forMe: true }), 'delivered');
  assert.deepEqual(await both(), [[], ['hello']]);
});

test('an unknown message, a text for an emoji and an empty text are refused with a reason', async (context) => {
  const { alice, connect, send } = await pair(context);
  await connect();
  await send(alice, 'one');
  for (const [word, operation, code] of [
    ['^2', { do: 'delete' }, 'message/unknown'],
    ['@1', { do: 'reply', text: 'x' }, 'message/unknown'],
    ['beef', { do: 'delete' }, 'message/unknown'],
    ['no', { do: 'delete' }, 'message/unknown'],
    ['^1', { do: 'edit', text: '' }, 'chat/text-empty'],
    ['^1', { do: 'edit', text: '\ud800' }, 'chat/text-invalid'],
    ['^1', { do: 'edit', text: 'x'.repeat(65_537) }, 'chat/text-too-long'],
    ['^1', { do: 'react', emoji: 'yes' }, 'message/emoji-invalid'],
    ['^1', { do: 'reply', text: 'x', id: 'no' }, 'message/id-invalid'],
  ] as const)
    assert.equal(await operate(alice, word, operation), code, `${word} ${operation.do}`);
  assert.deepEqual(messageWordOf('12AB'), { by: 'tail', hex: '12ab' });
  assert.deepEqual(messageWordOf('^0'), null);
  assert.deepEqual(messageWordOf('abc'), null);
});

test('a restart keeps apart the messages that never left and those that may have left', async (context) => {
  const { alice, bob, connect, disconnect, send, both } = await pair(context);
  await send(alice, 'never left');
  await alice.restart();
  assert.equal(await operate(alice, '^1', { do: 'delete' }), 'failed: withdrawn');
  await connect();
  assert.deepEqual(await both(), [[null], []]);
  assert.ok(!bob.events.some(({ type }) => type === 'message' || type === 'delete'));
  // The peer falls silent: what is said now may arrive or not.
  const { sessionId } = bob;
  bob.sessionId = '';
  await send(alice, 'said while a session is up');
  await alice.restart();
  bob.sessionId = sessionId;
  await disconnect();
  assert.equal(await operate(alice, '^1', { do: 'delete' }), 'queued');
  await connect();
  assert.deepEqual(await both(), [[null, null], []]);
  assert.ok(
    bob.events.some(({ type }) => type === 'delete'),
    'the deletion follows, or the peer could keep it',
  );
});

test('a message that waited and was read for a session counts as said after a restart', async (context) => {
  const { alice, bob, connect, disconnect, send, both } = await pair(context);
  await send(alice, 'waits');
  const up = connect();
  const { sessionId } = bob;
  bob.sessionId = '';
  await up;
  await alice.restart();
  bob.sessionId = sessionId;
  await disconnect();
  assert.notEqual(await operate(alice, '^1', { do: 'edit', text: 'changed' }), 'failed: withdrawn');
  await connect();
  assert.deepEqual(await both(), [['changed'], ['changed']]);
  assert.ok(
    bob.events.some(({ type }) => type === 'edit'),
    'the edit came as an operation',
  );
});
