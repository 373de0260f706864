/** Presence of peers while the actor that hears beacons fails. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PeerEvent } from '../../src/chat/events.js';
import { startBeaconNode } from '../support/beacon-node.js';
import { eventually, testMsMax } from '../support/deadline.js';
import { faultyWorkers } from '../support/faulty/order.js';
import { startSceneNode } from '../support/scene-nodes.js';
import { freeUdpPort } from '../support/free-port.js';

test(
  'a peer that went unheard while discovery was down does not stay online',
  { timeout: testMsMax },
  async (t) => {
    const beaconPorts = [await freeUdpPort()];
    const faulty = faultyWorkers();
    t.after(() => faulty.close());
    const alice = await startSceneNode(
      t,
      { name: 'alice', beaconPorts, beaconIntervalMs: 500 },
      faulty.entries,
    );
    const bob = await startBeaconNode({
      name: 'bob',
      beaconPorts,
      bind: '127.0.0.1',
      targets: ['127.255.255.255'],
    });
    const told = (): readonly PeerEvent['state'][] =>
      alice.events.flatMap((event) =>
        event.type === 'peer' && event.id === bob.identity.peerId ? [event.state] : [],
      );
    await eventually(() => told().at(-1) === 'online', 10_000, 'bob is heard');
    // Without a goodbye.
    await bob.broadcast.stop();
    await bob.discovery.stop();
    assert.equal(told().at(-1), 'online');
    await faulty.hears('discovery');
    faulty.fail('discovery', 'exit');
    await eventually(() => told().at(-1) === 'away', 20_000, 'bob is away');
  },
);
