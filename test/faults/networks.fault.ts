/** Two nodes on a network of their own: without IPv4, or with loss. Cases N1, N12. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { quantile } from '../support/scene-nodes.js';
import { openLab } from './lab.js';
import { lines, online, openPair, options, sendAll } from './pair.js';

// Cases N1, D18
test(
  'on a network without IPv4 two nodes find each other and talk, and an address is a peer',
  options,
  async (context) => {
    const { alice, bob } = await openPair(context, 'IPv6');
    const seen = await alice.until(online('bob'), 'sees bob');
    assert.match(String(seen['address']), /^fe80::[0-9a-f:]+%net0$/);
    const waitsMs = await sendAll(alice, bob, lines(20));
    const peer = `[${String(seen['address'])}]:${String(seen['port'])}`;
    assert.equal(await alice.run(['send', peer, 'to an address', '--timeout', '60']), 0, peer);
    await bob.until((fields) => fields['text'] === 'to an address', 'the last text');
    context.diagnostic(`N1: 21 of 21 over ${String(seen['address'])}, p95 ${quantile(waitsMs, 0.95)} ms`);
  },
);

async function lossy(context: TestContext, loss: number, goalMs: number): Promise<void> {
  const { lab, alice, bob } = await openPair(context, 'both');
  await sendAll(alice, bob, ['first']);
  lab.impair({ loss, delayMs: 100, reorder: 0.25, duplicate: 0.05 });
  const waitsMs = await sendAll(alice, bob, lines(60));
  const p95 = quantile(waitsMs, 0.95);
  context.diagnostic(
    `D5 at ${loss * 100} %: 60 of 60 in order, p50 ${quantile(waitsMs, 0.5)} ms, p95 ${p95} ms of ${goalMs}`,
  );
}

// Fault D5
test('with a tenth of all frames lost every text arrives once and in order', options, (context) =>
  lossy(context, 0.1, 1_000),
);

// Case N10
test(
  'where large packets are lost a large text and later ones arrive, and the sender sees why',
  options,
  async (context) => {
    const { lab, alice, bob } = await openPair(context, 'both');
    await sendAll(alice, bob, ['first']);
    lab.impair({ frameBytesMax: 1_300 });
    const startedMs = performance.now();
    await sendAll(alice, bob, ['x'.repeat(60_000), 'second', 'third']);
    const tookMs = performance.now() - startedMs;
    await alice.until((fields) => fields['code'] === 'session/narrow-path', 'is told');
    context.diagnostic(`N10: a text of 60,000 bytes and two others after ${(tookMs / 1_000).toFixed(1)} s`);
    const againMs = performance.now();
    await sendAll(alice, bob, ['y'.repeat(60_000)]);
    context.diagnostic(`N10: another one after ${((performance.now() - againMs) / 1_000).toFixed(1)} s`);
  },
);

// Issue 9: found more often
test(
  'where no beacon arrives, multicast DNS lets two strangers find each other',
  options,
  async (context) => {
    const lab = await openLab(context, 'both');
    for (const host of [0, 1] as const) lab.ip(host, '-6', 'addr', 'flush', 'dev', 'net0');
    // Beacons go to an address where nobody is.
    const nowhere = ['--broadcast', '10.99.0.200'];
    const [alice, bob] = await Promise.all([
      lab.node(0, 'alice', [...nowhere, '--mdns', 'on']),
      lab.node(1, 'bob', [...nowhere, '--mdns', 'on']),
    ]);
    await Promise.all([alice.until(online('bob'), 'sees bob'), bob.until(online('alice'), 'sees alice')]);
    await sendAll(alice, bob, lines(3));
    const carol = await lab.node(0, 'carol', [...nowhere, '--mdns', 'off', '--beacon-port', '7000']);
    await carol.run(['peers', '--watch', '--timeout', '12']);
    assert.ok(!carol.seen.some(online('bob')), 'without it nobody is found');
  },
);
