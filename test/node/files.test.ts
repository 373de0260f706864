/** Files travel from one node to another: agreed, byte for byte, and taken up again after a break of either side. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { NodeEvent, TransferEvent } from '../../src/index.js';
import { freeUdpPort } from '../support/free-port.js';
import { liveNode, must, refusal, untilMet } from '../support/live-node.js';
import { temporaryHome } from '../support/program.js';

const inState =
  (state: TransferEvent['state'], id?: string) =>
  (event: NodeEvent): TransferEvent | undefined =>
    event.type === 'transfer' && event.state === state && (id === undefined || event.id === id)
      ? event
      : undefined;

async function pairOf(context: TestContext) {
  const beaconPort = await freeUdpPort();
  const homes = { alice: temporaryHome(context), bob: temporaryHome(context) };
  const alice = await liveNode(context, { name: 'alice', beaconPort, home: homes.alice });
  const bob = await liveNode(context, { name: 'bob', beaconPort, home: homes.bob });
  await untilMet(alice, bob);
  return { alice, bob, homes, beaconPort, source: temporaryHome(context), target: temporaryHome(context) };
}

// Cases F5 and F9.
test('a folder arrives as it is, once its receiver agrees, and nothing is written before', async (context) => {
  const { alice, bob, source, target } = await pairOf(context);
  const folder = join(source, 'trip');
  mkdirSync(join(folder, 'sub'), { recursive: true });
  const big = randomBytes(700_000);
  writeFileSync(join(folder, 'sub', 'big.bin'), big);
  writeFileSync(join(folder, 'empty'), '');
  writeFileSync(join(folder, 'run.sh'), 'echo', { mode: 0o755 });
  symlinkSync('empty', join(folder, 'link'));
  symlinkSync('/etc/passwd', join(folder, 'outside'));
  const offered = await must(alice.handle.offerFiles('bob', [folder], { comment: 'from Sunday' }));
  const asked = await bob.until(inState('asked', offered.id), 'asked');
  assert.equal(asked.comment, 'from Sunday');
  assert.deepEqual(readdirSync(target), []);
  await must(bob.handle.actOnTransfer(offered.id, 'accept', target));
  const done = await bob.until(inState('done', offered.id), 'received');
  await alice.until(inState('done', offered.id), 'delivered');
  assert.deepEqual(done.places, [join(target, 'trip')]);
  assert.deepEqual(readdirSync(target), ['trip']);
  assert.ok(readFileSync(join(target, 'trip', 'sub', 'big.bin')).equals(big));
  assert.equal(lstatSync(join(target, 'trip', 'empty')).size, 0);
  assert.equal(lstatSync(join(target, 'trip', 'run.sh')).mode & 0o777, 0o600);
  assert.equal(readlinkSync(join(target, 'trip', 'link')), 'empty');
  assert.ok(!readdirSync(join(target, 'trip')).includes('outside'));
  assert.match(done.notes?.join() ?? '', /outside/);
});

// Case F3.
test('a file that has the name of another one gets a number, and replaces nothing', async (context) => {
  const { alice, bob, source, target } = await pairOf(context);
  writeFileSync(join(source, 'a.txt'), 'new');
  writeFileSync(join(target, 'a.txt'), 'old');
  const offered = await must(alice.handle.offerFiles('bob', [join(source, 'a.txt')]));
  await bob.until(inState('asked', offered.id), 'asked');
  await must(bob.handle.actOnTransfer(offered.id, 'accept', target));
  const done = await bob.until(inState('done', offered.id), 'received');
  assert.deepEqual(done.places, [join(target, 'a (1).txt')]);
  assert.equal(readFileSync(join(target, 'a.txt'), 'utf8'), 'old');
  assert.equal(readFileSync(join(target, 'a (1).txt'), 'utf8'), 'new');
});

test('an offer is declined, cancelled, or refused with a reason', async (context) => {
  const { alice, bob, source, target } = await pairOf(context);
  writeFileSync(join(source, 'a.txt'), 'x');
  const offer = async () => {
    const { id } = await must(alice.handle.offerFiles('bob', [join(source, 'a.txt')]));
    await bob.until(inState('asked', id), 'asked');
    return id;
  };
  const declined = await offer();
  await must(bob.handle.actOnTransfer(declined, 'decline'));
  await alice.until(inState('declined', declined), 'declined');
  const cancelled = await offer();
  await must(alice.handle.actOnTransfer(cancelled, 'cancel'));
  assert.equal((await bob.until(inState('stopped', cancelled), 'stopped')).reason, 'cancelled');
  assert.equal(await refusal(bob.handle.actOnTransfer(cancelled, 'accept', target)), 'files/wrong-state');
  assert.equal(await refusal(bob.handle.actOnTransfer('none', 'accept', target)), 'files/unknown-transfer');
  assert.equal(await refusal(alice.handle.offerFiles('bob', [join(source, 'none')])), 'files/no-source');
  const file = await offer();
  const notThere = bob.handle.actOnTransfer(file, 'accept', join(source, 'a.txt'));
  assert.equal(await refusal(notThere), 'files/bad-directory');
});

// Case F2.
test('a source that changes after the offer ends the transfer, and no file looks whole', async (context) => {
  const { alice, bob, source, target } = await pairOf(context);
  writeFileSync(join(source, 'a.txt'), 'before');
  const { id } = await must(alice.handle.offerFiles('bob', [join(source, 'a.txt')]));
  await bob.until(inState('asked', id), 'asked');
  writeFileSync(join(source, 'a.txt'), 'after!!');
  await must(bob.handle.actOnTransfer(id, 'accept', target));
  assert.equal((await bob.until(inState('stopped', id), 'stopped')).reason, 'changed');
  assert.ok(!readdirSync(target).includes('a.txt'));
});

// Case F1.
test('a transfer goes on after its nodes are started again', async (context) => {
  const { alice, bob, homes, beaconPort, source, target } = await pairOf(context);
  const bytes = randomBytes(3_000_000);
  writeFileSync(join(source, 'big.bin'), bytes);
  const { id } = await must(alice.handle.offerFiles('bob', [join(source, 'big.bin')]));
  await bob.until(inState('asked', id), 'asked');
  await bob.close();
  const again = await liveNode(context, { name: 'bob', beaconPort, home: homes.bob });
  const [waiting] = await must(again.handle.transfers());
  assert.equal(waiting?.state, 'asked');
  await must(again.handle.actOnTransfer(id, 'accept', target));
  await alice.close();
  const later = await liveNode(context, { name: 'alice', beaconPort, home: homes.alice });
  await again.until(inState('done', id), 'received');
  await later.until(inState('done', id), 'delivered');
  assert.ok(readFileSync(join(target, 'big.bin')).equals(bytes));
});
