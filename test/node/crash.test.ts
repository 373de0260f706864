/** The node actor itself may crash: what it had promised and what it was called stay. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveNode, must, status, untilMet } from '../support/live-node.js';
import { freeUdpPort } from '../support/free-port.js';

test('a node actor that crashes amid messages loses, doubles and forgets nothing', async (context) => {
  const beaconPort = await freeUdpPort();
  let tries = 0;
  const alice = await liveNode(context, {
    name: 'alice',
    beaconPort,
    // Messages of the other actors to it must be kept on the way between threads.
    placing: 'threads',
    keepName() {
      tries += 1;
      // A function of an embedding program may throw: here at the first try of each name.
      if (tries % 2 === 1) throw new Error('cannot keep it');
    },
  });
  const bob = await liveNode(context, { name: 'bob', beaconPort });
  await untilMet(alice, bob);
  const texts: string[] = [];
  const ids: string[] = [];
  for (let round = 0; round < 4; round += 1) {
    const fresh = Array.from({ length: 100 }, (_, at) => `round ${round}, line ${at}`);
    texts.push(...fresh);
    ids.push(...(await must(bob.handle.sendAll(alice.id, fresh))).map(({ id }) => id));
    const self = await must(alice.handle.rename(`alice ${round}`));
    assert.equal(self.name, `alice ${round}`);
  }
  for (const id of ids) await bob.until(status(id, 'delivered'), 'delivered');
  assert.equal(tries, 8);
  assert.deepEqual(alice.heard(), texts);
  const back = await must(alice.handle.send('bob', 'still here'));
  await alice.until(status(back.id, 'delivered'), 'and can answer');
  assert.equal((await must(alice.handle.self())).name, 'alice 3');
});
