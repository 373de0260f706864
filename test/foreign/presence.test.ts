/** Which source tells that a peer of a foreign program is there: its announcements, or what it says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foreignPeerAt } from '../../src/chat/foreign/peers.js';
import { agePeers } from '../../src/chat/foreign/presence.js';
import { foreignPeers, foreignPorts } from '../../src/dialects/limits.js';
import { foreignPeerId } from '../../src/chat/people/name.js';
import { People } from '../../src/chat/people/people.js';
import type { Presence } from '../../src/chat/people/presence.js';
import { cmp2204Presence } from '../../src/dialects/cmp2204/limits.js';
import { foreignState, openTurn, ownPeerId } from '../support/core-parts.js';

const address = { host: '10.0.0.7', port: 6001 };
const peerId = foreignPeerId('cmp2204', address.host, address.port);
assert.ok(peerId !== null);
const announced: Presence = {
  peerId,
  name: 'old hand',
  state: 'online',
  addresses: [address],
  dialect: 'cmp2204',
  lastSeenMs: 0,
  bootIdHex: '',
};

test('a peer that announced itself before it spoke stays while its announcements say so', () => {
  const people = new People(ownPeerId);
  const state = foreignState(people);
  people.heard(announced, 'announced', openTurn());
  foreignPeerAt(state, 'cmp2204', address, openTurn());
  for (const silentMs of [cmp2204Presence.onlineMs + 1, cmp2204Presence.awayMs + 1]) {
    const turn = openTurn(silentMs);
    agePeers(state, turn);
    assert.deepEqual(turn.effects, []);
  }
  assert.equal(people.presence(peerId)?.state, 'online');
});

test('a peer whose announcements ended ages by what it says', () => {
  const people = new People(ownPeerId);
  const state = foreignState(people);
  people.heard(announced, 'announced', openTurn());
  people.heard({ ...announced, state: 'offline' }, 'announced', openTurn());
  people.heard(announced, 'spoke', openTurn());
  foreignPeerAt(state, 'cmp2204', address, openTurn());
  const turn = openTurn(cmp2204Presence.onlineMs + 1);
  agePeers(state, turn);
  assert.deepEqual(turn.peerStates(), ['away']);
});

test('a peer that makes room for too many others is published as gone', () => {
  const people = new People(ownPeerId);
  const state = foreignState(people);
  const turn = openTurn();
  const [first] = Array.from({ length: foreignPeers.activeMax + 1 }, (_, at) => {
    const host = `10.0.${at >> 8}.${at & 255}`;
    const id = foreignPeerId('cmp2204', host, foreignPorts.cmp2204);
    assert.ok(id !== null);
    people.heard({ ...announced, peerId: id, addresses: [{ host, port: 6_001 }] }, 'spoke', openTurn());
    foreignPeerAt(state, 'cmp2204', { host, port: 6_001 }, turn);
    return id;
  });
  assert.deepEqual(turn.peerStates(), ['offline']);
  assert.deepEqual(state.evicted, [first]);
  assert.equal(state.peers.size, foreignPeers.activeMax);
});

test('a peer that left keeps the time when it was seen as long as its messages are unread', () => {
  const people = new People(ownPeerId);
  people.heard({ ...announced, lastSeenMs: 5_000 }, 'spoke', openTurn());
  people.arrived({ seq: 1, peerId, name: 'old hand', bytes: 2, isMessage: true }, openTurn());
  people.gone(peerId, openTurn());
  assert.equal(people.row(peerId).lastSeen, new Date(5_000).toISOString());
});
