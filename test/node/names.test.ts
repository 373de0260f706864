/** Names are labels: whom they lead to, what is made of strange ones, and how a new one becomes known. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliver, liveNode, message, must, peer, refusal, untilMet } from '../support/live-node.js';
import { within } from '../support/deadline.js';
import { temporaryHome } from '../support/program.js';
import { startHangingUp } from '../support/simulated-peer.js';
import { freeUdpPort } from '../support/free-port.js';

test('an address reaches the node that listens there, without a beacon, also beside a session', async (context) => {
  const silent = { broadcast: [], beaconPort: await freeUdpPort() };
  const alice = await liveNode(context, { name: 'alice', ...silent });
  const bob = await liveNode(context, { name: 'bob', ...silent });
  assert.deepEqual(await must(alice.handle.peers()), []);
  await deliver(alice, `127.0.0.1:${bob.port}`, 'by address');
  // Each way round: of the two connections the rule for crossed dials keeps one, whichever side dialled last.
  await deliver(bob, `127.0.0.1:${alice.port}`, 'and back by address');
  await must(alice.handle.disconnect('bob'));
  await deliver(bob, `127.0.0.1:${alice.port}`, 'once more');
  await deliver(alice, `127.0.0.1:${bob.port}`, 'and back once more');
  await deliver(alice, 'bob', 'by the name it gave itself');
  assert.deepEqual(bob.heard(), ['by address', 'and back once more', 'by the name it gave itself']);
  assert.deepEqual(alice.heard(), ['and back by address', 'once more']);
});

test('a peer that hangs up before it sends its name holds up no command about its address', async (context) => {
  const alice = await liveNode(context, { name: 'alice', broadcast: [], beaconPort: await freeUdpPort() });
  const other = await startHangingUp();
  context.after(other.close);
  for (const text of ['one', 'two']) {
    const sent = must(alice.handle.send(`127.0.0.1:${other.port}`, text));
    assert.equal((await within(sent, 10_000, 'queued')).state, 'queued');
  }
});

test('a name loses control characters, and a long one its end, on every way that it travels', async (context) => {
  const beaconPort = await freeUdpPort();
  const alice = await liveNode(context, { name: 'alice', beaconPort });
  const sly = await liveNode(context, { name: '\u001b[31mmal\u202elory\u200b\n', beaconPort });
  assert.equal((await alice.until(peer(sly.id, 'online'), 'told by beacon')).name, '[31mmallory');
  const long = await liveNode(context, { name: 'ä'.repeat(300), beaconPort });
  const whole = 'ä'.repeat(64);
  assert.equal((await must(long.handle.self())).name, whole);
  // The beacon has room for half of it; the session tells all.
  const heard = await alice.until(peer(long.id, 'online'), 'told by beacon');
  assert.equal(heard.name, 'ä'.repeat(32));
  await long.until(peer(alice.id, 'online'), 'alice is there');
  await deliver(long, 'alice', 'hello');
  const isWhole = (name: string) => (name === whole ? name : undefined);
  await alice.until(
    (event) => (event.type === 'peer' && event.id === long.id ? isWhole(event.name) : undefined),
    'told by session',
  );
  await deliver(alice, whole, 'to the whole name');
  assert.equal(await refusal(alice.handle.rename(' \u200b\n')), 'chat/name-invalid');
  assert.equal((await must(alice.handle.self())).name, 'alice');
});

test('a new name reaches connected peers and those that only hear beacons, and is stored', async (context) => {
  const beaconPort = await freeUdpPort();
  const kept: string[] = [];
  const home = temporaryHome(context);
  const keepName = (name: string) => void kept.push(name);
  const alice = await liveNode(context, {
    name: 'alice',
    beaconPort,
    beaconIntervalMs: 60_000,
    home,
    keepName,
  });
  const friend = await liveNode(context, { name: 'friend', beaconPort });
  const remote = await liveNode(context, { name: 'remote', beaconPort: await freeUdpPort() });
  await untilMet(alice, friend);
  await deliver(remote, `127.0.0.1:${alice.port}`, 'no beacon of mine reaches you');
  await must(alice.handle.rename('Alicia  B.'));
  assert.deepEqual(kept, ['Alicia B.']);
  for (const other of [friend, remote]) {
    await other.until(
      (event) =>
        event.type === 'peer' && event.id === alice.id && event.name === 'Alicia B.' ? true : undefined,
      'the new name',
    );
  }
  await deliver(remote, 'alicia b.', 'found by it');
  await alice.until(message('found by it'), 'heard');
});

test('both sides show the same sixty digits, and only the right ones verify', async (context) => {
  const beaconPort = await freeUdpPort();
  const alice = await liveNode(context, { name: 'alice', beaconPort });
  const bob = await liveNode(context, { name: 'bob', beaconPort });
  await untilMet(alice, bob);
  // Case P4: a peer that was only heard is dialled for its key.
  const heard = await must(alice.handle.safety('bob'));
  assert.equal(await refusal(alice.handle.safety('nobody')), 'chat/unknown-peer');
  await deliver(alice, 'bob', 'before');
  const [here, there] = [await must(alice.handle.safety('bob')), await must(bob.handle.safety('alice'))];
  assert.deepEqual([here.code, heard.code], [there.code, there.code]);
  assert.match(here.code, /^(\d{5} ){11}\d{5}$/);
  assert.equal(here.verified, false);
  const wrong = here.code.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10));
  assert.equal(await refusal(alice.handle.verify('bob', wrong)), 'chat/code-mismatch');
  assert.equal((await must(alice.handle.safety('bob'))).verified, false);

  const verified = await must(alice.handle.verify('bob', here.code.replaceAll(' ', '')));
  assert.deepEqual([verified.verified, verified.peer.verified], [true, true]);
  await deliver(bob, 'alice', 'after');
  const told = await alice.until(message('after'), 'told');
  assert.equal(told.verified, true);
  const lines = await must(alice.handle.history({ peer: 'bob' }));
  assert.deepEqual(
    lines.map((line) => [line.text, line.verified]),
    [
      ['before', false],
      ['after', true],
    ],
  );
  const home = alice.home;
  await alice.close();
  const again = await liveNode(context, { name: 'alice', beaconPort, home });
  assert.equal((await must(again.handle.safety('bob'))).verified, true, 'kept');
});
