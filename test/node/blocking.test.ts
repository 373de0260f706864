/** Blocked: from that peer nothing is shown or stored, to it nothing goes, until it is let in again. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
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
import { freeUdpPort } from '../support/free-port.js';

async function aliceAndBob(
  context: TestContext,
): Promise<{ readonly alice: LiveNode; readonly bob: LiveNode; readonly beaconPort: number }> {
  const beaconPort = await freeUdpPort();
  const alice = await liveNode(context, { name: 'alice', beaconPort });
  const bob = await liveNode(context, { name: 'bob', beaconPort });
  await untilMet(alice, bob);
  return { alice, bob, beaconPort };
}

test('a blocked peer loses its session, is refused, and is heard again after the unblock', async (context) => {
  const { alice, bob } = await aliceAndBob(context);
  await deliver(bob, 'alice', 'before');
  const row = await must(alice.handle.block('bob', true));
  assert.deepEqual([row.blocked, row.state], [true, 'offline']);
  const { id } = await must(bob.handle.send('alice', 'while blocked'));
  // Its ticket is void: it has to show its certificate, and is refused by it.
  await alice.untilLogged('session-failed', ({ code }) => code === 'session/blocked');
  assert.equal(await refusal(alice.handle.send('bob', 'to whom I block')), 'chat/blocked');
  assert.deepEqual(alice.heard(), ['before']);
  assert.deepEqual(
    (await must(alice.handle.history({}))).map(({ text }) => text),
    ['before'],
  );

  await must(alice.handle.block('bob', false));
  await alice.until(message('while blocked'), 'what bob said meanwhile waits on its side');
  await bob.until(status(id, 'delivered'), 'and is delivered now');
  await deliver(alice, 'bob', 'after');
});

test('messages for a blocked peer wait, and go out after the unblock', async (context) => {
  const { alice, bob, beaconPort } = await aliceAndBob(context);
  await deliver(alice, 'bob', 'before');
  const { home } = bob;
  await bob.close();
  await alice.until(peer(bob.id, 'offline'), 'bob is gone');
  const { id } = await must(alice.handle.send('bob', 'waits'));
  await must(alice.handle.block('bob', true));
  const back = await liveNode(context, { name: 'bob', beaconPort, home });
  await back.until(peer(alice.id, 'online'), 'alice is there');
  // Bob calls and is refused: alice knows by now that bob is there, and says nothing.
  await must(back.handle.send('alice', 'are you there?'));
  await alice.untilLogged('session-failed', ({ code }) => code === 'session/blocked');
  assert.equal(
    alice.events.some((event) => status(id, 'sent')(event) !== undefined),
    false,
  );
  const rows = await must(alice.handle.peers());
  assert.equal(rows.find((row) => row.id === bob.id)?.state, 'offline');

  await must(alice.handle.block('bob', false));
  await alice.until(status(id, 'delivered'), 'bob is let in');
  assert.deepEqual(back.heard(), ['waits']);
});

test('a block is kept over a restart, also of one who was only heard of', async (context) => {
  const { alice, bob, beaconPort } = await aliceAndBob(context);
  await must(alice.handle.block('bob', true));
  const { home } = alice;
  await alice.close();
  const again = await liveNode(context, { name: 'alice', beaconPort, home });
  // Bob cannot tell why the connection ends before it is up: his message waits, as for anybody who is not there.
  const { id } = await must(bob.handle.send(`127.0.0.1:${again.port}`, 'hello?'));
  await again.untilLogged('session-failed', ({ code }) => code === 'session/blocked');
  assert.deepEqual(again.heard(), []);
  await must(again.handle.block(bob.id, false));
  await deliver(again, bob.id, 'I have changed my mind');
  await bob.until(status(id, 'delivered'), 'what waited goes out, too');
});
