/**
 * A fault that a restart cannot repair: the node reports it and stops, and queued messages are delivered later.
 * faults.md S8.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/deadline.js';
import { faultyWorkers } from '../support/faulty/order.js';
import { temporaryHome } from '../support/program.js';
import { assertArrived, startSceneNode, untilAcquainted } from '../support/scene-nodes.js';
import { freeUdpPort } from '../support/free-port.js';

test('a node whose history keeps crashing stops with an error, and its outbox is intact', async (context) => {
  const beaconPorts = [await freeUdpPort()];
  const home = temporaryHome(context);
  const faulty = faultyWorkers();
  context.after(() => faulty.close());
  const bob = await startSceneNode(context, { name: 'bob', beaconPorts });
  const alice = await startSceneNode(context, { name: 'alice', home, beaconPorts }, faulty.entries);
  await untilAcquainted(alice, bob);
  await bob.handle.close();
  const texts = Array.from({ length: 50 }, (_, n) => String(n));
  (await alice.handle.sendAll(bob.id, texts))._unsafeUnwrap();
  const hasStopped = (): boolean => alice.events.at(-1)?.type === 'bye';
  // An order to a worker that is just starting is lost, so they are given again and again.
  await eventually(
    () => {
      faulty.fail('history', 'exit');
      return hasStopped();
    },
    20_000,
    'it gives up',
  );
  const codes = alice.events.flatMap((event) => (event.type === 'error' ? [event.code] : []));
  assert.equal(codes.at(-1), 'runtime/restart-intensity');
  assert.ok(alice.log.some(({ event }) => event === 'gave-up'));
  await alice.handle.close();

  const again = await startSceneNode(context, { name: 'alice', home, beaconPorts });
  const bobAgain = await startSceneNode(context, { name: 'bob', home: bob.home, beaconPorts });
  assert.equal(again.id, alice.id);
  await assertArrived({ queued: texts, unsure: [] }, bobAgain, 'what was queued before');
});
