/**
 * One node with five slots and many who want one: crowds, hogs, the slow and the rude. Everybody honest is served, and
 * never are more than five connections held. Spec: faults.md N1, N2, N6, N7.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { eventually, within } from '../support/deadline.js';
import { quantile, startSceneNode, transportOf, untilAcquainted } from '../support/scene-nodes.js';
import {
  newIdentity,
  newTally,
  openRawSession,
  simulatedPeer,
  type RawSession,
} from '../support/simulated-peer.js';
import { usableNowMs } from '../support/usable-time.js';
import { freeUdpPort } from '../support/free-port.js';

const numbered = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => `text ${n}`);

describe('a node with five slots', () => {
  test('serves thirty peers behind one address, each with five messages', async (context) => {
    const options = { name: 'bob', beaconPorts: [await freeUdpPort()] };
    // As people run it; the other scenes of this file look at rules, not at threads.
    const bob = await startSceneNode(context, options, undefined, 'threads');
    const tally = newTally();
    let mostHeld = 0;
    const looking = setInterval(() => (mostHeld = Math.max(mostHeld, establishedAt(bob.port))), 20);
    context.after(() => clearInterval(looking));
    const target = { host: '127.0.0.1', port: bob.port, from: '127.0.0.9' };
    const peers = Array.from({ length: 30 }, (_, n) => simulatedPeer(`peer-${n}`, target, tally));
    const startedMs = performance.now();
    const waits = await within(
      Promise.all(peers.map((peer, n) => peer.deliver(numbered(5).map((text) => `${n} ${text}`)))),
      30_000,
      'all delivered',
    );
    await eventually(() => bob.shown.length >= 150, 5_000, 'all shown');
    assert.equal(waits.flat().length, 150);
    assert.equal(new Set(bob.shown).size, 150);
    assert.equal(bob.shown.length, 150);
    assert.ok((await transportOf(bob.handle)).inboundMost <= 5);
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
    context.diagnostic(
      `${seconds} s, ${tally.busy} told BUSY, ${tally.resumed} resumed; sockets held at most ${mostHeld}, open as the peers see it ${tally.servedMost}`,
    );
  });

  test('an honest peer is served soon while one address opens fifty silent connections a second', async (context) => {
    const bob = await startSceneNode(context, { name: 'bob', beaconPorts: [await freeUdpPort()] });
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
    assert.ok((await transportOf(bob.handle)).inboundMost <= 5);
    assert.ok(p95 < 3_000, `p95 ${p95.toFixed(0)} ms`);
  });

  test('parks those who prove who they are and then say nothing, for strangers and for a contact', async (context) => {
    const beaconPorts = [await freeUdpPort()];
    const bob = await startSceneNode(context, { name: 'bob', beaconPorts });
    const carol = await startSceneNode(context, { name: 'carol', beaconPorts });
    await untilAcquainted(bob, carol);
    (await bob.handle.send(carol.id, 'we know each other'))._unsafeUnwrap();
    await eventually(() => carol.shown.length === 1, 10_000, 'they know each other');
    (await bob.handle.disconnect(carol.id))._unsafeUnwrap();
    const hogs = holdPlaces(bob.port, 8);
    context.after(() => hogs.stop());
    const waitsMs: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      // The sessions that were parked for the stranger are among them.
      await eventually(
        async () => (await transportOf(bob.handle)).inboundNow >= 4,
        10_000,
        'the hogs are back',
      );
      const from = `127.0.2.${n + 1}`;
      const peer = simulatedPeer(`honest-${n}`, { host: '127.0.0.1', port: bob.port, from }, newTally());
      waitsMs.push(...(await within(peer.deliver([`honest ${n}`]), 10_000, 'a stranger is served')));
    }
    const startedMs = usableNowMs();
    (await carol.handle.send(bob.id, 'a contact'))._unsafeUnwrap();
    await eventually(() => bob.shown.includes('a contact'), 10_000, 'a contact is served');
    const contactMs = usableNowMs() - startedMs;
    const { inboundMost } = await transportOf(bob.handle);
    context.diagnostic(
      `strangers waited at most ${Math.max(...waitsMs).toFixed(0)} ms, the contact ${contactMs.toFixed(0)} ms; ${hogs.parked()} hogs parked, at most ${inboundMost} connections at once`,
    );
    assert.ok(hogs.parked() >= waitsMs.length, 'each of them had the place of a hog');
    assert.ok(inboundMost <= 5, `${inboundMost} connections at once`);
    assert.ok(contactMs < 5_000, `the contact waited ${contactMs.toFixed(0)} ms`);
  });

  test('gives one identity one place, however often it calls', async (context) => {
    const bob = await startSceneNode(context, { name: 'bob', beaconPorts: [await freeUdpPort()] });
    const identity = newIdentity();
    let before: RawSession | null = null;
    for (let n = 0; n < 8; n += 1) {
      const target = { host: '127.0.0.1', port: bob.port, from: `127.0.3.${n + 1}` };
      const session = await within(openRawSession(target, identity), 10_000, 'it is let in');
      context.after(() => session.close());
      if (before !== null) await within(before.ended, 10_000, 'the one before is ended');
      before = session;
    }
    await eventually(
      async () => (await transportOf(bob.handle)).inboundNow === 1,
      10_000,
      'one place is taken',
    );
    assert.ok((await transportOf(bob.handle)).inboundMost <= 3);
  });

  test('outlives connections that are reset at every point of a handshake', async (context) => {
    const bob = await startSceneNode(context, { name: 'bob', beaconPorts: [await freeUdpPort()] });
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

/** Strangers who prove who they are, say nothing, and come back as soon as they are thrown out. */
function holdPlaces(port: number, count: number): { stop: () => void; parked: () => number } {
  const over = new AbortController();
  let parked = 0;
  const open = new Set<RawSession>();
  const hold = async (from: string): Promise<void> => {
    const identity = newIdentity();
    while (!over.signal.aborted) {
      const session = await openRawSession({ host: '127.0.0.1', port, from }, identity).catch(() => null);
      if (session === null) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        continue;
      }
      open.add(session);
      if (over.signal.aborted) session.close();
      await session.ended;
      parked += 1;
      session.close();
      open.delete(session);
    }
  };
  for (let n = 0; n < count; n += 1) void hold(`127.0.4.${n + 1}`);
  return {
    stop() {
      over.abort();
      for (const session of open) session.close();
    },
    parked: () => parked,
  };
}

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
