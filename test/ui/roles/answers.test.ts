/** The answers in menus. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ForeignPeerInfo } from '../../../src/index.js';
import {
  readPeer,
  readPort,
  readQuad,
  readQuadAndPort,
  readYes,
} from '../../../src/ui/cli/foreign/menus/answers.js';

const peer = (name: string, address: string, port = 70): ForeignPeerInfo => ({
  peer: `synergy://${address}:${port}`,
  name,
  address,
  port,
  state: 'online',
  isConnected: false,
});

test('a peer is found by name, address or number; a shared name is refused', () => {
  const ann = peer('ann', '10.0.0.1');
  const bobs = [peer('bob', '10.0.0.2'), peer('bob', '10.0.0.3')];
  const all = [ann, ...bobs, peer('3', '10.0.0.4'), peer('Ann', '10.0.0.5')];
  assert.equal(readPeer('ann', all)._unsafeUnwrap(), ann);
  assert.equal(readPeer('ANN', [ann, ...bobs])._unsafeUnwrap(), ann);
  assert.equal(readPeer('2', all)._unsafeUnwrap(), bobs[0]);
  assert.equal(readPeer('3', all)._unsafeUnwrap().name, '3', 'a name goes before a place');
  assert.equal(readPeer('10.0.0.3:70', all)._unsafeUnwrap(), bobs[1]);
  assert.match(readPeer('bob', all)._unsafeUnwrapErr(), /10\.0\.0\.2:70, 10\.0\.0\.3:70/);
  for (const nobody of ['eve', '0', '9', '10.0.0.9', '__proto__'])
    assert.ok(readPeer(nobody, all).isErr(), nobody);
});

test('an address is a dotted quad, and a port a number from 1 to 65535', () => {
  for (const bad of ['', '1.2.3', '1.2.3.256', '1.2.3.4.5', '01.2.3.4', 'localhost', '::1', '1.2.3.4 5'])
    assert.ok(readQuad(bad).isErr(), bad);
  assert.equal(readQuad('10.0.0.7')._unsafeUnwrap(), '10.0.0.7');
  for (const bad of ['0', '65536', '-1', '1.5', 'x', '']) assert.ok(readPort(bad).isErr(), bad);
  assert.equal(readQuadAndPort('10.0.0.7', 65_500)._unsafeUnwrap(), '10.0.0.7:65500');
  assert.equal(readQuadAndPort('10.0.0.7:7', 65_500)._unsafeUnwrap(), '10.0.0.7:7');
  for (const bad of ['10.0.0.7:', '10.0.0.7:0', '10.0.0:7', '10.0.0.7:7:7'])
    assert.ok(readQuadAndPort(bad, 65_500).isErr(), bad);
});

test('yes and no are read in any case, and other answers are refused', () => {
  assert.deepEqual(
    ['y', 'YES', 'n', 'No'].map((word) => readYes(word)._unsafeUnwrap()),
    [true, true, false, false],
  );
  assert.ok(readYes('maybe').isErr());
});
