/** Times that the admission notes: when a connection began to carry a message, and which addresses wait. Case T2. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionId } from '../../src/ids.js';
import { admission as limits } from '../../src/admission/limits.js';
import { wireV1 } from '../../src/wire/limits.js';
import {
  admitted,
  AdmissionDriver,
  fullHello,
  messageHello,
  conversationHello,
} from '../support/admission-driver.js';

/** A native peer that holds a slot, and wants none any more. */
function nativeStranger(driver: AdmissionDriver): ConnectionId {
  const id = driver.openSession('10.0.0.9', false);
  driver.nowMs += limits.wantedForMs;
  return id;
}

test('a message that is marked again and again ends at its deadline all the same', () => {
  const driver = new AdmissionDriver();
  const startedMs = driver.nowMs;
  const id = admitted(driver, '10.0.0.1', messageHello);
  while (driver.nowMs < startedMs + limits.messageDeadlineMs - 500) {
    driver.nowMs += 500;
    assert.deepEqual(driver.admission.due(driver.nowMs), []);
    driver.admission.authenticated(id, false, 'message', driver.nowMs);
  }
  driver.nowMs = startedMs + limits.messageDeadlineMs;
  assert.deepEqual(driver.admission.due(driver.nowMs), [{ id, reason: 'idle' }]);
});

test('the time of a text that is typed counts from its key exchange on', () => {
  const driver = new AdmissionDriver();
  const id = admitted(driver, '10.0.0.1', messageHello);
  driver.nowMs += 1_000;
  const keyAtMs = driver.nowMs;
  driver.admission.authenticated(id, false, 'typed-message', driver.nowMs);
  driver.nowMs += 1_000;
  driver.admission.authenticated(id, false, 'typed-message', driver.nowMs);
  assert.equal(driver.admission.nextDueMs(), keyAtMs + limits.typedDeadlineMs);
});

test('an address at its share yields to another that waits, although its own wait is the newest', () => {
  const driver = new AdmissionDriver(4);
  const stranger = nativeStranger(driver);
  for (let n = 0; n < limits.foreignPerAddressMax; n += 1) admitted(driver, '10.0.0.1', conversationHello);
  // Another address finds no slot, then the crowded one itself: neither makes the admission forget the other.
  assert.equal(driver.call('10.0.0.2', conversationHello).verdict.type, 'wait');
  assert.equal(driver.call('10.0.0.1', conversationHello).verdict.type, 'wait');
  driver.left(stranger);
  assert.equal(
    driver.call('10.0.0.1', conversationHello).verdict.type,
    'wait',
    'the free slot is for the other one',
  );
  assert.equal(driver.call('10.0.0.2', conversationHello).verdict.type, 'serve');
});

test('an address at its share gets a free slot once nobody else has waited for a while', () => {
  const driver = new AdmissionDriver(4);
  const stranger = nativeStranger(driver);
  for (let n = 0; n < limits.foreignPerAddressMax; n += 1) admitted(driver, '10.0.0.1', conversationHello);
  assert.equal(driver.call('10.0.0.2', conversationHello).verdict.type, 'wait');
  driver.left(stranger);
  driver.nowMs += limits.wantedForMs - 1;
  assert.equal(driver.call('10.0.0.1', conversationHello).verdict.type, 'wait');
  driver.nowMs += 1;
  assert.equal(driver.call('10.0.0.1', conversationHello).verdict.type, 'serve');
});

test('of those that wait the two that asked last are kept, however long ago they came first', () => {
  const driver = new AdmissionDriver(4);
  const stranger = nativeStranger(driver);
  for (let n = 0; n < limits.foreignPerAddressMax; n += 1) admitted(driver, '10.0.0.3', conversationHello);
  for (const [address, afterMs] of [
    ['10.0.0.1', 0],
    ['10.0.0.2', 100],
    ['10.0.0.1', 1_900],
    ['10.0.0.3', 100],
  ] as const) {
    driver.nowMs += afterMs;
    assert.equal(driver.call(address, conversationHello).verdict.type, 'wait');
  }
  driver.left(stranger);
  // The first one asked 2,000 ms ago for the last time, the second one 2,600 ms ago.
  driver.nowMs += limits.wantedForMs - 500;
  assert.equal(driver.call('10.0.0.3', conversationHello).verdict.type, 'wait', 'the first one still counts');
});

test('a session counts as settled from its proof on, not from its first bytes', () => {
  const driver = new AdmissionDriver(1);
  const { id } = driver.call('10.0.0.1', fullHello);
  driver.nowMs += limits.sessionSettledMs;
  driver.admission.authenticated(id, false, 'session', driver.nowMs);
  assert.equal(driver.slotWantedFor('10.0.0.2', fullHello), null);
  driver.nowMs += limits.sessionSettledMs;
  assert.equal(driver.slotWantedFor('10.0.0.2', fullHello), id);
});

// Cases N1, O11
test('silent callers on the port of a foreign program give way, and end with a penalty', () => {
  const driver = new AdmissionDriver(5, new Set(['native', 'netech']));
  const silent = [1, 1, 2, 2].map((host) => driver.call(`10.0.0.${host}`, messageHello));
  assert.ok(silent.every(({ verdict }) => verdict.type === 'serve'));
  driver.nowMs += wireV1.handshakeDeadlineMs - 1;
  assert.equal(
    driver.call('10.0.0.3', messageHello).verdict.type,
    'wait',
    'the first words may be under way',
  );
  driver.nowMs += 1;
  assert.deepEqual(driver.call('10.0.0.3', messageHello).verdict, { type: 'serve', evict: silent[0]?.id });
  driver.nowMs += limits.foreignOpeningMs - wireV1.handshakeDeadlineMs;
  assert.deepEqual(
    driver.admission.due(driver.nowMs),
    silent.slice(1).map(({ id }) => ({ id, reason: 'deadline' })),
  );
});

// Case N1
test('the words of a foreign program wait for this node without blame, once', () => {
  const driver = new AdmissionDriver(5, new Set(['native', 'netech']));
  const { id } = driver.call('10.0.0.1', messageHello);
  driver.nowMs += wireV1.handshakeDeadlineMs;
  driver.admission.firstBytes(id, 'unread', driver.nowMs);
  assert.equal(driver.admission.nextDueMs(), driver.nowMs + limits.unreadMostMs);
  driver.nowMs += limits.foreignOpeningMs;
  driver.admission.firstBytes(id, 'read', driver.nowMs);
  const endMs = driver.nowMs + limits.foreignOpeningMs;
  // Later bytes give no further time.
  driver.nowMs += 1_000;
  driver.admission.firstBytes(id, 'unread', driver.nowMs);
  driver.admission.firstBytes(id, 'read', driver.nowMs);
  assert.equal(driver.admission.nextDueMs(), endMs);
  assert.deepEqual(driver.admission.due(endMs), [{ id, reason: 'deadline' }]);
});
