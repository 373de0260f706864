/** Talks with programs that take what one read returns as one message: chatbuddy and cse310, in both roles. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { NodeEvent, StatusEvent } from '../../src/index.js';
import { foreignFrames } from '../../src/dialects/limits.js';
import { eventually } from '../support/deadline.js';
import { pacedTest } from '../support/paced-test.js';
import { startScene, type Scene } from '../support/foreign-scene.js';
import { connectBlocking, listenBlocking, type BlockingSocket } from '../support/standins/blocking-socket.js';
import { usableNowMs } from '../support/usable-time.js';

const heads = { chatbuddy: '', cse310: 'nora: ' } as const;
type Paced = keyof typeof heads;
const isSent = (event: NodeEvent): event is StatusEvent => event.type === 'status' && event.state === 'sent';
const numbered = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `text ${at} ü`);

/** Returns a reader of messages: one read is one message, as the program sees it. */
function messagesOf(socket: BlockingSocket, dialect: Paced): () => Promise<string> {
  const read: string[] = [];
  return async () => {
    if (read.length === 0) {
      const words = await socket.recv(1_024);
      // A message that follows one which may be unread begins with a line end.
      read.push(...(dialect === 'cse310' ? words.replace(/^\n/, '').split(/\n(?=nora: )/) : [words]));
      // It is our turn again: a program that takes turns is sent no more than one read before it speaks.
      if (dialect === 'cse310') socket.send('Pat: go on');
    }
    const message = read.shift() ?? '';
    assert.ok(message.startsWith(heads[dialect]), `no message of its own: ${message.slice(0, 80)}`);
    return message.slice(heads[dialect].length);
  };
}

/** All that is read until the other side has closed. */
async function readToEnd(socket: BlockingSocket): Promise<string[]> {
  const all: string[] = [];
  for (let words = await socket.recv(1_024); words !== ''; words = await socket.recv(1_024)) all.push(words);
  return all;
}

async function callUs(t: TestContext, scene: Scene, dialect: Paced) {
  const socket = await connectBlocking('127.0.0.1', scene.port(dialect));
  t.after(socket.close);
  await scene.until((event): event is NodeEvent => event.type === 'notice' && event.notice === 'connected');
  return { peer: `${dialect}://127.0.0.1`, socket: async () => socket };
}

async function areCalled(t: TestContext, dialect: Paced) {
  const server = await listenBlocking('127.0.0.1', 0);
  t.after(server.close);
  return { peer: `${dialect}://127.0.0.1:${server.port}`, socket: server.accept };
}

for (const dialect of ['chatbuddy', 'cse310'] as const) {
  for (const role of ['who calls us', 'whom we call'] as const) {
    pacedTest(
      `${dialect}: ${role} reads a long text and ten more whole, in order and none glued`,
      async (t) => {
        const scene = await startScene(t);
        const { peer, socket } =
          role === 'who calls us' ? await callUs(t, scene, dialect) : await areCalled(t, dialect);
        const long = 'ä€😀'.repeat(340);
        const short = numbered(10);
        (await scene.node.sendAll(peer, [long, ...short]))._unsafeUnwrap();
        const next = messagesOf(await socket(), dialect);
        let heard = '';
        while (heard.length < long.length) heard += await next();
        assert.equal(heard, long);
        for (const text of short) assert.equal(await next(), text);
        await eventually(() => scene.seen.filter(isSent).length === 11, 5_000, 'all told as sent');
      },
    );
  }
}

pacedTest('what a friend who hangs up had not been told by then is told in the next talk', async (t) => {
  const scene = await startScene(t);
  const { peer, socket } = await areCalled(t, 'chatbuddy');
  const texts = numbered(20);
  (await scene.node.sendAll(peer, texts))._unsafeUnwrap();
  const first = await socket();
  for (const text of texts.slice(0, 3)) assert.equal(await first.recv(1_024), text);
  await first.close();
  const second = await socket();
  const again: string[] = [];
  while (again.at(-1) !== texts.at(-1)) again.push(await second.recv(1_024));
  assert.deepEqual(again, texts.slice(-again.length));
  // One more may have been under way when the friend hung up, as with any program that confirms nothing.
  assert.ok(again.length >= 15, `only ${again.length}`);
});

pacedTest(
  'a farewell is a message of its own, also when the node ends right after the last text',
  async (t) => {
    const scene = await startScene(t);
    const { peer, socket } = await areCalled(t, 'chatbuddy');
    (await scene.node.send(peer, 'last words'))._unsafeUnwrap();
    const reading = await socket();
    const heard = readToEnd(reading);
    await scene.until(isSent);
    await scene.node.close();
    assert.deepEqual(await heard, ['last words', 'EOM']);
  },
);

pacedTest('who leaves has said before what was queued; who is blocked hears nothing more', async (t) => {
  const scene = await startScene(t);
  const { peer, socket } = await areCalled(t, 'chatbuddy');
  const texts = numbered(10);
  (await scene.node.sendAll(peer, texts.slice(0, 5)))._unsafeUnwrap();
  const first = await socket();
  assert.equal(await first.recv(1_024), texts[0]);
  const hearing = readToEnd(first);
  (await scene.node.foreignLeave('chatbuddy', peer))._unsafeUnwrap();
  assert.deepEqual(await hearing, [...texts.slice(1, 5), 'EOM']);

  (await scene.node.sendAll(peer, texts.slice(5)))._unsafeUnwrap();
  const second = await socket();
  assert.equal(await second.recv(1_024), texts[5]);
  const reading = readToEnd(second);
  (await scene.node.block(peer, true))._unsafeUnwrap();
  const rest = await reading;
  assert.equal(rest.pop(), 'EOM');
  assert.ok(rest.length <= 1, `more than was under way: ${rest.join()}`);
  (await scene.node.block(peer, false))._unsafeUnwrap();
  const third = await socket();
  while (rest.length < 4) rest.push(await third.recv(1_024));
  assert.deepEqual(rest, texts.slice(6));
});

test('a write without a turn of its own goes out at once', async (t) => {
  const scene = await startScene(t);
  const { peer, socket } = await areCalled(t, 'chatbuddy');
  (await scene.node.foreignConnect(peer))._unsafeUnwrap();
  const reading = await socket();
  // The least of several: one of them meets a machine that has time.
  let leastMs = Number.POSITIVE_INFINITY;
  for (const text of numbered(5)) {
    await new Promise((resolve) => setTimeout(resolve, 2 * foreignFrames.idleGapMs));
    const sinceMs = usableNowMs();
    (await scene.node.send(peer, text))._unsafeUnwrap();
    assert.equal(await reading.recv(1_024), text);
    leastMs = Math.min(leastMs, usableNowMs() - sinceMs);
  }
  assert.ok(leastMs < foreignFrames.idleGapMs, `${leastMs} ms`);
});
