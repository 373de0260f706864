/** Siblings of the five programs, and what each of the originals does with words it does not expect. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageEvent, NodeEvent, NoticeEvent, StatusEvent } from '../../src/index.js';
import { eventually, hangMs } from '../support/deadline.js';
import { startScene, type Scene } from '../support/foreign-scene.js';
import { newTally, simulatedPeer } from '../support/simulated-peer.js';
import { connectBlocking, type BlockingSocket } from '../support/standins/blocking-socket.js';
import { startChat } from '../support/standins/chatbuddy.js';
import { initiate, startAnnouncer, startResponder } from '../support/standins/cmp2204.js';
import { connectTo } from '../support/standins/cse310.js';
import { startNetech } from '../support/standins/netech.js';
import { startSynergy } from '../support/standins/synergy.js';

const isNotice =
  (notice: NoticeEvent['notice']) =>
  (event: NodeEvent): event is NoticeEvent =>
    event.type === 'notice' && event.notice === notice;
const hasState =
  (id: string, state: StatusEvent['state']) =>
  (event: NodeEvent): event is StatusEvent =>
    event.type === 'status' && event.id === id && event.state === state;

async function send(scene: Scene, peer: string, text: string): Promise<string> {
  return (await scene.node.send(peer, text))._unsafeUnwrap().id;
}

// Case O1
test('synergy: a peer that never spoke gets the text form, and the user one hint of the other', async (t) => {
  const scene = await startScene(t);
  const sibling = await startSynergy({ name: 'sue', form: 'course', isSingleThreaded: true });
  t.after(sibling.close);
  const peer = `synergy://127.0.0.1:${sibling.port}`;
  await send(scene, peer, 'one');
  await send(scene, peer, 'two');
  const heard = [await sibling.heard.take(), await sibling.heard.take()];
  assert.deepEqual(
    heard.map(({ form, content }) => [form, content]),
    [
      ['course', 'one'],
      ['course', 'two'],
    ],
  );
  const { text } = await scene.until(isNotice('text-form'));
  assert.match(
    text,
    new RegExp(`^sent in the text form; .* synergy\\+json://127\\.0\\.0\\.1:${sibling.port}$`),
  );
  assert.equal(scene.seen.filter(isNotice('text-form')).length, 1);
  // Connected only once the other side can know it.
  (await scene.node.foreignConnect(peer))._unsafeUnwrap();
  assert.equal((await sibling.heard.take()).content, 'connect');
  const isConnected = async (): Promise<boolean | undefined> =>
    (await scene.node.foreignPeers('synergy'))._unsafeUnwrap()[0]?.isConnected;
  assert.equal(await isConnected(), false);
  await sibling.send(scene.port(), 'I am here');
  await scene.texts('synergy', 1);
  assert.equal(await isConnected(), true);
  assert.equal(sibling.deafness(), null);
});

// Case O1
test('synergy: the JSON version survives a text and is reached by its address or once it spoke', async (t) => {
  const scene = await startScene(t);
  const original = await startSynergy({ name: 'ann', form: 'json' });
  t.after(original.close);
  await send(scene, `synergy://127.0.0.1:${original.port}`, 'lost');
  await eventually(() => original.tracebacks.length === 1, 5_000, 'a traceback');
  await send(scene, `synergy+json://127.0.0.1:${original.port}`, 'shown');
  assert.equal((await original.heard.take()).content, 'shown');
  await original.send(scene.port(), 'hello');
  await scene.texts('synergy', 1);
  await send(scene, `synergy://127.0.0.1:${original.port}`, 'in kind');
  assert.equal((await original.heard.take()).content, 'in kind');
  assert.equal(original.tracebacks.length, 1);
});

// Case O2
for (const spelling of ['underscore', 'joined'] as const)
  test(`cmp2204: a sibling that reads ${spelling} keys survives plain and secure texts, we first`, async (t) => {
    const scene = await startScene(t);
    const sibling = await startResponder({ spelling });
    t.after(sibling.close);
    const peer = `cmp2204://127.0.0.1:${sibling.port}`;
    (await scene.node.sendVia(peer, 'open', { isPlain: true }))._unsafeUnwrap();
    await send(scene, peer, 'sealed ğ');
    const received = [await sibling.received.take(), await sibling.received.take()];
    assert.deepEqual(
      received.map(({ text, isEncrypted }) => [text, isEncrypted]),
      [
        ['open', false],
        ['sealed ğ', true],
      ],
    );
    assert.equal(sibling.death(), null);
  });

// Case O2
test('cmp2204: without a beacon the original loses one thread and gets its form at try two', async (t) => {
  const scene = await startScene(t);
  const original = await startResponder({});
  t.after(original.close);
  const peer = `cmp2204://127.0.0.1:${original.port}`;
  const id = await send(scene, peer, 'sealed');
  assert.equal((await original.received.take()).text, 'sealed');
  await scene.until(hasState(id, 'sent'));
  assert.equal(original.threadsLost.length, 1);
  await send(scene, peer, 'again');
  assert.equal((await original.received.take()).text, 'again');
  assert.equal(original.threadsLost.length, 1);
});

// Case O2
test('cmp2204: an announcement with an address gets the form of the original first', async (t) => {
  const scene = await startScene(t);
  const original = await startResponder({});
  const to = { host: '127.0.0.1', port: scene.beaconPort };
  const announcer = await startAnnouncer({ username: 'ole', address: '127.0.0.1', to });
  t.after(() => Promise.all([original.close(), announcer.close()]));
  await scene.until((event): event is NodeEvent => event.type === 'peer' && event.name === 'ole');
  await send(scene, `cmp2204://127.0.0.1:${original.port}`, 'sealed');
  assert.equal((await original.received.take()).text, 'sealed');
  assert.deepEqual(original.threadsLost, []);
});

// Case O2
test('cmp2204: a program that agrees on no key is given up, and never gets a form twice', async (t) => {
  const scene = await startScene(t);
  const sibling = await startResponder({ spelling: 'joined' });
  const to = { host: '127.0.0.1', port: scene.beaconPort };
  // It announces no address, so the repr of bytes never goes there.
  const announcer = await startAnnouncer({ username: 'sib', address: '', to, withAddress: false });
  await scene.until((event): event is NodeEvent => event.type === 'peer' && event.name === 'sib');
  const original = await startResponder({});
  t.after(() => Promise.all([sibling.close(), original.close(), announcer.close()]));
  const id = await send(scene, `cmp2204://127.0.0.1:${original.port}`, 'sealed');
  const failed = await scene.until(hasState(id, 'failed'));
  assert.match(failed.reason ?? '', /did not agree on a key in 2 tries/);
  assert.equal(original.threadsLost.length, 2);
  await send(scene, `cmp2204://127.0.0.1:${sibling.port}`, 'sealed');
  assert.equal((await sibling.received.take()).text, 'sealed');
  assert.equal(sibling.death(), null);
});

// Case O7
test('cmp2204: an encrypted text of another known group is read', async (t) => {
  const scene = await startScene(t);
  const group = { p: 19, q: 2 };
  const secrets = [3, 7, 11, 16];
  for (const secret of secrets) await initiate({ port: scene.port(), text: `real ${secret}`, secret, group });
  for (const secret of secrets)
    await initiate({ port: scene.port(), text: `sibling ${secret}`, secret, spelling: 'underscore' });
  assert.deepEqual(await scene.texts('cmp2204', 8), [
    ...secrets.map((secret) => `real ${secret}`),
    ...secrets.map((secret) => `sibling ${secret}`),
  ]);
});

// Case O7
test('cmp2204: an encrypted text of any group is read where its number shows that it is not ours', async (t) => {
  const scene = await startScene(t);
  const group = { p: 1_009, q: 11 };
  await initiate({ port: scene.port(), text: 'original', secret: 500, group });
  for (const secret of [2, 5, 500])
    await initiate({ port: scene.port(), text: `sibling ${secret}`, secret, group, spelling: 'underscore' });
  assert.deepEqual(await scene.texts('cmp2204', 4), ['original', 'sibling 2', 'sibling 5', 'sibling 500']);
});

// Case O3
test('cse310: a peer that takes turns gets one read at a time, and no character is cut', async (t) => {
  const scene = await startScene(t);
  const turns = await connectTo(scene.port('cse310'));
  t.after(turns.close);
  await turns.type('go');
  const { peerId } = await scene.until(
    (event): event is MessageEvent => event.type === 'message' && event.direction === 'in',
  );
  const texts = Array.from({ length: 12 }, (_, at) => `${at} ${'ğ'.repeat(100)}`);
  const ids = (await scene.node.sendAll(peerId, texts))._unsafeUnwrap().map(({ id }) => id);
  const lines: string[] = [];
  for (let turn = 0; lines.length < texts.length; turn += 1) {
    assert.ok(turn < texts.length, lines.join('|'));
    const words = (await turns.read()) ?? '';
    assert.ok(Buffer.byteLength(words) <= 1_024);
    lines.push(...words.split('\n').filter((line) => line !== ''));
    // Only a text that the socket took is reported as sent.
    const sent = scene.seen.filter((event) => event.type === 'status' && event.state === 'sent').length;
    assert.ok(sent <= lines.length + 5, `${sent} told as sent, ${lines.length} read`);
    await turns.type('next');
  }
  assert.deepEqual(
    lines,
    texts.map((text) => `nora: ${text}`),
  );
  for (const id of ids) await scene.until(hasState(id, 'sent'));
});

// Case O10
test('cse310: an empty text is shown, and tells that it is our turn', async (t) => {
  const scene = await startScene(t);
  const turns = await connectTo(scene.port('cse310'));
  t.after(turns.close);
  await turns.type('');
  await scene.until(isNotice('your-turn'));
  assert.deepEqual(await scene.texts('cse310', 1), ['']);
});

// Case O10
test('empty texts of the other programs are heard and kept', async (t) => {
  const scene = await startScene(t);
  const [ann, blue] = await Promise.all([startSynergy({ name: 'ann' }), startNetech({ team: 'blue' })]);
  t.after(() => Promise.all([ann.close(), blue.close()]));
  await initiate({ port: scene.port(), text: '' });
  await initiate({ port: scene.port(), text: '', secret: 6 });
  await ann.send(scene.port(), '');
  await blue.send(scene.port(), '');
  const chat = await startChat(scene.port('chatbuddy'));
  chat.say('\n');
  t.after(chat.close);
  for (const dialect of ['synergy', 'netech', 'chatbuddy'] as const)
    assert.deepEqual(await scene.texts(dialect, 1), [''], dialect);
  assert.deepEqual(await scene.texts('cmp2204', 2), ['', '']);
  assert.equal((await scene.node.history({}))._unsafeUnwrap().length, 5);
});

// Case O5
test('cmp2204: five initiators whose users type at once are all heard', async (t) => {
  const scene = await startScene(t);
  // Nobody has typed a text before each of them has agreed on a key.
  let typing = 0;
  const type = (): Promise<void> => {
    typing += 1;
    return eventually(() => typing === texts.length, 20_000, 'all agree on their keys');
  };
  const texts = [1, 2, 3, 4, 5].map((at) => `typed ${at}`);
  await Promise.all(
    texts.map((text, at) =>
      initiate({
        port: scene.port(),
        text,
        secret: 6,
        localAddress: `127.0.0.${at + 11}`,
        typing: type,
      }),
    ),
  );
  assert.deepEqual((await scene.texts('cmp2204', 5)).toSorted(), texts);
});

// Case O5
test('five of seven talks are served, the users of the others read why not, and messages pass', async (t) => {
  const scene = await startScene(t);
  const callers = new Map<number, BlockingSocket>();
  for (let host = 1; host <= 7; host += 1) {
    const caller = await connectBlocking('127.0.0.1', scene.port(dialectOf(host)), `127.0.2.${host}`);
    t.after(caller.close);
    caller.send(`Pat: hello ${host}`);
    callers.set(host, caller);
    // The talk of each begins before the next one calls.
    if (host <= 5) await scene.texts(dialectOf(host), Math.ceil(host / 2));
  }
  const read = async (host: number): Promise<string> => (await callers.get(host)?.recv(1_024)) ?? '';
  // The sixth and the seventh wait, and get no slot in their time.
  for (const host of [6, 7]) {
    assert.match(
      await read(host),
      /^(\/disconnect)?All connections are in use, so nothing that you wrote was read\./,
    );
    assert.equal(await read(host), '');
  }
  // The events come some time after the sockets have closed, and two callers that end at once end in any order.
  const areCutOff = (hosts: readonly string[]): Promise<void> =>
    eventually(() => hosts.every((host) => cutOff(scene).includes(host)), hangMs, 'the notices');
  await areCutOff(['127.0.2.6', '127.0.2.7']);
  assert.equal(cutOff(scene).length, 2);
  const heard = scene.seen.flatMap((event) =>
    event.type === 'message' ? [event.text.replace('Pat: ', '')] : [],
  );
  assert.deepEqual(
    heard.toSorted(),
    [1, 2, 3, 4, 5].map((host) => `hello ${host}`),
  );
  // A message of a foreign program, and a native stranger, need a slot: those that are silent for longest leave.
  await initiate({ port: scene.port(), text: 'a message', localAddress: '127.0.3.1' });
  assert.deepEqual(await scene.texts('cmp2204', 1), ['a message']);
  assert.match(
    await read(1),
    /^\/disconnectThis conversation ends because other callers need its connection\./,
  );
  const target = { host: '127.0.0.1', port: scene.port(), from: '127.0.3.2' };
  await simulatedPeer('pat', target, newTally()).deliver(['a native message']);
  assert.match(await read(2), /^This conversation ends because other callers need its connection\./);
  assert.equal(await read(2), 'EOM');
  await areCutOff(['127.0.2.1', '127.0.2.2']);
  assert.equal(cutOff(scene).length, 4);
  // The other three talk on.
  for (const host of [3, 4, 5]) {
    await send(scene, `${dialectOf(host)}://127.0.2.${host}`, 'still there?');
    assert.match(await read(host), /still there\?$/);
  }
});

/** Half of the callers by each program. */
const dialectOf = (host: number) => (host % 2 === 0 ? 'chatbuddy' : 'cse310');

/** The hosts of the users that were reported as cut off, in order. */
const cutOff = ({ seen }: Scene): readonly string[] =>
  seen.filter(isNotice('cut-off')).map(({ text }) => /127\.0\.\d+\.\d+/.exec(text)?.[0] ?? text);

// Case O8
test('a program that never takes a message is tried ever more seldom', async (t) => {
  const scene = await startScene(t);
  let connections = 0;
  const { createServer } = await import('node:net');
  const server = createServer((socket) => {
    connections += 1;
    // It reads the key and breaks.
    socket.once('data', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  // A key is awaited, so that the message is never sent; the form changes with each try until none is left.
  const id = await send(scene, `cmp2204://127.0.0.1:${address.port}`, 'hello?');
  const { reason = '' } = await scene.until(hasState(id, 'failed'));
  assert.match(reason, /did not agree on a key in 3 tries/);
  assert.equal(connections, 3);
});

// Case O11
test('a valid message gets through right after two that made no sense', async (t) => {
  const scene = await startScene(t);
  for (const nonsense of ['\u0001\u0002', 'GET / HTTP/1.1\r\n']) {
    const socket = await connectBlocking('127.0.0.1', scene.port(), '127.0.0.9');
    socket.send(nonsense);
    await socket.recv(1);
    await socket.close();
  }
  await initiate({ port: scene.port(), text: 'sense', localAddress: '127.0.0.9' });
  assert.deepEqual(await scene.texts('cmp2204', 1), ['sense']);
});
