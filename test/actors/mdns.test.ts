/** Multicast DNS on the loopback interface: an announcement names its host, and hostile ones do no harm. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { test, type TestContext } from 'node:test';
import { startMdns } from '../../src/actors/presence/mdns.js';
import { readInterfaces } from '../../src/actors/interfaces.js';
import { SilentContacts } from '../../src/chat/presence/silent-contacts.js';
import { silentContacts as limits } from '../../src/chat/presence/limits.js';
import { eventually } from '../support/deadline.js';
import { freeUdpPort } from '../support/free-port.js';

async function nodeOf(context: TestContext, port: number, number: number) {
  const hosts: string[] = [];
  const problems: string[] = [];
  const mdns = await startMdns({
    bind: '127.0.0.1',
    port,
    instance: new Uint8Array(8).fill(number),
    onHost: (host) => hosts.push(host),
    onProblem: (reason) => problems.push(reason),
  });
  assert.ok(mdns !== null, problems.join());
  mdns.interfacesChanged(readInterfaces());
  context.after(() => mdns.close());
  return { mdns, hosts, problems };
}

const named = async (hosts: readonly string[]): Promise<void> => {
  await eventually(() => hosts.length > 0, 5_000, 'the host is named');
  assert.deepEqual(hosts, ['127.0.0.1']);
};

test('a node that announces itself is named to the others, and not to itself', async (context) => {
  const port = await freeUdpPort();
  const [alice, bob] = [await nodeOf(context, port, 1), await nodeOf(context, port, 2)];
  alice.mdns.announce(6_001);
  await named(bob.hosts);
  assert.deepEqual(alice.hosts, []);
  // A node that starts later asks for those that are there.
  const carol = await nodeOf(context, port, 3);
  await named(carol.hosts);
});

test('random datagrams and broken DNS end nothing', async (context) => {
  const port = await freeUdpPort();
  const [alice, bob] = [await nodeOf(context, port, 1), await nodeOf(context, port, 2)];
  const raw = createSocket('udp4');
  context.after(() => raw.close());
  raw.bind(0, '127.0.0.1');
  await new Promise((resolve) => raw.once('listening', resolve));
  raw.setMulticastInterface('127.0.0.1');
  const answer = Buffer.from('000084000000000100000000', 'hex');
  const hostile = [
    Buffer.alloc(0),
    Buffer.alloc(1_400, 0xff),
    answer,
    Buffer.from('c00c'.repeat(300), 'hex'),
  ];
  for (const bytes of hostile) raw.send(bytes, port, '224.0.0.251');
  bob.mdns.announce(6_002);
  await named(alice.hosts);
});

test('a named host is asked until a peer is heard from there, ever more seldom', () => {
  const contacts = new SilentContacts(0, 8_000);
  contacts.named('10.0.0.7');
  const asked: number[] = [];
  for (let nowMs = 0; nowMs < 120_000; nowMs += 1_000)
    if (contacts.due(nowMs, () => null).includes('10.0.0.7')) asked.push(nowMs);
  assert.deepEqual(asked.slice(0, 5), [0, 1_000, 3_000, 7_000, 15_000]);
  for (let n = 0; n < limits.namedHostsMax; n += 1) contacts.named(`10.1.${n >> 8}.${n & 255}`);
  const round = contacts.due(0, () => null);
  assert.equal(round.length, limits.hostsPerRoundMax);
  assert.ok(!round.includes('10.0.0.7'), 'the host named first is forgotten');
});
