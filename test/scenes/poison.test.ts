/**
 * A message that crashes its handler each time is set aside visibly, and everything else goes on. Spec: faults.md S4.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { runtime as limits } from '../../src/runtime/limits.js';
import { eventually, testMsMax } from '../support/deadline.js';
import { faultyWorkers, poison } from '../support/faulty/order.js';
import { startSceneNode, untilAcquainted, type SceneNode } from '../support/scene-nodes.js';
import { freeUdpPort } from '../support/free-port.js';

const options = { timeout: testMsMax };

/** Alice, whose history cannot stand one text, and Bob. */
async function acquainted(
  context: TestContext,
): Promise<{ readonly alice: SceneNode; readonly bob: SceneNode }> {
  const faults = faultyWorkers();
  context.after(() => faults.close());
  const beaconPorts = [await freeUdpPort()];
  const alice = await startSceneNode(context, { name: 'alice', beaconPorts }, faults.entries);
  const bob = await startSceneNode(context, { name: 'bob', beaconPorts });
  await untilAcquainted(alice, bob);
  return { alice, bob };
}

test(
  'our words that crash the history are refused, and their neighbours are delivered',
  options,
  async (context) => {
    const { alice, bob } = await acquainted(context);
    const sent = await Promise.all(
      ['before', poison, 'after'].map((text) => alice.handle.send(bob.id, text)),
    );
    assert.deepEqual(
      sent.map((each) => (each.isOk() ? 'queued' : each.error.code)),
      ['queued', 'runtime/poison', 'queued'],
    );
    await eventually(() => bob.shown.length === 2, 10_000, 'the others arrive');
    assert.deepEqual(bob.shown, ['before', 'after']);
    assert.equal(crashes(alice), limits.poisonTriesMax);
    assert.deepEqual(await lettersOf(alice), ['poison']);
  },
);

test(
  'words of a peer that crash the history are set aside, and the talk goes on',
  options,
  async (context) => {
    const { alice, bob } = await acquainted(context);
    const { id } = (await bob.handle.send(alice.id, poison))._unsafeUnwrap();
    await eventually(() => crashes(alice) > 0, 10_000, 'it has crashed');
    const { user, system } = process.cpuUsage();
    const startedMs = performance.now();
    const texts = Array.from({ length: 20 }, (_, n) => `text ${n}`);
    for (const text of texts) {
      (await bob.handle.send(alice.id, text))._unsafeUnwrap();
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    await eventually(() => alice.shown.length === texts.length, 10_000, 'the others arrive');
    assert.deepEqual(alice.shown, texts);
    (await alice.handle.send(bob.id, 'and back'))._unsafeUnwrap();
    await eventually(() => bob.shown.includes('and back'), 10_000, 'the other way, too');
    const used = process.cpuUsage();
    const cpu = (used.user + used.system - user - system) / 1_000 / (performance.now() - startedMs);
    context.diagnostic(`${crashes(alice)} crashes, ${(cpu * 100).toFixed(0)} % of a core for both nodes`);
    assert.ok(crashes(alice) <= 5, `${crashes(alice)} crashes`);
    assert.ok(cpu < 0.2, `${(cpu * 100).toFixed(0)} % of a core`);
    assert.deepEqual(await lettersOf(alice), ['poison']);
    assert.ok(!bob.delivered.includes(id), 'what was not stored is not called delivered');
  },
);

test(
  'of many words that came together only those that crash the history are set aside',
  options,
  async (context) => {
    const { alice, bob } = await acquainted(context);
    const texts = Array.from({ length: 40 }, (_, n) => (n === 17 ? poison : `text ${n}`));
    (await bob.handle.sendAll(alice.id, texts))._unsafeUnwrap();
    const others = texts.filter((text) => text !== poison);
    await eventually(() => alice.shown.length === others.length, 20_000, 'the others arrive');
    assert.deepEqual(alice.shown, others);
    // Together with the others, and once more by itself. A sender without a receipt for 2 s repeats them, which on a slow
    // machine brings one more round.
    const rounds = crashes(alice) / limits.poisonTriesMax;
    assert.ok(rounds === 2 || rounds === 3, `${rounds} rounds`);
  },
);

const crashes = (node: SceneNode): number =>
  node.log.filter(({ event, fields }) => event === 'actor-crashed' && fields['actor'] === 'history').length;

/** Why each dead letter is one. */
async function lettersOf(node: SceneNode): Promise<readonly string[]> {
  const { letters } = (await node.handle.stats())._unsafeUnwrap();
  assert.ok(Array.isArray(letters));
  return letters.map((letter: { readonly reason: string }) => letter.reason);
}
