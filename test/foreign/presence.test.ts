/** Who tells that a peer of an older program is there: its announcements, or what it says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageLegacyPeers, noteAnnounced } from '../../src/chat/foreign/presence.js';
import { legacyRecord } from '../../src/chat/foreign/peers.js';
import type { NodeEvent } from '../../src/chat/events.js';
import { legacyPeerId } from '../../src/chat/people/name.js';
import { emptyPeerBook } from '../../src/chat/people/book.js';
import { cmp2204Presence } from '../../src/dialects/cmp2204/limits.js';
import { foreignPeers, foreignPorts } from '../../src/dialects/limits.js';
import { newLegacyState } from '../../src/chat/foreign/state.js';
import type { Presence } from '../../src/chat/people/presence.js';

const address = { host: '10.0.0.7', port: 6001 };
const peerId = legacyPeerId('cmp2204', address.host, address.port);
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

function nodeThatHeard(...rows: readonly Presence[]) {
  const told: NodeEvent[] = [];
  const book = emptyPeerBook();
  for (const row of rows) book.presence.set(row.peerId, row);
  const args = { publish: (event: NodeEvent) => void told.push(event) };
  return { args, book, told, legacy: newLegacyState(), outboxes: new Map(), toldPeers: new Map() };
}

test('a peer that announced itself before it spoke stays there while its announcements say so', () => {
  const node = nodeThatHeard(announced);
  const record = legacyRecord(node, peerId, { dialect: 'cmp2204', ...address });
  for (const silentMs of [cmp2204Presence.onlineMs + 1, cmp2204Presence.awayMs + 1])
    ageLegacyPeers(node, record.activeAtMs + silentMs);
  assert.deepEqual(node.told, []);
  assert.equal(node.book.presence.get(peerId)?.state, 'online');
});

test('a peer whose announcements have ended is told by what it says again', () => {
  const node = nodeThatHeard(announced);
  const record = legacyRecord(node, peerId, { dialect: 'cmp2204', ...address });
  noteAnnounced(node, peerId, false);
  ageLegacyPeers(node, record.activeAtMs + cmp2204Presence.onlineMs + 1);
  assert.deepEqual(
    node.told.map((event) => event.type === 'peer' && event.state),
    ['away'],
  );
});

test('whoever makes room for too many others is told to be gone', () => {
  const node = nodeThatHeard();
  const records = Array.from({ length: foreignPeers.activeMax + 1 }, (_, at) => {
    const host = `10.0.${at >> 8}.${at & 255}`;
    const id = legacyPeerId('cmp2204', host, foreignPorts.cmp2204);
    assert.ok(id !== null);
    node.book.presence.set(id, { ...announced, peerId: id, addresses: [{ host, port: 6_001 }] });
    const record = legacyRecord(node, id, { dialect: 'cmp2204', host, port: 6_001 });
    record.isAnnounced = false;
    return record;
  });
  const gone = node.told.flatMap((event) => (event.type === 'peer' ? [[event.id, event.state]] : []));
  assert.deepEqual(gone, [[records[0]?.peerId, 'offline']]);
  assert.equal(node.legacy.peers.size, foreignPeers.activeMax);
});
