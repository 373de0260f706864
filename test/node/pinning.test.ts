/** A node talks to the key that was pinned, or to nobody. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { test, type TestContext } from 'node:test';
import { recordOf, signedDatagram } from '../support/beacon-node.js';
import {
  deliver,
  failure,
  liveNode,
  message,
  must,
  peer,
  refusal,
  status,
  untilMet,
  type LiveNode,
} from '../support/live-node.js';
import { identityIn } from '../support/stored-identity.js';
import { freeUdpPort } from '../support/free-port.js';

/** Alice has talked to bob; then bob lost its home and is back under the same name at the same address. */
async function bobWithANewKey(
  context: TestContext,
): Promise<{ readonly alice: LiveNode; readonly bobId: string; readonly other: LiveNode }> {
  const beaconPort = await freeUdpPort();
  const alice = await liveNode(context, { name: 'alice', beaconPort });
  const bob = await liveNode(context, { name: 'bob', beaconPort });
  await untilMet(alice, bob);
  await deliver(alice, 'bob', 'to the true bob');
  const { port, id } = bob;
  await bob.close();
  await alice.until(peer(id, 'offline'), 'bob is gone');
  const other = await liveNode(context, { name: 'bob', beaconPort, port, portStrict: true });
  await untilMet(alice, other);
  return { alice, bobId: id, other };
}

// Fault C2
test('a peer that is back with a new key gets nothing until the user names it by its tag', async (context) => {
  const { alice, bobId, other } = await bobWithANewKey(context);
  assert.equal(await refusal(alice.handle.send('bob', 'a secret')), 'chat/key-changed');
  assert.equal(await refusal(alice.handle.send('BOB', 'a secret')), 'chat/key-changed');
  const address = `127.0.0.1:${other.port}`;
  assert.equal(await refusal(alice.handle.send(address, 'a secret')), 'chat/key-changed');
  const rows = await must(alice.handle.peers());
  const row = rows.find(({ id }) => id === other.id);
  assert.match(row?.warning ?? '', /looks like bob#/);

  // A message for the full name of the old key waits, and does not go to the new one.
  const waiting = await must(alice.handle.send(bobId, 'for the old key only'));
  await alice.until(failure('session/key-changed'), 'the address of bob answers with another key');

  const tag = row?.tag ?? '';
  await deliver(alice, `bob#${tag}`, 'I know that it is you');
  await other.until(message('I know that it is you'), 'the new bob hears it');
  await deliver(alice, address, 'and at your address');
  assert.deepEqual(other.heard(), ['I know that it is you', 'and at your address']);
  assert.equal(
    alice.events.some((event) => status(waiting.id, 'sent')(event) !== undefined),
    false,
  );
});

// Case N3
test('a beacon of a known peer that somebody else sends leads nowhere, and the words wait', async (context) => {
  const beaconPort = await freeUdpPort();
  const alice = await liveNode(context, { name: 'alice', beaconPort });
  const bob = await liveNode(context, { name: 'bob', beaconPort });
  await untilMet(alice, bob);
  await deliver(alice, 'bob', 'before');
  const { home } = bob;
  await bob.close();
  await alice.until(peer(bob.id, 'offline'), 'bob is gone');
  const mallory = await liveNode(context, { name: 'mallory', beaconPort, bind: '127.0.0.2', broadcast: [] });
  const { id } = await must(alice.handle.send('bob', 'for bob alone'));

  // Signed as bob's beacons are: what somebody could record who hears bob where alice does not.
  const record = recordOf(identityIn(home), {
    tcpPort: mallory.port,
    name: 'bob',
    timeMs: Date.now() + 1_000,
  });
  await sendFrom('127.0.0.2', signedDatagram(identityIn(home), record), beaconPort);

  const back = await liveNode(context, { name: 'bob', beaconPort, home });
  await alice.until(status(id, 'delivered'), 'bob has it');
  await back.until(message('for bob alone'), 'bob shows it');
  assert.deepEqual(mallory.heard(), []);
  assert.ok(!mallory.log.some(({ event }) => event === 'session-up'), 'mallory does not learn who called');
  const places = alice.events.flatMap((event) =>
    event.type === 'peer' && event.id === bob.id ? [event.address] : [],
  );
  assert.ok(!places.includes('127.0.0.2'), 'nobody was put there');
});

async function sendFrom(address: string, datagram: Uint8Array, port: number): Promise<void> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
  await new Promise<void>((resolve) => socket.send(datagram, port, '127.0.0.1', () => resolve()));
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}
