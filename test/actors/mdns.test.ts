/** Multicast DNS on the loopback interface: an announcement names its host, and hostile ones do no harm. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { test, type TestContext } from 'node:test';
import { startMdns } from '../../src/actors/presence/mdns.js';
import { readInterfaces } from '../../src/actors/interfaces.js';
import { SilentContacts } from '../../src/chat/presence/silent-contacts.js';
import { mdns as mdnsLimits } from '../../src/actors/presence/limits.js';
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

/** One datagram that asks 200 times for the services of nodes. */
function manyQuestions(): Buffer {
  const name = Buffer.from('\x09_parlance\x04_tcp\x05local\x00', 'latin1');
  const first = Buffer.concat([name, Buffer.from('000c0001', 'hex')]);
  const header = Buffer.from('0000000000c8000000000000', 'hex');
  return Buffer.concat([header, first, Buffer.from('c00c000c0001'.repeat(199), 'hex')]);
}

// Fault N5
test('a datagram of many questions gets few answers', async (context) => {
  const port = await freeUdpPort();
  const mdns = await startMdns({
    bind: '127.0.0.1',
    port,
    instance: new Uint8Array(8).fill(1),
    onHost: () => undefined,
    onProblem: assert.fail,
  });
  assert.ok(mdns !== null);
  mdns.interfacesChanged(readInterfaces());
  const raw = createSocket({ type: 'udp4', reuseAddr: true });
  context.after(() => raw.close());
  let answers = 0;
  let isMarked = false;
  raw.on('message', (bytes) => {
    if (bytes.toString() === 'mark') isMarked = true;
    else if (((bytes[2] ?? 0) & 0x80) !== 0) answers += 1;
  });
  raw.bind(port, '224.0.0.251');
  await new Promise((resolve) => raw.once('listening', resolve));
  raw.addMembership('224.0.0.251', '127.0.0.1');
  raw.setMulticastInterface('127.0.0.1');
  mdns.announce(6_001);
  await eventually(() => answers > 0, 5_000, 'the service is announced');
  const announced = answers;
  raw.send(manyQuestions(), port, '224.0.0.251');
  await eventually(() => answers > announced + 1, 5_000, 'questions are answered');
  await mdns.close();
  raw.send('mark', port, '224.0.0.251');
  await eventually(() => isMarked, 5_000, 'all answers are counted');
  assert.ok(answers <= mdnsLimits.sentBurst + 5 * mdnsLimits.sentPerSecond, `${answers} answers`);
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
