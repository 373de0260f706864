/** Texts that disappear, between two cores with histories on disk and under virtual time. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { ExpiryClock } from '../../../src/chat/delivery/expiry/clock.js';
import { wordsOf } from '../../../src/chat/delivery/entry.js';
import { holds } from '../../support/seeds.js';
import { openPair, type PairNode } from '../../support/core-pair.js';
import { messageId } from '../../support/core-scene.js';
import fc from 'fast-check';

const texts = async (node: PairNode) => (await node.page()).map(({ content }) => wordsOf(content));
const secondsOf = async (node: PairNode, other: PairNode) =>
  ((await node.ask('timer', { peer: other.me.peerId })) as { readonly seconds: number }).seconds;
const codeOf = async (asked: Promise<unknown>) => ((await asked) as { readonly code?: string }).code;
const startMs = 1_000_000_000_000;
const dayMs = 86_400_000;

async function scene(context: TestContext) {
  const opened = await openPair();
  context.after(opened.close);
  const { alice, bob } = opened;
  for (const node of [alice, bob]) node.wallOffsetMs = startMs;
  let sent = 0;
  const peerOf = (node: PairNode) => (node === alice ? bob : alice).me.peerId;
  const send = (node: PairNode, text: string) => {
    sent += 1;
    return node.ask('send', { peer: peerOf(node), messages: [{ id: messageId(sent), text }], via: null });
  };
  let timers = 1_000;
  const setTimer = (node: PairNode, seconds: number) => {
    timers += 1;
    return node.ask('setTimer', { peer: peerOf(node), seconds, id: messageId(timers) });
  };
  const both = async () => [await texts(alice), await texts(bob)];
  const files = () =>
    [alice, bob].flatMap(({ home }) => readdirSync(home).map((name) => readFileSync(join(home, name))));
  return { ...opened, send, setTimer, both, files };
}

// Case R9
test('a timer holds on both sides, and a text leaves both homes when its time is over', async (context) => {
  const { alice, bob, connect, send, setTimer, both, files } = await scene(context);
  await connect();
  await send(alice, 'stays');
  await setTimer(alice, 60);
  assert.deepEqual(await bob.ask('timer', { peer: alice.me.peerId }), {
    peer: alice.me.name,
    peerId: alice.me.peerId,
    seconds: 60,
  });
  await send(alice, 'zebrafink');
  await alice.ask('operate', { peer: null, word: '^1', operation: { do: 'edit', text: 'quagga' } });
  await send(bob, 'okapi');
  for (const node of [alice, bob]) await node.pass(59_000);
  assert.deepEqual(await both(), [
    ['stays', 'quagga', 'okapi'],
    ['stays', 'quagga', 'okapi'],
  ]);
  for (const node of [alice, bob]) await node.pass(2_000);
  assert.deepEqual(await both(), [['stays'], ['stays']]);
  for (const node of [alice, bob]) await node.idle();
  for (const word of ['zebrafink', 'quagga', 'okapi'])
    assert.ok(!files().some((bytes) => bytes.includes(word)), word);
  const gone = alice.events.flatMap((event) => (event.type === 'delete' ? [event.expired] : []));
  assert.deepEqual(gone, [true, true]);
  await setTimer(bob, 0);
  await send(alice, 'stays, too');
  for (const node of [alice, bob]) await node.pass(2 * dayMs);
  assert.deepEqual(await both(), [
    ['stays', 'stays, too'],
    ['stays', 'stays, too'],
  ]);
});

test('a text that waits until its time is over is not sent, and its sender learns why', async (context) => {
  const { alice, connect, disconnect, send, setTimer, both } = await scene(context);
  await connect();
  await setTimer(alice, 30);
  await disconnect();
  await send(alice, 'zebrafink');
  await alice.pass(31_000);
  await connect();
  assert.deepEqual(await both(), [[], []]);
  const failed = alice.events.filter((event) => event.type === 'status' && event.state === 'failed');
  assert.deepEqual(
    failed.map((event) => event.type === 'status' && event.reason),
    ['expired'],
  );
});

test('a clock that is set shortens the time of a text, and never lengthens it', async (context) => {
  const { alice, bob, connect, send, setTimer, both } = await scene(context);
  await connect();
  await setTimer(alice, 3_600);
  await send(alice, 'zebrafink');
  alice.wallOffsetMs -= dayMs;
  bob.wallOffsetMs += dayMs;
  for (const node of [alice, bob]) await node.pass(4_000);
  assert.deepEqual(await both(), [['zebrafink'], []], 'the clock of bob was set ahead');
  await send(alice, 'okapi');
  await alice.pass(3_590_000);
  assert.deepEqual(await texts(alice), ['zebrafink', 'okapi']);
  await alice.pass(10_000);
  assert.deepEqual(await texts(alice), []);
});

test('a start removes what is overdue, and lets no text live longer than its whole time', async (context) => {
  const { alice, bob, connect, send, setTimer } = await scene(context);
  await connect();
  await setTimer(alice, 60);
  await send(alice, 'zebrafink');
  alice.wallOffsetMs += 50_000;
  await alice.restart();
  await alice.pass(11_000);
  assert.deepEqual(await texts(alice), []);
  bob.wallOffsetMs -= dayMs;
  await bob.restart();
  assert.equal(((await bob.ask('timer', { peer: alice.me.peerId })) as { seconds: number }).seconds, 60);
  await bob.pass(55_000);
  assert.deepEqual(await texts(bob), ['zebrafink']);
  await bob.pass(20_000);
  assert.deepEqual(await texts(bob), []);
});

test('a later timer counts, though the clock of the other side ran ahead', async (context) => {
  const { alice, bob, connect, setTimer } = await scene(context);
  bob.wallOffsetMs += 365 * dayMs;
  await connect();
  await setTimer(bob, 60);
  await setTimer(alice, 600);
  assert.equal(await secondsOf(alice, bob), 600);
  assert.equal(await secondsOf(bob, alice), 600);
});

test('both sides have one timer, though the calendar of one stands at 1970', async (context) => {
  const { alice, bob, connect, setTimer } = await scene(context);
  bob.wallOffsetMs = 0;
  await connect();
  await setTimer(alice, 60);
  await setTimer(bob, 600);
  assert.deepEqual([await secondsOf(alice, bob), await secondsOf(bob, alice)], [600, 600]);
});

test('a peer whose program cannot is refused a timer; a time out of bounds is refused', async (context) => {
  const { alice, connect, setTimer } = await scene(context);
  assert.equal(await codeOf(setTimer(alice, 4)), 'message/timer-invalid');
  assert.equal(await codeOf(setTimer(alice, 367 * 86_400)), 'message/timer-invalid');
  await connect(9);
  assert.equal(await codeOf(setTimer(alice, 60)), 'chat/peer-cannot');
});

test('an unread message that disappears or is deleted is counted no more', async (context) => {
  const { alice, bob, connect, send, setTimer } = await scene(context);
  const unread = async () => ((await bob.ask('unread', {})) as readonly { unread: number }[])[0]?.unread ?? 0;
  const published = () => bob.events.flatMap((event) => (event.type === 'peer' ? [event.unread] : [])).at(-1);
  await connect();
  await send(alice, 'stays');
  await setTimer(alice, 60);
  await send(alice, 'goes');
  await setTimer(alice, 0);
  await send(alice, 'a mistake');
  assert.equal(await unread(), 3);
  await bob.pass(61_000);
  assert.deepEqual([await unread(), published()], [2, 2]);
  await alice.ask('operate', { peer: null, word: '^1', operation: { do: 'delete' } });
  assert.deepEqual([await unread(), published()], [1, 1]);
  await bob.restart();
  assert.equal(await unread(), 1);
  const { peerId } = alice.me;
  await bob.ask('operate', { peer: peerId, word: '@1', operation: { do: 'delete', forMe: true } });
  assert.deepEqual([await unread(), published()], [0, 0]);
});

test('a read mark excepts the messages that disappeared before they were read', async (context) => {
  const { alice, bob, connect, send, setTimer } = await scene(context);
  await connect();
  for (const node of [alice, bob]) await node.ask('setPrivacy', { receipts: 'contacts' });
  await send(bob, 'hello');
  await setTimer(alice, 60);
  await send(alice, 'unread');
  await setTimer(alice, 0);
  await send(alice, 'read');
  // Only the copy of bob is gone when he reads.
  await bob.pass(61_000);
  await bob.ask('read', { peer: alice.me.peerId, upToSeq: null });
  const read = (await alice.page()).map(({ readAtMs }) => readAtMs !== undefined);
  assert.deepEqual(read, [false, false, true]);
  const [event] = alice.events.filter(({ type }) => type === 'read');
  assert.deepEqual(event?.type === 'read' && event.except, [messageId(2)]);
});

test('the clock of texts never goes back, and keeps pace with the faster of two clocks', (t) => {
  const steps = fc.array(fc.tuple(fc.nat(10_000), fc.integer({ min: -dayMs, max: dayMs })), {
    maxLength: 30,
  });
  holds(
    t,
    fc.property(steps, (jumps) => {
      const clock = new ExpiryClock();
      let [monotonicMs, offsetMs] = [5, 1_000];
      let before = clock.read({ monotonicMs, wallMs: monotonicMs + offsetMs });
      for (const [passMs, jumpMs] of jumps) {
        monotonicMs += passMs;
        offsetMs += jumpMs;
        const now = clock.read({ monotonicMs, wallMs: monotonicMs + offsetMs });
        assert.ok(now >= before + passMs && now >= monotonicMs + offsetMs);
        before = now;
      }
    }),
  );
});
