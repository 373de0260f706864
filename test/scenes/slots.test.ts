/**
 * One node with five slots and many who want one: crowds, hogs, the slow and the rude. Everybody honest is served, and
 * never are more than five connections held. Spec: faults.md N1, N2, N6, N7.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { eventually, within } from '../support/deadline.js';
import { freeBeaconPort } from '../support/program.js';
import { quantile, startSceneNode } from '../support/scene-nodes.js';
import { newTally, simulatedPeer } from '../support/simulated-peer.js';

const numbered = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => `text ${n}`);

describe('a node with five slots', () => {
  test('serves fifty peers behind one address, each with ten messages', async (context) => {
    const bob = await startSceneNode(context, { name: 'bob', beaconPorts: [await freeBeaconPort()] });
    const tally = newTally();
    let mostHeld = 0;
    const looking = setInterval(() => (mostHeld = Math.max(mostHeld, establishedAt(bob.port))), 20);
    context.after(() => clearInterval(looking));
    const target = { host: '127.0.0.1', port: bob.port, from: '127.0.0.9' };
    const peers = Array.from({ length: 50 }, (_, n) => simulatedPeer(`peer-${n}`, target, tally));
    const startedMs = performance.now();
    const waits = await within(
      Promise.all(peers.map((peer, n) => peer.deliver(numbered(10).map((text) => `${n} ${text}`)))),
      30_000,
      'all delivered',
    );
    await eventually(() => bob.shown.length >= 500, 5_000, 'all shown');
    assert.equal(waits.flat().length, 500);
    assert.equal(new Set(bob.shown).size, 500);
    assert.equal(bob.shown.length, 500);
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
    context.diagnostic(
      `${seconds} s, ${tally.busy} told BUSY, ${tally.resumed} resumed; sockets held at most ${mostHeld}, open as the peers see it ${tally.servedMost}`,
    );
  });

  test('an honest peer is served soon while one address opens fifty silent connections a second', async (context) => {
    const bob = await startSceneNode(context, { name: 'bob', beaconPorts: [await freeBeaconPort()] });
    const sloths: Socket[] = [];
    const opening = setInterval(() => sloths.push(silent(bob.port, '127.0.0.2')), 20);
    context.after(() => {
      clearInterval(opening);
      for (const sloth of sloths) sloth.destroy();
    });
    await eventually(() => sloths.length > 50, 5_000, 'the attack runs');
    const waitsMs: number[] = [];
    for (let n = 0; n < 25; n += 1) {
      const peer = simulatedPeer(
        `honest-${n}`,
        { host: '127.0.0.1', port: bob.port, from: `127.0.1.${n + 1}` },
        newTally(),
      );
      const [wait = Number.NaN] = await within(peer.deliver([`honest ${n}`]), 10_000, 'an honest message');
      waitsMs.push(wait);
    }
    const p95 = quantile(waitsMs, 0.95);
    context.diagnostic(
      `25 of 25 served, p50 ${quantile(waitsMs, 0.5).toFixed(0)} ms, p95 ${p95.toFixed(0)} ms`,
    );
    assert.equal(bob.shown.length, 25);
    assert.ok(p95 < 3_000, `p95 ${p95.toFixed(0)} ms`);
  });

  test('outlives connections that are reset at every point of a handshake', async (context) => {
    const bob = await startSceneNode(context, { name: 'bob', beaconPorts: [await freeBeaconPort()] });
    const crashes = (): number => bob.log.filter(({ event }) => event === 'actor-crashed').length;
    for (let bytes = 0; bytes < 120; bytes += 1) {
      const socket = connect({ host: '127.0.0.1', port: bob.port, localAddress: '127.0.0.3' });
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.once('connect', resolve));
      const first = Uint8Array.from({ length: bytes }, (_, at) => [0, 0, 1][at] ?? at);
      socket.write(first, () => socket.resetAndDestroy());
      await new Promise((resolve) => socket.once('close', resolve));
    }
    const peer = simulatedPeer(
      'honest',
      { host: '127.0.0.1', port: bob.port, from: '127.0.0.4' },
      newTally(),
    );
    const [wait = Number.NaN] = await within(peer.deliver(['after it all']), 10_000, 'served again');
    context.diagnostic(`served ${wait.toFixed(0)} ms after the last reset`);
    assert.equal(crashes(), 0);
    assert.ok(wait < 5_000);
  });
});

/** A connection that says nothing, and comes back for more when it is thrown out. */
function silent(port: number, from: string): Socket {
  const socket = connect({ host: '127.0.0.1', port, localAddress: from });
  socket.on('error', () => undefined);
  return socket;
}

/** Established TCP connections accepted at a port of this machine, as the kernel lists them. */
function establishedAt(port: number): number {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1);
  return rows.filter((row) => {
    const [, local, , state] = row.trim().split(/\s+/);
    return state === '01' && local?.endsWith(wanted) === true;
  }).length;
}
