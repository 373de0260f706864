/** Each older program and a node, over real sockets, in both roles. The programs are stand-ins of their own code. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { MessageEvent, NodeEvent, NoticeEvent, PeerEvent, StatusEvent } from '../../src/index.js';
import { admission } from '../../src/admission/limits.js';
import { eventually } from '../support/deadline.js';
import { startScene } from '../support/foreign-scene.js';
import { startChat, waitForChat } from '../support/standins/chatbuddy.js';
import { initiate, startAnnouncer, startResponder } from '../support/standins/cmp2204.js';
import { connectTo, waitFor } from '../support/standins/cse310.js';
import { startNetech } from '../support/standins/netech.js';
import { startSynergy } from '../support/standins/synergy.js';

const isMessage = (event: NodeEvent): event is MessageEvent =>
  event.type === 'message' && event.direction === 'in';
const isStatus =
  (id: string, state: string) =>
  (event: NodeEvent): event is StatusEvent =>
    event.type === 'status' && event.id === id && event.state === state;
const isNotice =
  (notice: string) =>
  (event: NodeEvent): event is NoticeEvent =>
    event.type === 'notice' && event.notice === notice;
const isGone =
  (id: string) =>
  (event: NodeEvent): event is PeerEvent =>
    event.type === 'peer' && event.id === id && event.state === 'offline';

test('cmp2204: an initiator is heard plain and secure, and its lines say how', async (t) => {
  const scene = await startScene(t);
  await initiate({ port: scene.port(), text: 'plain é' });
  await initiate({ port: scene.port(), text: 'secret é', secret: 6 });
  assert.deepEqual(await scene.texts('cmp2204', 2), ['plain é', 'secret é']);
  const lines = (await scene.node.history({}))._unsafeUnwrap();
  assert.deepEqual(
    lines.map(({ encryption, verified, peerId }) => [encryption, verified, peerId]),
    [
      ['none', false, 'cmp2204://127.0.0.1'],
      ['toy-dh-3des', false, 'cmp2204://127.0.0.1'],
    ],
  );
});

test('cmp2204: a text that is typed long after the key exchange is heard', async (t) => {
  const scene = await startScene(t);
  const isTyped = pause(admission.messageIdleMs + admission.messageDeadlineMs);
  const slow = initiate({ port: scene.port(), text: 'let me think', secret: 6, typing: () => isTyped });
  // Meanwhile others are heard.
  await initiate({ port: scene.port(), text: 'quick', secret: 7 });
  assert.deepEqual(await scene.texts('cmp2204', 1), ['quick']);
  await slow;
  assert.deepEqual(await scene.texts('cmp2204', 2), ['quick', 'let me think']);
});

test('cmp2204: messages go out encrypted unless plain is asked for, and stand in the old file', async (t) => {
  const scene = await startScene(t);
  const responder = await startResponder({});
  t.after(responder.close);
  const peer = `cmp2204://127.0.0.1:${responder.port}`;
  const first = (await scene.node.send(peer, 'sealed'))._unsafeUnwrap();
  const { text, isEncrypted } = await responder.received.take();
  assert.deepEqual([text, isEncrypted], ['sealed', true]);
  await scene.until(isStatus(first.id, 'sent'));
  (await scene.node.sendVia(peer, 'open', { isPlain: true }))._unsafeUnwrap();
  assert.equal((await responder.received.take()).isEncrypted, false);
  const file = join(scene.home, 'chat_history.txt');
  await eventually(() => readFileSync(file, 'utf8').includes('SENT - open'), 2_000, 'chat_history.txt');
  assert.match(
    readFileSync(file, 'utf8'),
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d - 127\.0\.0\.1 - .* - SENT - sealed\n/,
  );
});

test('cmp2204: a program that announces itself is a peer, and stands in online_peers.txt', async (t) => {
  const scene = await startScene(t);
  const to = { host: '127.0.0.1', port: scene.beaconPort };
  const announcer = await startAnnouncer({ username: 'old hand', address: '10.9.9.9', to });
  t.after(announcer.close);
  const row = await scene.until(
    (event): event is PeerEvent => event.type === 'peer' && event.name === 'old hand',
  );
  assert.deepEqual([row.dialect, row.id, row.state], ['cmp2204', 'cmp2204://127.0.0.1', 'online']);
  const file = join(scene.home, 'online_peers.txt');
  await eventually(() => existsSync(file), 2_000, 'online_peers.txt');
  const rows = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, unknown>>;
  const { port, username, status } = rows['127.0.0.1'] ?? {};
  assert.deepEqual([port, username, status], [announcer.port, 'old hand', 'Online']);
  await initiate({ port: scene.port(), text: 'it is me' });
  const [line] = await scene.texts('cmp2204', 1);
  assert.equal(line, 'it is me');
  assert.equal((await scene.until(isMessage)).peer, 'old hand');
});

test('cmp2204: a peer is Unknown in the old file until it announces itself', async (t) => {
  const scene = await startScene(t);
  const file = join(scene.home, 'chat_history.txt');
  const kept = (): string[] =>
    existsSync(file)
      ? readFileSync(file, 'utf8')
          .split('\n')
          .map((line) => line.slice(22))
      : [];
  const untilKept = (line: string): Promise<void> =>
    eventually(() => kept().includes(line), 5_000, `${line} in chat_history.txt`);
  await initiate({ port: scene.port(), text: 'who am I' });
  await untilKept('127.0.0.1 - Unknown - RECEIVED - who am I');
  await initiate({ port: scene.port(), text: 'still nobody', secret: 6 });
  await untilKept('127.0.0.1 - Unknown - RECEIVED - still nobody');
  const to = { host: '127.0.0.1', port: scene.beaconPort };
  const announcer = await startAnnouncer({ username: 'old hand', address: '10.9.9.9', to });
  t.after(announcer.close);
  await scene.until((event): event is PeerEvent => event.type === 'peer' && event.name === 'old hand');
  await initiate({ port: scene.port(), text: 'it is me' });
  await untilKept('127.0.0.1 - old hand - RECEIVED - it is me');
});

test('chatbuddy: a friend who calls is talked with until it steps away', async (t) => {
  const scene = await startScene(t);
  const chat = await startChat(scene.port('chatbuddy'));
  chat.say('hello');
  const heard = await scene.until(isMessage);
  assert.equal(heard.text, 'hello');
  (await scene.node.send(heard.peerId, 'hi there'))._unsafeUnwrap();
  assert.equal(await chat.heard.take(), 'hi there');
  await chat.end();
  const left = await scene.until(isNotice('disconnected'));
  assert.equal(left.text, 'Looks like your friend stepped away.');
});

test('chatbuddy: a waiting friend is called, and gets our goodbye', async (t) => {
  const scene = await startScene(t);
  const waiting = await waitForChat();
  t.after(waiting.close);
  const peer = `chatbuddy://127.0.0.1:${waiting.port}`;
  (await scene.node.foreignConnect(peer))._unsafeUnwrap();
  const chat = await waiting.chat();
  (await scene.node.send(peer, 'are you there?'))._unsafeUnwrap();
  assert.equal(await chat.heard.take(), 'are you there?');
  chat.say('yes');
  assert.deepEqual(await scene.texts('chatbuddy', 1), ['yes']);
  (await scene.node.foreignLeave('chatbuddy', peer))._unsafeUnwrap();
  assert.equal(await chat.heard.take(), null);
});

test('synergy: peers are heard, listed, connected and left', async (t) => {
  const scene = await startScene(t);
  const other = await startSynergy({ name: 'ann' });
  t.after(other.close);
  await other.send(scene.port(), 'hi');
  assert.deepEqual(await scene.texts('synergy', 1), ['hi']);
  const peer = `synergy://127.0.0.1:${other.port}`;
  const listed = async () => (await scene.node.foreignPeers('synergy'))._unsafeUnwrap();
  assert.deepEqual(
    (await listed()).map((row) => [row.peer, row.name, row.isConnected]),
    [[peer, 'ann', false]],
  );
  (await scene.node.foreignConnect(peer))._unsafeUnwrap();
  assert.equal((await other.heard.take()).content, 'connect');
  assert.equal((await listed())[0]?.isConnected, true);
  (await scene.node.send('ann', 'to you'))._unsafeUnwrap();
  const heard = await other.heard.take();
  assert.deepEqual([heard.name, heard.content, heard.port], ['nora', 'to you', scene.port()]);
  await other.quit();
  await scene.until(isNotice('disconnected'));
  const gone = await scene.until(isGone(peer));
  assert.deepEqual([gone.name, gone.address, gone.port], ['ann', '127.0.0.1', other.port]);
  assert.ok(Date.now() - Date.parse(gone.lastSeen) < 60_000, gone.lastSeen);
  assert.deepEqual(await listed(), []);
});

test('synergy: mandatory peers are greeted, and every peer gets a goodbye when the node ends', async (t) => {
  const other = await startSynergy({ name: 'ann', form: 'course' });
  t.after(other.close);
  const scene = await startScene(t, { greet: [`127.0.0.1:${other.port}`] });
  assert.equal((await other.heard.take()).content, 'Hello!');
  await scene.node.close();
  assert.equal((await other.heard.take()).content, 'exit');
});

test('synergy: a message that cannot be delivered is given up in time, and says to whom', async (t) => {
  const scene = await startScene(t, { sendTimeoutMs: 300 });
  const queued = (await scene.node.send('synergy://127.0.0.1:1', 'hello?'))._unsafeUnwrap();
  const failed = await scene.until(isStatus(queued.id, 'failed'));
  assert.match(failed.reason ?? '', /^127\.0\.0\.1:1 could not be reached/);
});

test('cse310: a peer that connects and takes turns is answered', async (t) => {
  const scene = await startScene(t);
  const turns = await connectTo(scene.port('cse310'));
  t.after(turns.close);
  await turns.type('hello');
  const heard = await scene.until(isMessage);
  assert.deepEqual([heard.text, heard.peer], ['hello', 'Client']);
  (await scene.node.send(heard.peerId, 'hi'))._unsafeUnwrap();
  assert.equal(await turns.read(), 'nora: hi');
  await turns.type('/nickname Ann');
  await scene.until((event): event is PeerEvent => event.type === 'peer' && event.name === 'Ann');
  (await scene.node.rename('Nell'))._unsafeUnwrap();
  assert.equal(await turns.read(), 'nora changed their nickname to Nell.');
  await turns.type('/disconnect');
  assert.equal((await scene.until(isNotice('disconnected'))).text, 'Ann disconnected from the chat.');
});

test('cse310: a peer that waits is called', async (t) => {
  const scene = await startScene(t);
  const waiting = await waitFor();
  t.after(waiting.close);
  const peer = `cse310://127.0.0.1:${waiting.port}`;
  const queued = (await scene.node.send(peer, 'first'))._unsafeUnwrap();
  const turns = await waiting.turns();
  assert.equal(await turns.read(), 'nora: first');
  await scene.until(isStatus(queued.id, 'sent'));
  await turns.type('second');
  assert.deepEqual(await scene.texts('cse310', 1), ['second']);
  (await scene.node.disconnect(peer))._unsafeUnwrap();
  assert.equal(await turns.read(), 'nora disconnected from the chat.');
});

test('netech: active and connected peers are kept apart', async (t) => {
  const scene = await startScene(t);
  const blue = await startNetech({ team: 'blue' });
  t.after(blue.close);
  await blue.send(scene.port(), 'a|b|c');
  assert.deepEqual(await scene.texts('netech', 1), ['a|b|c']);
  const listed = async () => (await scene.node.foreignPeers('netech'))._unsafeUnwrap();
  assert.deepEqual(
    (await listed()).map((row) => [row.name, row.port, row.isConnected]),
    [['blue', blue.port, false]],
  );
  await blue.send(scene.port(), 'connection message');
  await scene.until(isNotice('connected'));
  assert.equal((await listed())[0]?.isConnected, true);
  (await scene.node.foreignConnect(`netech://127.0.0.1:${blue.port}`, { isManual: true }))._unsafeUnwrap();
  assert.equal((await blue.heard.take()).text, 'manual connection message');
  (await scene.node.send('blue', 'x'.repeat(3_000)))._unsafeUnwrap();
  const parts = [
    await blue.heard.take(),
    await blue.heard.take(),
    await blue.heard.take(),
    await blue.heard.take(),
  ];
  assert.equal(parts.map(({ text }) => text).join(''), 'x'.repeat(3_000));
  (await scene.node.foreignLeave('netech', null))._unsafeUnwrap();
  assert.equal((await blue.heard.take()).text, 'exit');
  assert.deepEqual(await listed(), []);
});
