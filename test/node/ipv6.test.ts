/** Nodes that listen on IPv6, or on both families. Case N1. The IPv6-only network is in `test/faults/`. */
import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { listen } from '../../src/actors/tcp/listen.js';
import { localAddress } from '../../src/wire/limits.js';
import { deliver, liveNode, untilMet } from '../support/live-node.js';
import { freeUdpPort } from '../support/free-port.js';

const hasV6 = Object.values(networkInterfaces()).some((each) =>
  each?.some(({ address }) => address === '::1'),
);
const options = { skip: hasV6 ? false : 'this machine has no IPv6' } as const;

const answers = (host: string, port: number): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.on('connect', () => (socket.destroy(), resolve('open')));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
  });

const both = { bind: localAddress.bindsDefault, portStrict: false, dialect: 'native' } as const;

// Case N1
test('by default both families have a socket of their own, on one port', options, async (context) => {
  const listener = (await listen({ ...both, port: 0 }, (socket) => socket.destroy()))._unsafeUnwrap();
  context.after(() => listener.servers.forEach((server) => server.close()));
  assert.deepEqual([listener.address, listener.addresses], ['0.0.0.0', ['0.0.0.0', '::']]);
  for (const host of ['127.0.0.1', '::1']) assert.equal(await answers(host, listener.port), 'open', host);
  const v6 = { ...both, bind: '::', port: 0 };
  const alone = (await listen(v6, (socket) => socket.destroy()))._unsafeUnwrap();
  context.after(() => alone.servers.forEach((server) => server.close()));
  assert.equal(await answers('::1', alone.port), 'open');
  assert.equal(await answers('127.0.0.1', alone.port), 'ECONNREFUSED', 'IPv4 is not mapped');
});

// Case N1
test('a port that one family has taken is passed over for both', options, async (context) => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen({ host: '::', port: 0, ipv6Only: true }, resolve));
  context.after(() => taken.close());
  const bound = taken.address();
  assert.ok(bound !== null && typeof bound === 'object');
  const listened = await listen({ ...both, port: bound.port }, (socket) => socket.destroy());
  const listener = listened._unsafeUnwrap();
  context.after(() => listener.servers.forEach((server) => server.close()));
  assert.ok(listener.port > bound.port);
  assert.equal(listener.servers.length, 2);
  const strict = await listen({ ...both, port: bound.port, portStrict: true }, (socket) => socket.destroy());
  assert.equal(strict._unsafeUnwrapErr().code, 'transport/port-in-use');
});

// Case N1
test('two homes that listen on ::1 alone find each other and talk', options, async (context) => {
  const beaconPort = await freeUdpPort();
  const shared = { beaconPort, bind: '::1', broadcast: ['::1'] };
  const alice = await liveNode(context, { name: 'alice', ...shared });
  const bob = await liveNode(context, { name: 'bob', ...shared });
  const self = (await alice.handle.self())._unsafeUnwrap();
  assert.deepEqual([self.bound, self.boundAll], ['::1', ['::1']]);
  await untilMet(alice, bob);
  await deliver(alice, 'bob', 'over IPv6');
  await deliver(bob, `[::1]:${alice.port}`, 'to an address');
  assert.deepEqual([bob.heard(), alice.heard()], [['over IPv6'], ['to an address']]);
});
