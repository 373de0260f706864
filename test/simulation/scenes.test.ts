/** Single scenes in a simulated network, with the times that users wait. Minutes of waiting pass in milliseconds. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { NodeEvent } from '../../src/chat/events.js';
import { withSeeds } from '../support/seeds.js';
import type { SimulatedNode } from './node.js';
import { World } from './world.js';

interface Scene {
  readonly world: World;
  readonly alice: SimulatedNode;
  readonly bob: SimulatedNode;
  /** Events of alice. */
  readonly events: NodeEvent[];
}

/** Plays a scene in several worlds. */
const play = (t: TestContext, scene: (scene: Scene) => void): Promise<void> =>
  withSeeds(t, (first) => {
    for (let seed = first; seed < first + 8; seed += 1) {
      const world = new World({ nodes: 2, seed });
      const events: NodeEvent[] = [];
      const [alice, bob] = [world.node(0), world.node(1)];
      world.watch(alice, (event) => void events.push(event));
      scene({ world, alice, bob, events });
    }
  });

const delivered = ({ events }: Scene): number =>
  events.filter((event) => event.type === 'status' && event.state === 'delivered').length;

const stateOf = ({ events }: Scene, { peerId }: SimulatedNode): string | undefined => {
  const row = events.findLast((event) => event.type === 'peer' && event.id === peerId);
  return row?.type === 'peer' ? row.state : undefined;
};

/** Lets time pass until `isMet`; returns how long it took. */
function until(world: World, mostMs: number, isMet: () => boolean): number {
  const startedMs = world.clock.nowMs;
  while (!isMet() && world.clock.nowMs - startedMs < mostMs) world.clock.advance(10);
  assert.ok(isMet(), `not met after ${mostMs} ms`);
  return world.clock.nowMs - startedMs;
}

// Case D7
test('a silent connection is noticed within 15 s, and nothing on it is called delivered', (t) =>
  play(t, (scene) => {
    const { world, alice, bob } = scene;
    world.send(alice, bob, 1);
    until(world, 1_000, () => delivered(scene) === 1);
    // Beacons go on, and only the connection is dead.
    world.network.silence(alice.host, bob.host);
    world.send(alice, bob, 3);
    world.clock.advance(1_000);
    assert.equal(delivered(scene), 1);
    until(world, 15_000, () => delivered(scene) === 4);
  }));

// Case D7
test('a host that loses its power is noticed within 15 s, also where nothing waits', (t) =>
  play(t, (scene) => {
    const { world, alice, bob } = scene;
    world.send(alice, bob, 1);
    until(world, 1_000, () => delivered(scene) === 1);
    bob.crash(false);
    const noticedMs = until(world, 30_000, () => stateOf(scene, bob) !== 'online');
    // The last beacon came up to 8 s earlier; two may be missed.
    assert.ok(noticedMs <= 18_000, `${noticedMs} ms`);
  }));

test('a restarted peer gets waiting messages at its first beacon while its old connection hangs', (t) =>
  play(t, (scene) => {
    const { world, alice, bob } = scene;
    world.send(alice, bob, 1);
    until(world, 1_000, () => delivered(scene) === 1);
    bob.crash(false);
    world.send(alice, bob, 3);
    world.clock.advance(500);
    bob.start();
    until(world, 5_000, () => delivered(scene) === 4);
  }));

test('messages for an absent peer go out within two seconds of its first beacon', (t) =>
  play(t, (scene) => {
    const { world, alice, bob } = scene;
    bob.stop();
    world.clock.advance(30_000);
    for (let batch = 0; batch < 20; batch += 1) world.send(alice, bob, 25);
    world.clock.advance(300_000);
    assert.equal(delivered(scene), 0);
    bob.start();
    until(world, 2_000, () => delivered(scene) === 500);
  }));

// Case C5
test('two that dial each other at once end with one session, and nothing is lost or doubled', (t) =>
  play(t, (scene) => {
    const { world, alice, bob } = scene;
    world.network.latencyMostMs = 200;
    world.send(alice, bob, 5);
    world.send(bob, alice, 5);
    world.settle(10_000);
    world.clock.advance(3_000);
    assert.deepEqual([alice.run?.sessionCount, bob.run?.sessionCount], [1, 1]);
  }));

// Case D6
test('a thousand messages that wait out a partition of ten minutes flow within 10 s of its end', (t) =>
  play(t, (scene) => {
    const { world, alice, bob } = scene;
    world.send(alice, bob, 1);
    until(world, 1_000, () => delivered(scene) === 1);
    world.network.block(alice.host, bob.host);
    world.network.block(bob.host, alice.host);
    for (let batch = 0; batch < 20; batch += 1) world.send(alice, bob, 50);
    world.clock.advance(600_000);
    assert.equal(delivered(scene), 1);
    world.network.mend();
    until(world, 10_000, () => delivered(scene) === 1_001);
  }));

// Case D9
test('clocks that jump by days and decades change neither the order nor the pace of delivery', (t) =>
  play(t, (scene) => {
    const { world, alice, bob } = scene;
    const day = 86_400_000;
    for (const [step, offsetMs] of [0, 2 * day, -day, -27 * 365 * day, 13 * 365 * day].entries()) {
      alice.wallOffsetMs = offsetMs;
      world.send(alice, bob, 3);
      world.send(bob, alice, 3);
      until(world, 3_000, () => delivered(scene) === 3 * (step + 1));
      if (step === 2) world.network.cut(alice.host, bob.host, false);
    }
    world.settle(10_000);
  }));

// Case D10
test('a full disk queues nothing, and everything goes on within 5 s of its end', (t) =>
  play(t, (scene) => {
    const { world, alice, bob, events } = scene;
    world.send(alice, bob, 1);
    until(world, 1_000, () => delivered(scene) === 1);
    for (const node of [alice, bob]) node.faults.isFull = true;
    const before = events.length;
    world.send(alice, bob, 2);
    world.clock.advance(20_000);
    assert.ok(!events.slice(before).some(({ type }) => type === 'message'));
    for (const node of [alice, bob]) node.faults.isFull = false;
    world.send(alice, bob, 2);
    until(world, 5_000, () => delivered(scene) === 3);
  }));

// Case D4
test('with half of all receipts lost each message is shown once, and marked once', (t) =>
  play(t, (scene) => {
    const { world, alice, bob } = scene;
    bob.faults.receiptLossPercent = 50;
    for (let batch = 0; batch < 20; batch += 1) {
      world.send(alice, bob, 10);
      world.clock.advance(500);
    }
    until(world, 60_000, () => delivered(scene) === 200);
  }));

// Case N10
test('a large message passes a network that loses large packets, and the sender sees why', (t) =>
  play(t, (scene) => {
    const { world, alice, bob, events } = scene;
    world.send(alice, bob, 1);
    until(world, 1_000, () => delivered(scene) === 1);
    world.network.parcelBytesMax = 1_400;
    world.send(alice, bob, 1, false, ' '.repeat(60_000));
    world.send(alice, bob, 3);
    const tookMs = until(world, 30_000, () => delivered(scene) === 5);
    assert.ok(tookMs < 20_000, `${tookMs} ms`);
    const told = events.filter((event) => event.type === 'error' && event.code === 'session/narrow-path');
    assert.equal(told.length, 1);
    // The next large message waits for nothing.
    alice.run?.crashSession(0);
    world.send(alice, bob, 1, false, ' '.repeat(60_000));
    until(world, 5_000, () => delivered(scene) === 6);
    assert.deepEqual(events.filter((event) => event.type === 'error').length, 1);
  }));

// Case N10
test('after a partition messages are not cut in pieces, and no narrow path is reported', (t) =>
  play(t, (scene) => {
    const { world, alice, bob, events } = scene;
    world.send(alice, bob, 1);
    until(world, 1_000, () => delivered(scene) === 1);
    world.network.block(alice.host, bob.host);
    world.network.block(bob.host, alice.host);
    world.send(alice, bob, 1, false, ' '.repeat(60_000));
    world.clock.advance(60_000);
    world.network.mend();
    until(world, 10_000, () => delivered(scene) === 2);
    assert.ok(!events.some((event) => event.type === 'error'));
  }));

// Case D9
test('a peer whose address was taken over is dialled again although the calendar was set back', (t) =>
  play(t, (scene) => {
    const { world, alice, bob } = scene;
    world.network.divert(bob.host, alice.host);
    world.send(alice, bob, 1);
    world.clock.advance(10_000);
    alice.wallOffsetMs = -86_400_000;
    world.network.mend();
    until(world, 120_000, () => delivered(scene) === 1);
  }));

const isTold = (event: NodeEvent): boolean =>
  event.type === 'error' && event.message.startsWith('two copies of node0 run');

const inbox = ({ disk }: SimulatedNode): number =>
  disk.entries.filter(({ direction }) => direction === 'in').length;

// Case H11
test('two copies of a peer both get messages, none is lost, and the sender is warned', (t) =>
  withSeeds(t, (first) => {
    for (let seed = first; seed < first + 8; seed += 1) {
      const world = new World({ nodes: 3, seed, hasCopy: true });
      const [bob, alice, copy] = [world.node(0), world.node(1), world.node(2)];
      const events: NodeEvent[] = [];
      world.watch(alice, (event) => void events.push(event));
      world.send(alice, bob, 1);
      // Of announcements that come together the last one is reported.
      copy.stop();
      world.clock.advance(3_000);
      copy.start();
      until(world, 30_000, () => events.some(isTold));
      for (const [speaker, other] of [
        [bob, copy],
        [copy, bob],
      ] as const) {
        world.send(speaker, alice, 1);
        world.clock.advance(1_000);
        world.settle(10_000);
        const before = [inbox(speaker), inbox(other)];
        world.send(alice, bob, 3);
        world.clock.advance(1_000);
        world.settle(10_000);
        assert.deepEqual([inbox(speaker), inbox(other)], [(before[0] ?? 0) + 3, before[1]]);
      }
      world.clock.advance(120_000);
      assert.equal(events.filter(isTold).length, 1);
      assert.equal(alice.run?.sessionCount, 2);
      speakerEnds(world, { alice, bob, copy });
    }
  }));

/** The copy that was heard last is switched off with messages on their way: the other one gets them. */
function speakerEnds(world: World, nodes: Record<'alice' | 'bob' | 'copy', SimulatedNode>): void {
  world.send(nodes.alice, nodes.bob, 20);
  world.clock.advance(4);
  nodes.copy.crash(false);
  world.settle(60_000);
}
