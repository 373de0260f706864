import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  decodeHubList,
  encodeHubList,
  encodeHubListRequest,
  encodeHubName,
  openHubListener,
  openHubTable,
} from '../../src/dialects/chatbuddy/hub-codec.js';
import type { Utterance } from '../../src/dialects/dialect.js';
import { openNetechPeers } from '../../src/dialects/netech/peers.js';
import { openSynergyPeers, parseMandatoryPeers } from '../../src/dialects/synergy/peers.js';
import { hubProtocol } from '../../src/dialects/chatbuddy/limits.js';
import { foreignPeers } from '../../src/dialects/limits.js';
import { isDottedQuad, parseEndpoint, parsePort } from '../../src/wire/address.js';

const say = (words: string): Uint8Array => Buffer.from(words);
const text: Utterance = { type: 'text', id: null, sentAtMs: 0, text: 'hi' };
const connect: Utterance = { type: 'connect' };
const leave: Utterance = { type: 'leave', words: null };
const ann = { host: '10.0.0.7', port: 8_080 };
const bob = { host: '10.0.0.8', port: 8_080 };

describe('synergy peers', () => {
  test('the first message makes a peer, a connection message of ours connects it', () => {
    const peers = openSynergyPeers();
    assert.deepEqual(
      peers.heard(ann, 'ann', text).map(({ type }) => type),
      ['new-peer', 'message'],
    );
    assert.deepEqual(
      peers.heard(ann, 'ann', connect).map(({ type }) => type),
      ['connected'],
    );
    assert.deepEqual(
      peers.yetToConnect().map(({ name }) => name),
      ['ann'],
    );
    peers.sent(ann, connect);
    assert.deepEqual(peers.list(), [{ ...ann, name: 'ann', status: 'Connected', hasSpoken: true }]);
    peers.sent(ann, text);
    assert.deepEqual(peers.yetToConnect(), []);
  });

  test('a peer we have only written to is active, and new once it speaks, once', () => {
    const peers = openSynergyPeers();
    peers.sent(bob, text);
    assert.deepEqual(peers.list(), [{ ...bob, name: null, status: 'Yet to connect', hasSpoken: false }]);
    assert.deepEqual(
      peers.heard(bob, null, text).map(({ type }) => type),
      ['new-peer', 'message'],
    );
    assert.deepEqual(
      peers.heard(bob, null, text).map(({ type }) => type),
      ['message'],
    );
  });

  test('an exit of either side removes the peer', () => {
    const peers = openSynergyPeers();
    peers.heard(ann, 'ann', text);
    assert.deepEqual(
      peers.heard(ann, 'ann', leave).map(({ type, peer }) => [type, peer.name]),
      [['disconnected', 'ann']],
    );
    assert.deepEqual(peers.heard(ann, 'ann', leave), []);
    peers.sent(bob, connect);
    peers.sent(bob, leave);
    assert.deepEqual(peers.list(), []);
  });

  test('quitting names everybody once', () => {
    const peers = openSynergyPeers();
    peers.heard(ann, 'ann', text);
    peers.sent(bob, connect);
    assert.deepEqual(
      peers.quit().map(({ host }) => host),
      [ann.host, bob.host],
    );
    assert.deepEqual(peers.quit(), []);
  });

  test('one machine under two addresses or ports is two peers', () => {
    const peers = openSynergyPeers();
    peers.heard(ann, 'ann', text);
    peers.heard({ ...ann, host: '127.0.0.1' }, 'ann', text);
    peers.heard({ ...ann, port: 8_081 }, 'ann', text);
    assert.equal(peers.list().length, 3);
  });

  test('strangers in numbers do not drive out a connected peer', () => {
    const peers = openSynergyPeers();
    peers.sent(ann, connect);
    for (let at = 1; at <= foreignPeers.activeMax + 10; at += 1)
      peers.heard({ host: '10.9.9.9', port: at }, 'x', text);
    assert.equal(peers.list().length, foreignPeers.activeMax);
    assert.equal(peers.list()[0]?.host, ann.host);
  });

  test('mandatory peers are a list of addresses, and a wrong one is named', () => {
    assert.deepEqual(parseMandatoryPeers(' 10.0.0.7:8080,10.0.0.8:8080\n')._unsafeUnwrap(), [ann, bob]);
    assert.deepEqual(parseMandatoryPeers('')._unsafeUnwrap(), []);
    for (const wrong of ['10.0.0.7', '10.0.0.7:0', '10.0.0.256:80', 'ann:80', '10.0.0.07:80'])
      assert.equal(parseMandatoryPeers(`10.0.0.8:80 ${wrong}`)._unsafeUnwrapErr(), wrong);
  });
});

describe('netech peers', () => {
  test('a message makes a peer active, a connection message of either side connected', () => {
    const peers = openNetechPeers();
    peers.heard(ann, 'blue', text);
    peers.sent(bob, text);
    assert.deepEqual(
      peers.active().map(({ team }) => team),
      ['blue', null],
    );
    assert.deepEqual(peers.connected(), []);
    peers.heard(ann, 'blue', connect);
    peers.sent(bob, connect);
    peers.heard(bob, 'red', text);
    assert.deepEqual(
      peers.connected().map(({ team }) => team),
      ['blue', 'red'],
    );
  });

  test('an exit removes its sender from both lists', () => {
    const peers = openNetechPeers();
    peers.heard(ann, 'blue', connect);
    peers.heard(ann, 'blue', leave);
    assert.deepEqual([peers.active(), peers.connected()], [[], []]);
  });

  test('strangers in numbers do not drive out a connected peer', () => {
    const peers = openNetechPeers();
    peers.heard(ann, 'blue', connect);
    for (let at = 1; at <= foreignPeers.activeMax + 10; at += 1)
      peers.heard({ host: '10.9.9.9', port: at }, 'x', text);
    assert.equal(peers.active().length, foreignPeers.activeMax);
    assert.equal(peers.connected().length, 1);
  });
});

const member = (name: string, port: number) => ({ name, address: '10.0.0.7', port });

describe('the hub of chatbuddy', () => {
  test('a list is what the program writes, and comes back', () => {
    const users = [
      { name: 'ann', address: '10.0.0.7' },
      { name: 'ann', address: '10.0.0.8' },
    ];
    const bytes = encodeHubList(users);
    assert.equal(
      Buffer.from(bytes).toString(),
      '=== Currently Online Users ===\n' +
        'Username: ann\nAddress: 10.0.0.7\n-------------------\n' +
        'Username: ann\nAddress: 10.0.0.8\n-------------------\n',
    );
    assert.deepEqual(decodeHubList(bytes)._unsafeUnwrap(), users);
    assert.deepEqual(decodeHubList(bytes.subarray(0, bytes.length - 25))._unsafeUnwrap(), users.slice(0, 1));
    assert.deepEqual(decodeHubList(encodeHubList([]))._unsafeUnwrap(), []);
    for (const bad of ['', 'hello\n', 'x=== Currently Online Users ===\n'])
      assert.equal(decodeHubList(say(bad))._unsafeUnwrapErr().code, 'dialect/malformed');
    assert.equal(
      decodeHubList(new Uint8Array(hubProtocol.listBytesMax + 1))._unsafeUnwrapErr().code,
      'dialect/too-long',
    );
  });

  test('a name and LIST are separated by a gap or by a line end', () => {
    const gapped = openHubListener();
    gapped.receive(encodeHubName('ann')._unsafeUnwrap());
    assert.deepEqual(gapped.idle()._unsafeUnwrap(), [{ type: 'joined', name: 'ann' }]);
    gapped.receive(encodeHubListRequest());
    assert.deepEqual(gapped.idle()._unsafeUnwrap(), [{ type: 'list-asked' }]);
    const lined = openHubListener();
    lined.receive(say('ann\r\nLIST\n'));
    assert.deepEqual(lined.idle()._unsafeUnwrap(), [{ type: 'joined', name: 'ann' }, { type: 'list-asked' }]);
    const glued = openHubListener();
    glued.receive(say('annLIST'));
    assert.deepEqual(glued.idle()._unsafeUnwrap(), [{ type: 'joined', name: 'annLIST' }]);
  });

  test('a name cannot write lines of its own, and is refused where it is not UTF-8', () => {
    const name = Buffer.from(encodeHubName('a\nAddress: 1.2.3.4\u001b[2J')._unsafeUnwrap()).toString();
    assert.equal(name, 'a Address: 1.2.3.4 [2J');
    assert.ok(encodeHubName(' \n ').isErr());
    const listener = openHubListener();
    listener.receive(Uint8Array.of(0xff, 0xfe));
    assert.equal(listener.idle()._unsafeUnwrapErr().code, 'dialect/malformed');
    listener.receive(say('ann'));
    assert.deepEqual(listener.idle()._unsafeUnwrap(), []);
  });

  test('the log says who came and went, as the program does', () => {
    const table = openHubTable<number>();
    assert.equal(table.connected('10.0.0.7', 50_000), 'New connection from 10.0.0.7:50000');
    assert.equal(table.join(1, member('ann', 1)), "New user 'ann' has joined.");
    assert.equal(table.leave(1), "User 'ann' has disconnected.");
    assert.equal(table.leave(1), null);
    table.join(2, member('ann', 2));
    assert.equal(table.shutDown(), 'Server shutting down...');
    assert.deepEqual(table.users(), []);
  });

  test('two users of one name are two, also in the log and also when one of them is left', () => {
    const table = openHubTable<number>();
    assert.equal(table.join(1, member('ann', 1)), "New user 'ann' has joined.");
    assert.equal(table.join(2, member('ann', 2)), "New user 'ann' (10.0.0.7:2) has joined.");
    assert.equal(table.join(3, member('bob', 3)), "New user 'bob' has joined.");
    const labels = () => table.users().map(({ label }) => label);
    assert.deepEqual(labels(), ['ann (10.0.0.7:1)', 'ann (10.0.0.7:2)', 'bob']);
    assert.equal(table.leave(1), "User 'ann' (10.0.0.7:1) has disconnected.");
    assert.deepEqual(labels(), ['ann', 'bob']);
    assert.equal(table.leave(2), "User 'ann' (10.0.0.7:2) has disconnected.");
    assert.equal(table.leave(3), "User 'bob' has disconnected.");
  });

  test('the hundred and first user finds no room until somebody leaves', () => {
    const table = openHubTable<number>();
    for (let at = 1; at <= 100; at += 1) assert.ok(table.join(at, member(`u${at}`, at)));
    assert.equal(table.join(101, member('late', 101)), null);
    table.leave(50);
    assert.ok(table.join(101, member('late', 101)));
  });
});

test('addresses are dotted quads, ports are 1 to 65535', () => {
  for (const good of ['0.0.0.0', '10.0.0.7', '255.255.255.255']) assert.ok(isDottedQuad(good), good);
  for (const bad of [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4 ',
    'a.b.c.d',
    '1..2.3',
    '::1',
    '١.2.3.4',
  ])
    assert.ok(!isDottedQuad(bad), bad);
  assert.equal(parsePort(' 8080\n'), 8_080);
  for (const bad of ['', '0', '65536', '-1', '8e3', '0x50', '123456']) assert.equal(parsePort(bad), null);
  assert.deepEqual(parseEndpoint('10.0.0.7:80'), { host: '10.0.0.7', port: 80 });
  for (const bad of [':80', '10.0.0.7', '10.0.0.7:', '10.0.0.7:80:90'])
    assert.equal(parseEndpoint(bad), null);
});
