import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAddress, isIpAddress, parseAddress } from '../../src/wire/address.js';
import { holds } from '../support/seeds.js';

test('an address that is written is read again', (t) => {
  const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6());
  holds(
    t,
    fc.property(host, fc.integer({ min: 1, max: 65_535 }), (name, port) => {
      const address = { host: name.toLowerCase(), port };
      assert.deepEqual(parseAddress(formatAddress(address)), address);
    }),
  );
});

test('a text that is not an address with a port is refused', () => {
  const words = [
    '',
    'host',
    'host:',
    'host:0',
    'host:65536',
    'host:1x',
    'a b:1',
    '::1:80',
    '[::1]',
    '[x]:1',
    ':1',
    'h/x:1',
  ];
  for (const word of words) assert.equal(parseAddress(word), null, word);
  assert.deepEqual(parseAddress('[FE80::1%eth0]:6001'), { host: 'fe80::1%eth0', port: 6001 });
  assert.deepEqual(parseAddress('[FE80::1%Eth0]:6001'), { host: 'fe80::1%Eth0', port: 6001 });
  assert.deepEqual(parseAddress('Host.Local:6001'), { host: 'host.local', port: 6001 });
});

test('an IP address is distinguished from a name, and from a number that resolvers accept', () => {
  for (const word of ['0.0.0.0', '10.0.0.255', '::', '::1', 'fe80::1%eth0', '::ffff:10.0.0.1'])
    assert.ok(isIpAddress(word), word);
  for (const word of ['', 'localhost', '10.0.0', '010.0.0.1', '10.0.0.256', '1', ':::', '12345::', 'abcd'])
    assert.ok(!isIpAddress(word), word);
});

// Case S11
test('an address has one form: numbers of another form are refused', () => {
  for (const host of ['0x7f000001', '2130706433', '127.1', '1.2.3.256', '01.2.3.4', 'a.0x1', '10.0.0.7.'])
    assert.equal(parseAddress(`${host}:6001`), null, host);
  for (const host of ['localhost', '10.0.0.7', 'pc7', '7of9', 'a.b-1', 'x0x1'])
    assert.equal(parseAddress(`${host}:42`)?.host, host);
});
