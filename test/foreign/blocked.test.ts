/** A blocked peer of an older program: it is not dialled, and a command that names it is refused with the reason. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatusEvent } from '../../src/index.js';
import { startScene } from '../support/foreign-scene.js';
import { refusal } from '../support/live-node.js';
import { newTally, simulatedPeer } from '../support/simulated-peer.js';
import { startChat, waitForChat } from '../support/standins/chatbuddy.js';
import { startNetech } from '../support/standins/netech.js';
import { startSynergy } from '../support/standins/synergy.js';
import { eventually, within } from '../support/deadline.js';

test('a blocked peer is not connected with, whether its program has talks or messages', async (t) => {
  const scene = await startScene(t);
  const [waiting, synergy] = await Promise.all([waitForChat(), startSynergy({ name: 'sue' })]);
  t.after(() => Promise.all([waiting.close(), synergy.close()]));
  for (const peer of [`chatbuddy://127.0.0.1:${waiting.port}`, `synergy://127.0.0.1:${synergy.port}`]) {
    (await scene.node.block(peer, true))._unsafeUnwrap();
    assert.equal(await refusal(scene.node.foreignConnect(peer)), 'chat/blocked');
  }
  assert.equal(synergy.heard.waiting.length, 0);
});

test('a peer that is blocked during a call is left, and the caller gets the reason', async (t) => {
  const scene = await startScene(t);
  const waiting = await waitForChat();
  t.after(waiting.close);
  const peer = `chatbuddy://127.0.0.1:${waiting.port}`;
  const connecting = refusal(scene.node.foreignConnect(peer));
  (await scene.node.block(peer, true))._unsafeUnwrap();
  assert.equal(await within(connecting, 2_000, 'an answer'), 'chat/blocked');
  const chat = await waiting.chat();
  assert.equal(await chat.heard.take(), null);
});

test('a text that is being committed when its peer is blocked waits until the peer is let in', async (t) => {
  const scene = await startScene(t);
  const [waiting, other] = await Promise.all([waitForChat(), waitForChat()]);
  t.after(() => Promise.all([waiting.close(), other.close()]));
  const peer = `chatbuddy://127.0.0.1:${waiting.port}`;
  const sending = scene.node.send(peer, 'later');
  (await scene.node.block(peer, true))._unsafeUnwrap();
  (await sending)._unsafeUnwrap();
  // A call made by then comes to its end before this one, which begins later.
  (await scene.node.foreignConnect(`chatbuddy://127.0.0.1:${other.port}`))._unsafeUnwrap();
  (await scene.node.block(peer, false))._unsafeUnwrap();
  // A call made while it was blocked would be the first one here, and bring nothing.
  const chat = await waiting.chat();
  assert.equal(await chat.heard.take(), 'later');
});

test('waiting texts stay back while the peer is blocked, and go out after the unblock', async (t) => {
  const scene = await startScene(t);
  const [netech, other] = await Promise.all([startNetech({ team: 'ned' }), startNetech({ team: 'tim' })]);
  t.after(() => Promise.all([netech.close(), other.close()]));
  const peer = `netech://127.0.0.1:${netech.port}`;
  const texts = Array.from({ length: 60 }, (_, at) => `text ${at}`);
  (await scene.node.sendAll(peer, texts))._unsafeUnwrap();
  const first = await netech.heard.take();
  (await scene.node.block(peer, true))._unsafeUnwrap();
  // As many for another take as long as all of those would have taken.
  (await scene.node.sendAll(`netech://127.0.0.1:${other.port}`, texts))._unsafeUnwrap();
  await eventually(() => other.heard.waiting.length === texts.length, 60_000, 'those for the other');
  const queued = async () =>
    (await scene.node.history({ peer, direction: 'out', limit: 500 }))
      ._unsafeUnwrap()
      .filter(({ state }) => state === 'queued').length;
  // A message under way is finished; the rest is not begun.
  assert.ok(netech.heard.waiting.length < texts.length - 1, 'all of it went out to a blocked peer');
  (await scene.node.block(peer, false))._unsafeUnwrap();
  await eventually(async () => (await queued()) === 0, 60_000, 'the rest');
  // It is sent when the system has it; the program over there reads it a moment later.
  await eventually(() => netech.heard.waiting.length >= texts.length - 1, 5_000, 'the last one');
  assert.deepEqual(
    [first, ...netech.heard.waiting].map(({ text }) => text),
    texts,
  );
});

test('a peer of an older program never uses the reserved slot, since it proves nothing', async (t) => {
  const scene = await startScene(t, { maxConnections: 2 });
  const netech = await startNetech({ team: 'ned', host: '127.0.0.2' });
  t.after(netech.close);
  const { id } = (await scene.node.send(`netech://127.0.0.2:${netech.port}`, 'hello'))._unsafeUnwrap();
  await scene.until(
    (event): event is StatusEvent => event.type === 'status' && event.id === id && event.state === 'sent',
  );
  // After each block the transport learns which peers it may let in.
  (await scene.node.block('netech://127.0.0.3:9', true))._unsafeUnwrap();
  const chat = await startChat(scene.port('chatbuddy'));
  chat.say('I hold the place of strangers');
  await scene.texts('chatbuddy', 1);
  const tally = newTally();
  const target = { host: '127.0.0.1', port: scene.port(), from: '127.0.0.2' };
  const delivering = simulatedPeer('pat', target, tally).deliver(['from its address']);
  await eventually(() => tally.busy > 0, 3_000, 'BUSY');
  await chat.end();
  await within(delivering, 10_000, 'the message');
});
