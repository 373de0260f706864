import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Presence } from '../../src/chat/people/presence.js';
import type { PeerState } from '../../src/chat/events.js';
import { beacon as wire } from '../../src/wire/limits.js';
import { decodeBeacon } from '../../src/wire/beacon.js';
import {
  boundUdp,
  freeUdpPorts,
  newIdentity,
  recordOf,
  signedDatagram,
  startBeaconNode,
  type BeaconNode,
  type BeaconNodeOptions,
} from '../support/beacon-node.js';
import { eventually, within } from '../support/deadline.js';
import type { DiscoveryStats } from '../../src/actors/presence/protocol.js';
import { usableNowMs } from '../support/usable-time.js';

async function node(t: TestContext, options: BeaconNodeOptions): Promise<BeaconNode> {
  const started = await startBeaconNode(options);
  t.after(() => started.stop());
  return started;
}

async function udp(t: TestContext, address: string, port: number, isShared = false): Promise<Socket> {
  const socket = await boundUdp(address, port, isShared);
  t.after(() => socket.close());
  return socket;
}

const sees = (one: BeaconNode, other: BeaconNode, state: PeerState = 'online') =>
  one.reports.wait('presence', ({ rows }) =>
    rows.some((row) => row.peerId === other.identity.peerId && row.state === state),
  );

/** The reported rows that are not gone. */
function rosterOf(one: BeaconNode): readonly Presence[] {
  const rows = one.reports.all('presence').flatMap((report) => report.rows);
  const latest = new Map(rows.map((row) => [row.peerId, row]));
  return [...latest.values()].filter(({ state }) => state !== 'offline');
}

const statsOf = async (one: BeaconNode): Promise<DiscoveryStats> =>
  (await one.discovery.call('stats', {}))._unsafeUnwrap();

test('a second node is in both rosters at once, with name, address and port', async (t) => {
  const beaconPorts = await freeUdpPorts(2);
  const alice = await node(t, { name: 'alice', beaconPorts });
  const bob = await node(t, { name: 'bob from the other side of the room', beaconPorts });
  await Promise.all([sees(alice, bob), sees(bob, alice)]);
  const tookMs = usableNowMs() - bob.startedMs;
  t.diagnostic(`in both rosters after ${tookMs.toFixed(0)} ms`);
  // The goal is 500 ms on a quiet machine (printed); the next beacon would come after 8 s.
  assert.ok(tookMs < 4_000, `${tookMs} ms`);
  const [row] = rosterOf(bob);
  assert.equal(row?.name, 'alice');
  assert.equal(row?.dialect, 'native');
  assert.deepEqual(row?.addresses, [{ host: '127.0.0.1', port: 6_001 }]);
});

test('twenty nodes on one machine and one address all find each other', async (t) => {
  const beaconPorts = await freeUdpPorts(2);
  const nodes: BeaconNode[] = [];
  for (let i = 0; i < 20; i += 1)
    nodes.push(await node(t, { name: `n${i}`, beaconPorts, intervalMs: 1_500, bind: '127.0.0.1' }));
  await eventually(
    () => nodes.every((one) => rosterOf(one).length === nodes.length - 1),
    8_000,
    'full rosters',
  );
});

test('a peer that says goodbye is offline at once', async (t) => {
  const beaconPorts = await freeUdpPorts(2);
  const alice = await node(t, { name: 'alice', beaconPorts });
  const bob = await startBeaconNode({ name: 'bob', beaconPorts });
  await sees(alice, bob);
  await bob.stop();
  await sees(alice, bob, 'offline');
});

test('a new name is known to the others at once', async (t) => {
  const beaconPorts = await freeUdpPorts(1);
  const alice = await node(t, { name: 'alice', beaconPorts });
  const bob = await node(t, { name: 'bob', beaconPorts });
  await sees(alice, bob);
  bob.broadcast.cast('describe', { name: 'robert', tcpPort: 7_777, certificateSerial: 1 });
  const { rows } = await alice.reports.wait('presence', (body) =>
    body.rows.some((row) => row.name === 'robert'),
  );
  assert.equal(rows[0]?.addresses[0]?.port, 7_777);
});

test('an invisible node says goodbye, sends nothing, and comes back in the same run', async (t) => {
  const beaconPorts = await freeUdpPorts(1);
  const alice = await node(t, { name: 'alice', beaconPorts });
  const bob = await node(t, { name: 'bob', beaconPorts, intervalMs: 200 });
  await sees(alice, bob);
  const fields = { name: 'bob', tcpPort: 6_001, certificateSerial: 1 };
  const status = { presence: 'invisible', text: '', untilMs: null } as const;
  bob.broadcast.cast('describe', { ...fields, status });
  await sees(alice, bob, 'offline');
  bob.discovery.cast('invisible', { isInvisible: true });
  const before = await statsOf(bob);
  const carol = await node(t, { name: 'carol', beaconPorts });
  await sees(bob, carol);
  assert.equal((await statsOf(bob)).challenges, before.challenges);
  assert.ok(rosterOf(carol).every((row) => row.peerId !== bob.identity.peerId));
  bob.broadcast.cast('describe', { ...fields, status: { ...status, presence: 'busy' } });
  await alice.reports.wait('presence', ({ rows }) =>
    rows.some((row) => row.peerId === bob.identity.peerId && row.status?.presence === 'busy'),
  );
});

test('a query to one host leaves room for every answer', async (t) => {
  const [port = 0] = await freeUdpPorts(1);
  const reader = await udp(t, '127.0.0.1', port, true);
  const heard = new Promise<Buffer>((resolve) => {
    reader.on('message', (bytes) => {
      const read = decodeBeacon(bytes).unwrapOr(null);
      if (read?.kind === 'native' && read.record.kind === 'query') resolve(bytes);
    });
  });
  const alice = await node(t, { name: 'a', beaconPorts: [port], bind: '127.0.0.1' });
  // Of two sockets on one port the system gives a datagram to the one bound last.
  await alice.discovery.stop();
  alice.broadcast.cast('query', { hosts: ['127.0.0.1'] });
  assert.equal((await within(heard, 10_000, 'a query')).byteLength, wire.datagramBytesMax);
});

test('a reader of the oldest dialect understands the datagram', async (t) => {
  const [port = 0] = await freeUdpPorts(1);
  const reader = await udp(t, '127.0.0.1', port, true);
  const heard = new Promise<Buffer>((resolve) => reader.once('message', resolve));
  await node(t, { name: 'alice', beaconPorts: [port] });
  const datagram = await within(heard, 2_000, 'a datagram');
  assert.ok(datagram.byteLength <= wire.datagramBytesMax);
  const read = JSON.parse(datagram.toString()) as Record<string, unknown>;
  assert.equal(read['username'], 'alice');
  assert.equal(read['ip_address'], '127.0.0.1');
});

test('an announcement of the oldest dialect counts only when asked for', async (t) => {
  const [port = 0] = await freeUdpPorts(1);
  const home = mkdtempSync(join(tmpdir(), 'parlance-test-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const onlinePeersFile = join(home, 'online_peers.txt');
  const liberal = await node(t, { name: 'alice', beaconPorts: [port], onlinePeersFile });
  const strict = await node(t, { name: 'bob', beaconPorts: [port] });
  const sender = await udp(t, '127.0.0.1', 0);
  sender.setBroadcast(true);
  sender.send(JSON.stringify({ username: 'old hand', ip_address: '127.0.0.1' }), port, '127.255.255.255');
  await liberal.reports.wait('presence', ({ rows }) => rows.some((row) => row.dialect === 'cmp2204'));
  const rows = rosterOf(strict);
  assert.ok(rows.every((row) => row.dialect === 'native'));
});

test('a port that is taken is passed over as long as one is left', async (t) => {
  const [taken = 0, free = 0] = await freeUdpPorts(2);
  await udp(t, '0.0.0.0', taken);
  const alice = await node(t, { name: 'alice', beaconPorts: [taken, free] });
  await alice.reports.wait('hearing');
  const carol = await node(t, { name: 'carol', beaconPorts: [free] });
  await sees(alice, carol);
  await assert.rejects(
    startBeaconNode({ name: 'bob', beaconPorts: [taken] }),
    /transport\/beacon-ports-in-use/,
  );
});

test('a second run of the own identity is reported', async (t) => {
  const beaconPorts = await freeUdpPorts(1);
  const identity = newIdentity();
  const one = await node(t, { name: 'alice', beaconPorts, identity, intervalMs: 300 });
  await node(t, { name: 'alice', beaconPorts, identity, intervalMs: 300 });
  await one.reports.wait('twin');
});

// Fault N5
test('a reply is never longer than its request and goes to its sender alone', async (t) => {
  const beaconPorts = await freeUdpPorts(1);
  const [port = 0] = beaconPorts;
  await node(t, { name: 'a rather long name for such a small machine', beaconPorts, targets: ['127.0.0.9'] });
  const stranger = newIdentity();
  const raw = await udp(t, '127.0.0.3', 0);
  const replies: Buffer[] = [];
  raw.on('message', (bytes: Buffer) => replies.push(bytes));
  const request = signedDatagram(stranger, recordOf(stranger));
  raw.send(request, port, '127.0.0.1');
  await eventually(() => replies.length === 1, 2_000, 'a challenge');
  assert.ok((replies[0]?.byteLength ?? Infinity) <= request.byteLength);
  const challenge = decodeBeacon(replies[0] ?? new Uint8Array())._unsafeUnwrap();
  assert.ok(challenge.kind === 'challenge');
  // The other way round a challenge that is too short gets no answer.
  const short = Buffer.from(
    JSON.stringify({
      parlance: Buffer.concat([Buffer.from('PARL\x01\x05', 'latin1'), Buffer.alloc(16)]).toString(
        'base64url',
      ),
    }),
  );
  raw.send(short, port, '127.0.0.1');
  raw.send(request.subarray(0, 40), port, '127.0.0.1');
  // A later request that is answered shows that the earlier ones were not.
  const other = newIdentity();
  const later = await udp(t, '127.0.0.4', 0);
  const answered = once(later, 'message');
  later.send(signedDatagram(other, recordOf(other)), port, '127.0.0.1');
  await within(answered, 2_000, 'a challenge to another stranger');
  assert.equal(replies.length, 1);
});

test('10,000 malformed datagrams do nothing, and a newcomer is found right after', async (t) => {
  const beaconPorts = await freeUdpPorts(2);
  const alice = await node(t, { name: 'alice', beaconPorts });
  const stranger = newIdentity();
  const seed = signedDatagram(stranger, recordOf(stranger));
  const heapBefore = process.memoryUsage().heapUsed;
  let state = 12_345;
  const random = (): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) / 2 ** 32;
  for (let i = 0; i < 10_000; i += 1) {
    const bytes = new Uint8Array(seed);
    for (let flips = 0; flips < 1 + random() * 8; flips += 1)
      bytes[Math.floor(random() * bytes.length)] = random() * 256;
    const cut = i % 3 === 0 ? bytes.slice(0, Math.floor(random() * bytes.length)) : bytes;
    // From ever new addresses, so that no budget hides the parser.
    alice.discovery.cast('heard', { bytes: cut, address: `127.${1 + (i >> 8)}.${i & 255}.1`, port: 9 });
    if (i % 500 === 0) await statsOf(alice);
  }
  const { datagrams, dropped } = await statsOf(alice);
  assert.equal(datagrams, 10_000);
  assert.ok((dropped.malformed ?? 0) > 5_000, JSON.stringify(dropped));
  const grownBytes = process.memoryUsage().heapUsed - heapBefore;
  assert.ok(grownBytes < 48 * 2 ** 20, `${grownBytes}`);
  assert.deepEqual(rosterOf(alice), []);
  const bob = await node(t, { name: 'bob', beaconPorts });
  await Promise.all([sees(alice, bob), sees(bob, alice)]);
});

// Fault N5
test('sources off the link are not heard', async (t) => {
  const alice = await node(t, { name: 'alice', beaconPorts: await freeUdpPorts(1) });
  const stranger = newIdentity();
  alice.discovery.cast('heard', {
    bytes: signedDatagram(stranger, recordOf(stranger)),
    address: '8.8.8.8',
    port: 6_000,
  });
  const { dropped, challenges } = await statsOf(alice);
  assert.equal(dropped['off-link'], 1);
  assert.equal(challenges, 0);
});

// Fault N3
test('a flood of forged beacons costs little and hides neither a contact nor a newcomer', async (t) => {
  const beaconPorts = await freeUdpPorts(2);
  const [port = 0] = beaconPorts;
  const alice = await node(t, { name: 'alice', beaconPorts, intervalMs: 2_000 });
  const friend = newIdentity();
  alice.discovery.cast('contacts', { peerIds: [friend.peerId] });
  // A child process floods, so that only what alice does is counted here.
  startFlood(t, port);
  await eventually(async () => (await statsOf(alice)).datagrams > 2_000, 5_000, 'the flood');
  const bob = await node(t, { name: 'bob', beaconPorts, intervalMs: 2_000, identity: friend });
  await sees(alice, bob);
  const contactMs = usableNowMs() - bob.startedMs;
  const carol = await node(t, { name: 'carol', beaconPorts, intervalMs: 2_000 });
  await alice.reports.wait('presence', ({ rows }) => rows.some((row) => row.name === 'carol'));
  const newcomerMs = usableNowMs() - carol.startedMs;
  await Promise.all([bob.stop(), carol.stop()]);
  const before = await statsOf(alice);
  const usedBefore = process.cpuUsage();
  const startedMs = performance.now();
  await eventually(() => performance.now() - startedMs > 2_000, 4_000, 'two seconds');
  const after = await statsOf(alice);
  const seconds = (performance.now() - startedMs) / 1_000;
  const used = process.cpuUsage(usedBefore);
  const perSecond = (after.datagrams - before.datagrams) / seconds;
  const core = (used.user + used.system) / 1e6 / seconds;
  t.diagnostic(
    `contact ${contactMs.toFixed(0)} ms, newcomer ${newcomerMs.toFixed(0)} ms; at ${perSecond.toFixed(0)}/s ` +
      `${(core * 100).toFixed(0)} % of a core, ${((core / perSecond) * 1e6).toFixed(1)} us each; ` +
      JSON.stringify(after.dropped),
  );
  assert.ok(contactMs < 5_000 && newcomerMs < 12_000);
  assert.ok(after.signatureChecks - before.signatureChecks <= 200 * (seconds + 1));
  assert.ok(rosterOf(alice).length <= 2, 'no forged identity is in the roster');
});

/** Some 10,000 datagrams a second with 200 identities, from 250 sources on loopback. */
function startFlood(t: TestContext, port: number): void {
  const forgers = Array.from({ length: 200 }, newIdentity);
  const datagrams = forgers.map((one) => Buffer.from(signedDatagram(one, recordOf(one))).toString('base64'));
  const code = `
    import { createSocket } from 'node:dgram';
    const datagrams = JSON.parse(process.argv[1]).map((text) => Buffer.from(text, 'base64'));
    const sockets = [];
    for (let i = 0; i < 250; i += 1) {
      const socket = createSocket('udp4');
      await new Promise((done) => socket.bind(0, '127.9.0.' + (1 + i), done));
      sockets.push(socket);
    }
    let sent = 0;
    setInterval(() => {
      for (let i = 0; i < 50; i += 1, sent += 1)
        sockets[sent % sockets.length].send(datagrams[sent % datagrams.length], ${port}, '127.0.0.1');
    }, 5);
    setTimeout(() => process.exit(), 20_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, JSON.stringify(datagrams)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  t.after(() => child.kill());
}
