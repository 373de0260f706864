import assert from 'node:assert/strict';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  beaconGroup,
  beaconTargets,
  broadcastBinds,
  isBroadcast,
} from '../../src/actors/presence/targets.js';
import {
  hostOf,
  broadcastAddressOf,
  isLoopback,
  isNear,
  isPrivate,
  isUnicast,
  plainAddress,
  sourceKey,
  type InterfaceAddress,
} from '../../src/wire/address-space.js';

const own = (address: string, cidr: string, internal = false): InterfaceAddress => ({
  address,
  cidr,
  internal,
  family: address.includes(':') ? 'IPv6' : 'IPv4',
});
const lo = own('127.0.0.1', '127.0.0.1/8', true);
const lan = own('10.0.0.5', '10.0.0.5/22');
const open = own('203.0.113.9', '203.0.113.9/28');

test('private, shared, link-local, loopback and on-link addresses are near', () => {
  for (const near of [
    '10.9.9.9',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.3.3',
    '100.64.0.1',
    '127.3.0.1',
    '::1',
  ])
    assert.ok(isNear(near, []), near);
  for (const near of ['fe80::1%eth0', 'fd00::7', '::ffff:10.0.0.1']) assert.ok(isNear(near, []), near);
  for (const far of ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2001:db8::1', '', 'nonsense'])
    assert.ok(!isNear(far, [lo, lan]), far);
  assert.ok(isNear('203.0.113.1', [open]));
  assert.ok(!isNear('203.0.113.16', [open]));
  assert.ok(
    !isNear('8.8.8.8', [own('10.8.0.1', '10.8.0.1/0')]),
    'a tunnel to everywhere makes nobody a neighbour',
  );
});

test('one host is counted once, however it spells its address or picks it in its /64', () => {
  assert.equal(plainAddress('::ffff:10.0.0.1'), '10.0.0.1');
  assert.equal(plainAddress('FE80::1%eth0'), 'fe80::1');
  assert.equal(sourceKey('2001:db8::1'), sourceKey('2001:0db8:0:0:ffff:1:2:3'));
  assert.notEqual(sourceKey('2001:db8:0:1::1'), sourceKey('2001:db8::1'));
  assert.equal(sourceKey('::ffff:10.0.0.1'), '10.0.0.1');
});

// Case N1
test('a link-local IPv6 host keeps its zone, and each link is a source of its own', () => {
  assert.equal(hostOf('FE80::1%eth0'), 'fe80::1%eth0');
  assert.equal(hostOf('2001:DB8::1%eth0'), '2001:db8::1');
  assert.equal(hostOf('::ffff:10.0.0.1%eth0'), '10.0.0.1');
  assert.equal(hostOf('fe80::1%a b'), 'fe80::1', 'no zone');
  assert.equal(sourceKey('fe80::1%eth0'), sourceKey('fe80::abcd%eth0'));
  assert.notEqual(sourceKey('fe80::1%eth0'), sourceKey('fe80::1%wlan0'));
});

// Case N1
test('beacons go to the group on each IPv6 interface, or to the named targets of the family', () => {
  const zoned = (address: string, zone: string) => ({ ...own(address, `${address}/64`), zone });
  const interfaces = [
    { ...own('::1', '::1/128', true), zone: 'lo' },
    { ...lan, zone: 'eth0' },
    zoned('fe80::1', 'eth0'),
    zoned('fd00::1', 'eth0'),
    zoned('fe80::1', 'wlan0'),
  ];
  const addresses = (bind: string, requested: readonly string[] | null) =>
    beaconTargets(bind, requested, interfaces).map(({ address }) => address);
  assert.deepEqual(addresses('::', null), [`${beaconGroup}%eth0`, `${beaconGroup}%wlan0`]);
  assert.deepEqual(addresses('fe80::1%wlan0', null), [`${beaconGroup}%wlan0`]);
  assert.deepEqual(addresses('fd00::1', null), [`${beaconGroup}%eth0`]);
  assert.deepEqual(addresses('::1', null), ['::1']);
  assert.deepEqual(addresses('::', ['10.0.0.7', 'fd00::7']), ['fd00::7']);
  assert.deepEqual(addresses('0.0.0.0', ['10.0.0.7', 'fd00::7']), ['10.0.0.7']);
  assert.ok(!isUnicast(beaconGroup));
});

test('broadcast addresses follow from the mask', () => {
  assert.equal(broadcastAddressOf(lan), '10.0.3.255');
  assert.equal(broadcastAddressOf(open), '203.0.113.15');
  assert.equal(broadcastAddressOf(own('10.0.0.1', '10.0.0.1/31')), null);
  assert.equal(broadcastAddressOf(own('fd00::1', 'fd00::1/64')), null);
  assert.ok(isBroadcast('10.0.3.255', [lan]) && isBroadcast('255.255.255.255', []));
  assert.ok(!isBroadcast('10.0.0.255', [lan]));
  assert.ok(!isUnicast('224.0.0.1') && !isUnicast('0.0.0.0') && !isUnicast('x') && isUnicast('10.0.0.7'));
});

test('beacons go to all homes of this machine and to every network, or where the user says', () => {
  const addresses = (bind: string, requested: readonly string[] | null) =>
    beaconTargets(bind, requested, [lo, lan, open]).map(({ address }) => address);
  assert.deepEqual(addresses('0.0.0.0', null), [
    '127.255.255.255',
    '127.0.0.1',
    '10.0.3.255',
    '203.0.113.15',
  ]);
  assert.deepEqual(addresses('10.0.0.5', null), ['127.255.255.255', '127.0.0.1', '10.0.3.255']);
  assert.deepEqual(addresses('127.0.0.1', null), ['127.255.255.255', '127.0.0.1']);
  assert.deepEqual(addresses('0.0.0.0', ['10.0.3.255']), ['10.0.3.255']);
  assert.deepEqual(addresses('0.0.0.0', ['localhost', '127.0.0.9']), [
    '127.255.255.255',
    '127.0.0.1',
    '127.0.0.9',
  ]);
  assert.equal(beaconTargets('0.0.0.0', ['10.0.3.255'], [lo, lan])[0]?.ownAddress, '10.0.0.5');
  assert.deepEqual(broadcastBinds('10.0.0.5', [lo, lan]), ['10.0.3.255']);
  assert.deepEqual(broadcastBinds('127.0.0.1', [lo]), ['127.255.255.255']);
  assert.deepEqual(broadcastBinds('0.0.0.0', [lo, lan]), []);
});

const listOf = (...networks: readonly (readonly [string, number])[]): BlockList => {
  const list = new BlockList();
  for (const [network, bits] of networks) list.addSubnet(network, bits, isIPv6(network) ? 'ipv6' : 'ipv4');
  return list;
};

const isIn = (list: BlockList, text: string): boolean => list.check(text, isIPv6(text) ? 'ipv6' : 'ipv4');

test('every address belongs to the spaces that the system counts it to', () => {
  const loopback = listOf(['127.0.0.0', 8], ['::1', 128]);
  const neighbours = listOf(
    ['10.0.0.0', 8],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
    ['169.254.0.0', 16],
    ['100.64.0.0', 10],
    ['fe80::', 10],
    ['fc00::', 7],
  );
  const groups = listOf(
    ['0.0.0.0', 8],
    ['224.0.0.0', 4],
    ['255.255.255.255', 32],
    ['::', 128],
    ['ff00::', 8],
  );
  const part = fc.constantFrom(0, 1, 10, 16, 31, 64, 100, 127, 168, 169, 172, 192, 224, 254, 255);
  const v4 = fc.tuple(part, fc.oneof(part, fc.nat(255)), fc.nat(255), fc.nat(255)).map((it) => it.join('.'));
  const head = fc.constantFrom('::', 'fe80::', 'febf::', 'fc00::', 'fdff::', 'ff02::', '2001:db8::', '1::');
  const v6 = fc
    .tuple(head, fc.integer({ min: 1, max: 0xffff }))
    .map(([begin, end]) => begin + end.toString(16));
  fc.assert(
    fc.property(fc.oneof(v4, v6, fc.ipV6()), (text) => {
      if (isIP(text) === 0 || /^::(ffff:|[\d.]+$)/i.test(text)) return;
      assert.equal(isLoopback(text), isIn(loopback, text), text);
      assert.equal(isPrivate(text), isIn(loopback, text) || isIn(neighbours, text), text);
      assert.equal(isUnicast(text), !isIn(groups, text), text);
      const plain = plainAddress(text);
      assert.equal(plainAddress(plain), plain, 'one spelling');
    }),
    { numRuns: 2_000 },
  );
});

test('a text that systems read as different addresses is refused', () => {
  for (const text of [
    '010.0.0.1',
    '10.1',
    '0x0a.0.0.1',
    '10.0.0.256',
    '167772161',
    '1.2.3.4.5',
    ':::1',
    '::10.0.0.1',
    '::ffff:010.0.0.1',
    '%eth0',
  ])
    assert.ok(!isNear(text, []) && !isUnicast(text) && !isLoopback(text), text);
});
