import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { textContent, type Entry } from '../../src/chat/delivery/entry.js';
import { peerIdOf } from '../../src/chat/people/identity.js';
import { directConversation, messageIdFromBytes } from '../../src/ids.js';
import { OutboxWorld } from './outbox-world.js';
import { dice, holds, withSeeds } from '../support/seeds.js';

const peerId = peerIdOf(new Uint8Array(32));

function makeEntry(seq: number): Entry {
  const id = new Uint8Array(16);
  new DataView(id.buffer).setUint32(12, seq);
  return {
    seq,
    id: messageIdFromBytes(id),
    direction: 'out',
    peerId,
    peer: 'bob',
    conversation: directConversation(peerId),
    content: textContent(seq % 7 === 0 ? 'x'.repeat(50_000) : `line ${seq}`),
    sentAtMs: 0,
    receivedAtMs: 0,
    dialect: 'native',
    encryption: 'noise',
    verified: false,
    state: 'queued',
  };
}

/** Makes the source of chance in [0, 1) for losses and jitter. */
function chanceFrom(seed: number): () => number {
  const roll = dice(seed);
  return () => roll(2 ** 32) / 2 ** 32;
}

/** I2 to I5: shown is the beginning of what was sent, in order, once each; delivered means shown. */
function assertInvariants(world: OutboxWorld): void {
  for (const [index, entry] of world.shown.entries()) {
    assert.equal(entry.seq, index + 1, 'shown in order, once, nothing invented');
  }
  assert.ok(world.shown.length <= world.history.length);
  for (const { entry, isDelivered } of world.history) {
    if (isDelivered) assert.ok(entry.seq <= world.shown.length, 'delivered implies committed');
  }
}

type Step = (world: OutboxWorld) => void;
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.nat(40).map((count) => (world: OutboxWorld) => world.send(count)) },
  { weight: 4, arbitrary: fc.constant((world: OutboxWorld) => world.tellCommitted()) },
  { weight: 4, arbitrary: fc.boolean().map((isUp) => (world: OutboxWorld) => world.answerDial(isUp)) },
  { weight: 4, arbitrary: fc.constant((world: OutboxWorld) => world.answerPage()) },
  {
    weight: 6,
    arbitrary: fc.tuple(fc.nat(60), fc.boolean()).map(
      ([count, isOld]) =>
        (world: OutboxWorld) =>
          world.receive(count, isOld),
    ),
  },
  { weight: 4, arbitrary: fc.nat(8).map((count) => (world: OutboxWorld) => world.receipts(count)) },
  { weight: 4, arbitrary: fc.nat(9_000).map((ms) => (world: OutboxWorld) => world.advance(ms)) },
  { weight: 2, arbitrary: fc.constant((world: OutboxWorld) => world.cut()) },
  { weight: 1, arbitrary: fc.constant((world: OutboxWorld) => world.crash()) },
  { weight: 1, arbitrary: fc.constant((world: OutboxWorld) => world.accept()) },
  { weight: 1, arbitrary: fc.constant((world: OutboxWorld) => world.failPage()) },
  { weight: 1, arbitrary: fc.constant((world: OutboxWorld) => world.present()) },
  { weight: 1, arbitrary: fc.constant((world: OutboxWorld) => world.loseOld()) },
);

test('in a thousand histories of loss, crash and delay all is shown once and in order', (t) => {
  let shown = 0;
  holds(
    t,
    fc.property(
      fc.array(steps, { minLength: 10, maxLength: 120 }),
      fc.nat(),
      fc.constantFrom(0, 0.3, 0.5),
      (history, seed, loss) => {
        const world = new OutboxWorld(makeEntry, chanceFrom(seed), loss);
        for (const step of history) {
          step(world);
          assertInvariants(world);
        }
        assert.ok(world.heal(3_000), 'all delivered after the network healed');
        assert.equal(world.shown.length, world.history.length);
        assertInvariants(world);
        shown += world.shown.length;
      },
    ),
    { numRuns: 1_000 },
  );
  assert.ok(shown > 30_000, `${shown} lines went through`);
});

test('with half of the receipts dropped messages take at most three sends on average', async (t) => {
  await withSeeds(t, halfOfReceipts);
});

function halfOfReceipts(seed: number): void {
  const world = new OutboxWorld(makeEntry, chanceFrom(seed), 0.5);
  for (let n = 0; n < 100; n += 1) {
    world.send(100);
    world.tellCommitted();
    world.answerDial(true);
    world.answerPage();
    world.receive(100, false);
    world.receipts(10);
    world.advance(20);
  }
  assert.ok(world.heal(10_000));
  assertInvariants(world);
  assert.equal(world.shown.length, 10_000);
  const average = world.saidEntries / 10_000;
  assert.ok(average <= 3, `${average} sends each`);
  assert.ok(world.saidAgainAtMs.length > 0, 'something was said again');
}
