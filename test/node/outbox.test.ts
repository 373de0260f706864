/** The outbox of a home: it outlives its node, however that ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliver, liveNode, must, peer, status, untilMet } from '../support/live-node.js';
import { runProgram, sceneOptions, temporaryHome } from '../support/program.js';
import { freeUdpPort } from '../support/free-port.js';

const lines = (count: number, from = 0) => Array.from({ length: count }, (_, at) => `line ${from + at + 1}`);

test('messages that wait when a node ends or is killed go out in order at its next start', async (context) => {
  const beaconPort = await freeUdpPort();
  const options = sceneOptions(beaconPort);
  const home = temporaryHome(context);
  const alice = await liveNode(context, { name: 'alice', beaconPort, home });
  const bob = await liveNode(context, { name: 'bob', beaconPort });
  await untilMet(alice, bob);
  await deliver(alice, 'bob', 'before');
  await bob.close();
  await alice.until(peer(bob.id, 'offline'), 'bob is gone');
  await must(alice.handle.sendAll('bob', lines(200)));
  await alice.close();

  const killed = runProgram(
    context,
    ['send', 'bob', '--wait', 'delivered', '--json', '--home', home, ...options],
    {},
    'inline',
  );
  killed.write(
    lines(200, 200)
      .map((line) => `${line}\n`)
      .join(''),
  );
  await killed.untilCount(200, ({ type, state }) => type === 'status' && state === 'queued');
  killed.kill('SIGKILL');
  await killed.exit();

  const again = await liveNode(context, { name: 'alice', beaconPort, home });
  const last = await must(again.handle.send('bob', 'the last'));
  const back = await liveNode(context, { name: 'bob', beaconPort, home: bob.home });
  await again.until(status(last.id, 'delivered'), 'all is delivered');
  assert.deepEqual(back.heard(), [...lines(400), 'the last']);
});
