/** Readers of the events of a node miss nothing, see nothing twice, and hold nobody up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFeed } from '../../src/node/feed.js';
import type { NodeEvent } from '../../src/chat/events.js';
import { feed as limits } from '../../src/node/limits.js';
import { within } from '../support/deadline.js';
import { liveNode, must, untilMet, type LiveNode } from '../support/live-node.js';
import { freeUdpPort } from '../support/free-port.js';

test('a reader that resumes gets stored and new messages without a gap and without a repetition', async (context) => {
  const beaconPort = await freeUdpPort();
  const alice = await liveNode(context, { name: 'alice', beaconPort });
  const bob = await liveNode(context, { name: 'bob', beaconPort });
  await untilMet(alice, bob);
  const count = 2_400;
  const readers: Promise<readonly number[]>[] = [];
  for (let sent = 0; sent < count; sent += 100) {
    const texts = Array.from({ length: 100 }, (_, at) => `line ${sent + at + 1}`);
    const sending = must(alice.handle.sendAll('bob', texts));
    // Begins while lines arrive, at some line that is stored already or is yet to come.
    if (sent % 300 === 0) readers.push(seqsSince(bob, Math.floor(sent / 2), count));
    await sending;
  }
  readers.push(seqsSince(bob, 0, count), seqsSince(bob, count - 1, count));
  const from = [...Array.from({ length: 8 }, (_, at) => at * 150), 0, count - 1];
  for (const [at, reader] of readers.entries()) {
    const since = from[at] ?? 0;
    const expected = Array.from({ length: count - since }, (_, line) => since + line + 1);
    assert.deepEqual(await within(reader, 15_000, `reader since ${since}`), expected);
  }
});

test('every reader begins with the identity of the node and ends with its goodbye', async (context) => {
  const alice = await liveNode(context, { name: 'alice', beaconPort: await freeUdpPort() });
  const readers = [alice.handle.events(), alice.handle.events({ sinceSeq: 0 }), alice.handle.events()];
  const reading = readers.map(async (reader) => {
    const types: string[] = [];
    for await (const { type } of reader) types.push(type);
    return types;
  });
  // The resuming one subscribes with its first question.
  await must(alice.handle.self());
  await alice.close();
  for (const types of await within(Promise.all(reading), 5_000, 'every reader ends')) {
    assert.equal(types[0], 'ready');
    assert.equal(types.at(-1), 'bye');
  }
  const late: string[] = [];
  for await (const { type } of alice.handle.events()) late.push(type);
  assert.deepEqual(
    late.filter((type) => type !== 'ready'),
    [],
    'nothing follows the goodbye',
  );
});

test('a reader that does not read is ended with an error, and the others miss nothing', async () => {
  const feed = openFeed();
  const slow = feed.read();
  const quick = feed.read();
  let read = 0;
  for (let at = 0; at < limits.eventsWaitingMax + 10; at += 1) {
    feed.publish(sentTo(String(at)));
    const { value } = await quick.next();
    if (value?.type === 'status' && value.peer === String(at)) read += 1;
  }
  assert.equal(read, limits.eventsWaitingMax + 10);
  const seen: NodeEvent[] = [];
  for await (const each of slow) seen.push(each);
  assert.deepEqual(
    seen.map((each) => each.type === 'error' && each.code),
    ['feed/too-slow'],
  );
});

test('an operation that was published is not published again by a core that starts again', () => {
  const feed = openFeed();
  const peer = { peer: 'bob', peerId: 'b', conversation: 'dm:b' } as const;
  const at = '2026-05-01T12:00:00.000Z';
  feed.publish({ type: 'timer', seq: 7, id: 't', direction: 'in', ...peer, at, seconds: 60 });
  assert.equal(feed.publishedSeq(0), 7);
  feed.publish({ type: 'delete', seq: 9, id: 'd', direction: 'in', ...peer, target: 'm', at });
  assert.equal(feed.publishedSeq(0), 9);
});

test('a reader that leaves is forgotten, also while it waits', async (context) => {
  const alice = await liveNode(context, { name: 'alice', beaconPort: await freeUdpPort() });
  const reader = alice.handle.events()[Symbol.asyncIterator]();
  assert.equal((await reader.next()).value?.type, 'ready');
  const waiting = reader.next();
  await reader.return?.();
  assert.equal((await within(waiting, 1_000, 'the waiting read ends')).done, true);
});

const sentTo = (peer: string): NodeEvent => ({ type: 'status', id: 'x', peer, state: 'sent' });

/** The numbers of all messages after `since` that a reader gets, until number `last` has come. */
async function seqsSince(node: LiveNode, since: number, last: number): Promise<readonly number[]> {
  const seqs: number[] = [];
  for await (const event of node.handle.events({ sinceSeq: since })) {
    if (event.type !== 'message') continue;
    seqs.push(event.seq);
    if (event.seq >= last) break;
  }
  return seqs;
}
