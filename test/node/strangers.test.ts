/** Strangers come and go without end: what is kept of them must not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forgetStranger } from '../../src/chat/people/contacts.js';
import type { Contact } from '../../src/chat/people/contact.js';
import { peerIdOf } from '../../src/chat/people/identity.js';
import { emptyPeerBook } from '../../src/chat/people/book.js';
import type { PeerId } from '../../src/ids.js';
import { Recorder } from '../support/actor-driver.js';
import type { HistoryProtocol } from '../../src/actors/history/protocol.js';
import { anyBytes } from '../support/seeds.js';

const stranger = (lastSeenMs: number): Contact => ({
  peerId: peerIdOf(anyBytes(32)),
  name: `stranger ${lastSeenMs}`,
  idKeyHex: '',
  trust: 'pinned',
  blocked: false,
  certificateSerial: 0,
  wireVersion: 1,
  address: '',
  firstSeenMs: lastSeenMs,
  lastSeenMs,
});

function knowing(contacts: readonly Contact[]) {
  const book = emptyPeerBook();
  for (const contact of contacts) book.contacts.set(contact.peerId, contact);
  const toldPeers = new Map(contacts.map(({ peerId }) => [peerId, 'offline'] as const));
  const history = new Recorder<HistoryProtocol>({ dropContact: () => null });
  const context = { links: { history: history.ref }, log: () => undefined };
  const friends = new Set<PeerId>();
  return {
    state: { book, friends, toldPeers },
    forget: () => forgetStranger({ book, friends, toldPeers }, context),
  };
}

test('nothing is kept of a stranger who makes room for another', () => {
  const [early, late] = [stranger(1), stranger(2)];
  const { state, forget } = knowing([late, early]);
  forget();
  assert.deepEqual([...state.book.contacts.keys()], [late.peerId]);
  assert.deepEqual([...state.toldPeers.keys()], [late.peerId]);
});

test('who was written to, is verified, blocked or connected makes no room', () => {
  const written = stranger(1);
  const verified: Contact = { ...stranger(2), trust: 'verified' };
  const blocked: Contact = { ...stranger(3), blocked: true };
  const connected = stranger(4);
  const { state, forget } = knowing([written, verified, blocked, connected]);
  state.friends.add(written.peerId);
  state.book.live.set(connected.peerId, { host: '127.0.0.1', port: 6_001 });
  forget();
  assert.equal(state.book.contacts.size, 4);
  assert.equal(state.toldPeers.size, 4);
});
