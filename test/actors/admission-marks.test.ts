/** Times that the admission notes: when a connection began to carry a message, and which addresses wait. Case T2. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionId } from '../../src/ids.js';
import { admission as limits } from '../../src/admission/limits.js';
import { wireV1 } from '../../src/wire/limits.js';
import { admitted, Door, full, message, talk } from '../support/admission-door.js';

/** A native peer that holds a slot, and wants none any more. */
function nativeStranger(door: Door): ConnectionId {
  const id = door.session('10.0.0.9', false);
  door.nowMs += limits.wantedForMs;
  return id;
}

test('a message that is marked again and again ends at its deadline all the same', () => {
  const door = new Door();
  const startedMs = door.nowMs;
  const id = admitted(door, '10.0.0.1', message);
  while (door.nowMs < startedMs + limits.messageDeadlineMs - 500) {
    door.nowMs += 500;
    assert.deepEqual(door.admission.due(door.nowMs), []);
    door.admission.authenticated(id, false, 'message', door.nowMs);
  }
  door.nowMs = startedMs + limits.messageDeadlineMs;
  assert.deepEqual(door.admission.due(door.nowMs), [{ id, reason: 'idle' }]);
});

test('the time of a text that is typed counts from its key exchange on', () => {
  const door = new Door();
  const id = admitted(door, '10.0.0.1', message);
  door.nowMs += 1_000;
  const keyAtMs = door.nowMs;
  door.admission.authenticated(id, false, 'typed-message', door.nowMs);
  door.nowMs += 1_000;
  door.admission.authenticated(id, false, 'typed-message', door.nowMs);
  assert.equal(door.admission.nextDueMs(), keyAtMs + limits.typedDeadlineMs);
});

test('an address at its share yields to another that waits, although its own wait is the newest', () => {
  const door = new Door(4);
  const stranger = nativeStranger(door);
  for (let n = 0; n < limits.foreignPerAddressMax; n += 1) admitted(door, '10.0.0.1', talk);
  // Another address finds no slot, then the crowded one itself: neither makes the admission forget the other.
  assert.equal(door.come('10.0.0.2', talk).verdict.type, 'wait');
  assert.equal(door.come('10.0.0.1', talk).verdict.type, 'wait');
  door.left(stranger);
  assert.equal(door.come('10.0.0.1', talk).verdict.type, 'wait', 'the free slot is for the other one');
  assert.equal(door.come('10.0.0.2', talk).verdict.type, 'serve');
});

test('an address at its share gets a free slot once nobody else has waited for a while', () => {
  const door = new Door(4);
  const stranger = nativeStranger(door);
  for (let n = 0; n < limits.foreignPerAddressMax; n += 1) admitted(door, '10.0.0.1', talk);
  assert.equal(door.come('10.0.0.2', talk).verdict.type, 'wait');
  door.left(stranger);
  door.nowMs += limits.wantedForMs - 1;
  assert.equal(door.come('10.0.0.1', talk).verdict.type, 'wait');
  door.nowMs += 1;
  assert.equal(door.come('10.0.0.1', talk).verdict.type, 'serve');
});

test('of those that wait the two that asked last are kept, however long ago they came first', () => {
  const door = new Door(4);
  const stranger = nativeStranger(door);
  for (let n = 0; n < limits.foreignPerAddressMax; n += 1) admitted(door, '10.0.0.3', talk);
  for (const [address, afterMs] of [
    ['10.0.0.1', 0],
    ['10.0.0.2', 100],
    ['10.0.0.1', 1_900],
    ['10.0.0.3', 100],
  ] as const) {
    door.nowMs += afterMs;
    assert.equal(door.come(address, talk).verdict.type, 'wait');
  }
  door.left(stranger);
  // The first one asked 2,000 ms ago for the last time, the second one 2,600 ms ago.
  door.nowMs += limits.wantedForMs - 500;
  assert.equal(door.come('10.0.0.3', talk).verdict.type, 'wait', 'the first one still counts');
});

test('a session counts as settled from its proof on, not from its first bytes', () => {
  const door = new Door(1);
  const { id } = door.come('10.0.0.1', full);
  door.nowMs += limits.sessionSettledMs;
  door.admission.authenticated(id, false, 'session', door.nowMs);
  assert.equal(door.whoMakesRoom('10.0.0.2', full), null);
  door.nowMs += limits.sessionSettledMs;
  assert.equal(door.whoMakesRoom('10.0.0.2', full), id);
});

// Cases N1, O11
test('silent callers on the port of a foreign program give way, and end with a penalty', () => {
  const door = new Door(5, new Set(['native', 'netech']));
  const silent = [1, 1, 2, 2].map((host) => door.come(`10.0.0.${host}`, message));
  assert.ok(silent.every(({ verdict }) => verdict.type === 'serve'));
  door.nowMs += wireV1.handshakeDeadlineMs - 1;
  assert.equal(door.come('10.0.0.3', message).verdict.type, 'wait', 'the first words may be under way');
  door.nowMs += 1;
  assert.deepEqual(door.come('10.0.0.3', message).verdict, { type: 'serve', evict: silent[0]?.id });
  door.nowMs += limits.foreignOpeningMs - wireV1.handshakeDeadlineMs;
  assert.deepEqual(
    door.admission.due(door.nowMs),
    silent.slice(1).map(({ id }) => ({ id, reason: 'deadline' })),
  );
});

// Case N1
test('the words of a foreign program wait for this node without blame, once', () => {
  const door = new Door(5, new Set(['native', 'netech']));
  const { id } = door.come('10.0.0.1', message);
  door.nowMs += wireV1.handshakeDeadlineMs;
  door.admission.firstBytes(id, 'unread', door.nowMs);
  assert.equal(door.admission.nextDueMs(), door.nowMs + limits.unreadMostMs);
  door.nowMs += limits.foreignOpeningMs;
  door.admission.firstBytes(id, 'read', door.nowMs);
  const endMs = door.nowMs + limits.foreignOpeningMs;
  // Later bytes give no further time.
  door.nowMs += 1_000;
  door.admission.firstBytes(id, 'unread', door.nowMs);
  door.admission.firstBytes(id, 'read', door.nowMs);
  assert.equal(door.admission.nextDueMs(), endMs);
  assert.deepEqual(door.admission.due(endMs), [{ id, reason: 'deadline' }]);
});
