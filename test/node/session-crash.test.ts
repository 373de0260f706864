/**
 * A session or a foreign connection that throws loses its state while its thread lives on: the owner of the socket
 * has to end it, or the other side would talk to nobody.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { openConnections } from '../../src/node/connections.js';
import { parseSessionId } from '../../src/ids.js';
import { startSupervisor } from '../../src/runtime/tree/supervisor.js';
import { testMsMax, within } from '../support/deadline.js';
import { faultyWorkers } from '../support/faulty/order.js';
import { sendPatiently } from '../support/live-node.js';
import { startSceneNode } from '../support/scene-nodes.js';
import { makeNode } from '../support/session-pair.js';
import { startHolding } from '../support/simulated-peer.js';
import { startChat } from '../support/standins/chatbuddy.js';
import { freeUdpPort } from '../support/free-port.js';

const options = { timeout: testMsMax };

test('the connection that we opened for a session that throws is ended', options, async (context) => {
  const faults = faultyWorkers();
  context.after(() => faults.close());
  const other = await startHolding();
  context.after(other.close);
  const beaconPorts = [await freeUdpPort()];
  const alice = await startSceneNode(context, { name: 'alice', beaconPorts }, faults.entries);
  await sendPatiently(alice.handle, `127.0.0.1:${other.port}`, ['hello?']);
  let { ended } = await other.held.take();
  // Of several handshakes the last one was in time, and its session carries the message.
  while (other.held.waiting.length > 0) ({ ended } = await other.held.take());
  faults.fail('session', 'handler');
  await within(ended, 5_000, 'the connection is ended');
  // Messages that waited are sent again, over a new one.
  await other.held.take();
});

test('the connection of an older program whose talk throws is ended', options, async (context) => {
  const faults = faultyWorkers();
  context.after(() => faults.close());
  const beaconPorts = [await freeUdpPort()];
  const older = { dialects: ['chatbuddy'], listen: ['chatbuddy=0'] } as const;
  const alice = await startSceneNode(context, { name: 'alice', beaconPorts, ...older }, faults.entries);
  const self = (await alice.handle.self())._unsafeUnwrap();
  const chat = await startChat(self.foreignPorts?.[0]?.port ?? 0);
  chat.say('one');
  await new Promise<void>((resolve) =>
    alice.watch((seen) => {
      if (seen.type === 'message') resolve();
    }),
  );
  faults.fail('session', 'handler');
  await faults.hears('session');
  chat.say('two');
  assert.equal(await within(chat.heard.take(), 5_000, 'the connection is ended'), null);
});

test('a session that cannot be started leaves nobody at the other end of its stream', options, async () => {
  const noWorker = { kind: 'thread', entry: new URL('./there-is-none.js', import.meta.url) } as const;
  const growing = startSupervisor({
    name: 'root',
    strategy: 'one-for-one',
    children: [{ name: 'sessions', strategy: 'one-for-one', children: [] }],
  });
  const tree = (await growing)._unsafeUnwrap();
  for (const there of [null, tree]) {
    const connections = openConnections(noWorker, () => Promise.resolve(there));
    const channel = new MessageChannel();
    const closed = once(channel.port1, 'close');
    connections.startSession({
      sessionId: parseSessionId('s-1')._unsafeUnwrap(),
      local: makeNode().local,
      role: { type: 'responder' },
      port: channel.port2,
    });
    await within(closed, 5_000, 'the other end hears of it');
  }
  await tree.stop();
});
