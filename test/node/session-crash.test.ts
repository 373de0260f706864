/**
 * A session or a foreign connection that throws loses its state while its thread lives on: the owner of the socket
 * has to end it, or the other side would talk to nobody.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { shippedWorkers, type WorkerEntries } from '../../src/node/tree.js';
import { testMsMax, within } from '../support/deadline.js';
import { faultyWorkers } from '../support/faulty/order.js';
import { sendPatiently } from '../support/live-node.js';
import { startSceneNode } from '../support/scene-nodes.js';
import { startHolding } from '../support/simulated-peer.js';
import { queue } from '../support/standins/blocking-socket.js';
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

const noSession: WorkerEntries = (worker) =>
  worker === 'session' ? new URL('./there-is-none.js', import.meta.url) : shippedWorkers(worker);

test('the connection of a session whose actor cannot start is ended', options, async (context) => {
  const ended = queue<null>();
  const server = createServer((socket) => socket.resume().on('end', () => ended.put(null)));
  context.after(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const beaconPorts = [await freeUdpPort()];
  const alice = await startSceneNode(context, { name: 'alice', beaconPorts }, noSession);
  const [sent] = (await alice.handle.sendAll(`127.0.0.1:${port}`, ['hello?']))._unsafeUnwrap();
  assert.equal(sent?.state, 'queued');
  await within(ended.take(), 5_000, 'the other end hears of it');
});
