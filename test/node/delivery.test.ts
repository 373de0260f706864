/** Messages arrive once, in order, byte for byte, and each of their states is published once, in order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatusEvent } from '../../src/chat/events.js';
import { newMessageId } from '../../src/node/message-id.js';
import {
  deliver,
  liveNode,
  message,
  must,
  peer,
  refusal,
  status,
  untilMet,
  type LiveNode,
} from '../support/live-node.js';
import { eventually } from '../support/deadline.js';
import { usableNowMs } from '../support/usable-time.js';
import { freeUdpPort } from '../support/free-port.js';

const statesOf = (node: LiveNode, id: string): readonly StatusEvent['state'][] =>
  node.events.flatMap((event) => (event.type === 'status' && event.id === id ? [event.state] : []));

test('the longest text, and one full of strange characters, arrive byte for byte', async (context) => {
  const beaconPort = await freeUdpPort();
  const alice = await liveNode(context, { name: 'alice', beaconPort });
  const bob = await liveNode(context, { name: 'bob', beaconPort });
  await untilMet(alice, bob);
  const texts = [
    'a'.repeat(65_536),
    '\u20ac'.repeat(21_845),
    'NUL \0 in it, 👩‍👩‍👧‍👦 🏴\u{e0067}\u{e007f}, CRLF\r\n\tand \u001b[2J\u202e, e\u0301 is not \u00e9\r\n',
    '\ufeffbegins with a mark',
    ' ',
    '\n',
  ];
  const statuses = await must(alice.handle.sendAll('bob', texts));
  for (const { id } of statuses) await alice.until(status(id, 'delivered'), 'delivered');
  for (const text of texts) await bob.until(message(text), 'told exactly');
  assert.deepEqual(bob.heard(), texts);
  for (const node of [alice, bob]) {
    const lines = await must(node.handle.history({}));
    assert.deepEqual(
      lines.map(({ text }) => text),
      texts,
    );
  }
});

test('a message keeps the id that its sender gives it, and a repetition sends nothing', async (context) => {
  const beaconPort = await freeUdpPort();
  const alice = await liveNode(context, { name: 'alice', beaconPort });
  const bob = await liveNode(context, { name: 'bob', beaconPort });
  await untilMet(alice, bob);
  // No order is read from an id: the second one is older than the first.
  const [id, older] = ['ffffffff-ffff-4fff-8fff-ffffffffffff', '00000000-0000-7000-8000-000000000000'];
  assert.deepEqual(await must(alice.handle.send('bob', 'one', { id })), {
    type: 'status',
    id,
    peer: 'bob',
    state: 'queued',
  });
  await must(alice.handle.sendAll('bob', ['two', 'three'], { ids: [older, newMessageId()] }));
  await alice.until(status(older, 'delivered'), 'delivered');
  await alice.until(status(id, 'delivered'), 'delivered');
  const again = await must(alice.handle.sendAll('bob', ['one', 'two'], { ids: [id, older] }));
  assert.deepEqual(
    again.map(({ state }) => state),
    ['delivered', 'delivered'],
  );
  await bob.until(message('three'), 'told');
  assert.deepEqual(bob.heard(), ['one', 'two', 'three']);
  assert.deepEqual(statesOf(alice, id), ['queued', 'sent', 'delivered']);

  assert.equal(await refusal(alice.handle.send('bob', 'other', { id })), 'message/id-taken');
  const mixed = { ids: [newMessageId(), id] };
  assert.equal(await refusal(alice.handle.sendAll('bob', ['new', 'other'], mixed)), 'message/id-taken');
  assert.equal((await must(alice.handle.history({}))).length, 3);
  for (const bad of ['', 'one', id.toUpperCase(), `${id}0`])
    assert.equal(await refusal(alice.handle.send('bob', 'x', { id: bad })), 'message/id-invalid');
  assert.equal(await refusal(alice.handle.sendAll('bob', ['x'], { ids: [] })), 'message/id-invalid');
});

test('two who dial each other at once end with one session, and nothing is lost or doubled', async (context) => {
  const beaconPort = await freeUdpPort();
  const alice = await liveNode(context, { name: 'alice', beaconPort });
  const bob = await liveNode(context, { name: 'bob', beaconPort });
  await untilMet(alice, bob);
  const rounds = 30;
  const sent = { alice: [] as string[], bob: [] as string[] };
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all([must(alice.handle.disconnect('bob')), must(bob.handle.disconnect('alice'))]);
    const [toBob, toAlice] = await Promise.all([
      must(alice.handle.sendAll('bob', [`a${round}.1`, `a${round}.2`])),
      must(bob.handle.sendAll('alice', [`b${round}.1`, `b${round}.2`])),
    ]);
    for (const { id } of toBob) sent.alice.push(id);
    for (const { id } of toAlice) sent.bob.push(id);
    // Every third round ends before the words have arrived.
    if (round % 3 === 0) continue;
    for (const id of sent.alice) await alice.until(status(id, 'delivered'), `round ${round}`);
    for (const id of sent.bob) await bob.until(status(id, 'delivered'), `round ${round}`);
  }
  const texts = (prefix: string) =>
    Array.from({ length: rounds }, (_, round) => [`${prefix}${round}.1`, `${prefix}${round}.2`]).flat();
  assert.deepEqual(bob.heard(), texts('a'));
  assert.deepEqual(alice.heard(), texts('b'));
  for (const id of sent.alice) assert.deepEqual(statesOf(alice, id), ['queued', 'sent', 'delivered']);
  for (const id of sent.bob) assert.deepEqual(statesOf(bob, id), ['queued', 'sent', 'delivered']);
  for (const node of [alice, bob]) {
    await eventually(async () => (await sessionsOf(node)) === 1, 5_000, 'one session');
  }
});

test('states come in order and once while hundreds of messages cross', async (context) => {
  const beaconPort = await freeUdpPort();
  // A state is ahead of the answer that names its message only where the disk has a thread of its own.
  const alice = await liveNode(context, { name: 'alice', beaconPort, placing: 'threads' });
  const bob = await liveNode(context, { name: 'bob', beaconPort, placing: 'threads' });
  await untilMet(alice, bob);
  const count = 120;
  const say = (from: LiveNode, to: string) =>
    Promise.all(Array.from({ length: count }, (_, at) => must(from.handle.send(to, `${to} ${at}`))));
  const [toBob, toAlice] = await Promise.all([say(alice, 'bob'), say(bob, 'alice')]);
  for (const { id } of toBob) await alice.until(status(id, 'delivered'), 'delivered');
  for (const { id } of toAlice) await bob.until(status(id, 'delivered'), 'delivered');
  for (const { id } of toBob) assert.deepEqual(statesOf(alice, id), ['queued', 'sent', 'delivered']);
  for (const { id } of toAlice) assert.deepEqual(statesOf(bob, id), ['queued', 'sent', 'delivered']);
  assert.deepEqual(
    bob.heard(),
    toBob.map((_, at) => `bob ${at}`),
  );
  const seqs = alice.events.flatMap((event) => (event.type === 'message' ? [event.seq] : []));
  assert.deepEqual(
    seqs,
    Array.from({ length: 2 * count }, (_, at) => at + 1),
    'every line is told once, in the order of the history',
  );
});

test('a parked session is resumed; after a restart of the peer a full handshake follows', async (context) => {
  const beaconPort = await freeUdpPort();
  const alice = await liveNode(context, { name: 'alice', beaconPort });
  const carol = await liveNode(context, { name: 'carol', beaconPort });
  const bob = await liveNode(context, { name: 'bob', beaconPort, maxConnections: 1 });
  await untilMet(alice, bob);
  await untilMet(carol, bob);
  await deliver(alice, 'bob', 'first');
  await deliver(carol, 'bob', 'makes bob park the other');
  await deliver(alice, 'bob', 'second');
  assert.deepEqual(isResumedOf(alice), [false, true]);
  const { home } = bob;
  await bob.close();
  await alice.until(peer(bob.id, 'offline'), 'bob is gone');
  const again = await liveNode(context, { name: 'bob', beaconPort, home });
  await deliver(alice, 'bob', 'third');
  assert.deepEqual(isResumedOf(alice), [false, true, false]);
  assert.deepEqual(again.heard(), ['third']);
});

test('messages for an absent peer go out within seconds of its first beacon', async (context) => {
  const beaconPort = await freeUdpPort();
  const alice = await liveNode(context, { name: 'alice', beaconPort });
  const bob = await liveNode(context, { name: 'bob', beaconPort });
  await untilMet(alice, bob);
  await deliver(alice, 'bob', 'before');
  const { home } = bob;
  await bob.close();
  await alice.until(peer(bob.id, 'offline'), 'bob is gone');
  const texts = Array.from({ length: 50 }, (_, at) => `waits ${at}`);
  const statuses = await must(alice.handle.sendAll('bob', texts));
  const again = await liveNode(context, { name: 'bob', beaconPort, home });
  const startedMs = usableNowMs();
  for (const { id } of statuses) await alice.until(status(id, 'delivered'), 'delivered');
  assert.ok(usableNowMs() - startedMs < 5_000);
  assert.deepEqual(again.heard(), texts);
});

/** Of each session that came up, in order. */
const isResumedOf = (node: LiveNode): readonly unknown[] =>
  node.log.filter(({ event }) => event === 'session-up').map(({ fields }) => fields['isResumed']);

async function sessionsOf(node: LiveNode): Promise<number> {
  const stats = await must(node.handle.stats());
  const actors = stats['actors'];
  assert.ok(Array.isArray(actors));
  return actors.filter((each: { readonly id?: unknown }) => String(each.id).startsWith('session:')).length;
}
