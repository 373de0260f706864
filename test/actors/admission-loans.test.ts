/** Slots of conversations with foreign programs: five at a time, and none of them in the way of messages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admission as limits } from '../../src/admission/limits.js';
import type { ConnectionId } from '../../src/ids.js';
import { admitted, Door, full, message, talk } from '../support/admission-door.js';

/** `count` conversations, each with a host of its own, the first one silent for longest. */
function conversations(door: Door, count: number): readonly ConnectionId[] {
  const ids = Array.from({ length: count }, (_, at) => admitted(door, `10.0.1.${at + 1}`, talk));
  for (const id of ids) {
    door.nowMs += 10;
    door.admission.active(id, door.nowMs);
  }
  return ids;
}

// Case O5
test('five conversations are served at once, and a sixth waits until one ends', () => {
  const door = new Door();
  const [first] = conversations(door, 5);
  const sixth = door.wait('10.0.2.1', talk);
  door.nowMs += limits.foreignPreemptibleAfterMs / 2;
  assert.equal(door.again(sixth).type, 'wait');
  if (first !== undefined) door.left(first);
  assert.deepEqual(door.again(sixth), { type: 'serve', evict: null });
});

test('the longest silent preemptible conversation gives way to a message after three seconds', () => {
  const door = new Door();
  const [first, second] = conversations(door, 5);
  const caller = door.wait('10.0.2.1', message);
  // The third of those that stay spoke last, so the first one is silent for longest.
  door.nowMs += limits.preemptAfterSilenceMs - 5 * 10;
  assert.equal(door.whoMakesRoomFor(caller), null);
  door.nowMs += 10;
  assert.equal(door.whoMakesRoomFor(caller), first);
  // It is asked once, and a second caller makes a second one give way, down to those that are kept.
  assert.equal(door.whoMakesRoomFor(caller), null);
  door.nowMs += limits.preemptAfterSilenceMs;
  assert.equal(door.whoMakesRoomFor(caller), second);
  assert.equal(door.whoMakesRoomFor(caller), null);
  assert.equal(door.whoMakesRoom('10.0.2.2', message), null);
});

test('three conversations are kept however many messages come, and messages pass beside them', () => {
  const door = new Door();
  const kept = conversations(door, 3);
  for (let host = 1; host <= 50; host += 1) {
    const { id, verdict } = door.come(`10.0.2.${host}`, host % 2 === 0 ? message : full);
    assert.deepEqual(verdict, { type: 'serve', evict: null });
    door.nowMs += 200;
    door.left(id);
  }
  assert.ok(kept.every((id) => !door.admission.due(door.nowMs).some((due) => due.id === id)));
});

test('no further slot is lent to a conversation while messages come', () => {
  const door = new Door();
  conversations(door, 3);
  door.left(admitted(door, '10.0.2.1', message));
  assert.equal(door.come('10.0.2.9', talk).verdict.type, 'wait');
  door.nowMs += limits.wantedForMs;
  assert.equal(door.come('10.0.2.9', talk).verdict.type, 'serve');
});

// Case O5
test('a caller that a penalty keeps out does not keep a fourth conversation from its slot', () => {
  for (const hello of [message, full]) {
    const door = new Door();
    conversations(door, 3);
    door.admission.penalise('10.0.2.1', limits.penaltyMostMs, door.nowMs);
    assert.deepEqual(door.come('10.0.2.1', hello).verdict, { type: 'refuse', reason: 'penalty' });
    assert.equal(door.come('10.0.2.9', talk).verdict.type, 'serve');
  }
});

test('a conversation that was asked to end and stays is ended', () => {
  const door = new Door();
  const [first] = conversations(door, 5);
  const caller = door.wait('10.0.2.1', message);
  door.nowMs += limits.preemptAfterSilenceMs;
  assert.equal(door.whoMakesRoomFor(caller), first);
  assert.equal(door.admission.nextDueMs(), door.nowMs + limits.conversationEndMs);
  assert.deepEqual(door.admission.due(door.nowMs + limits.conversationEndMs), [
    { id: first, reason: 'idle' },
  ]);
});

test('a contact takes the preemptible slot at once', () => {
  const door = new Door();
  const [first] = conversations(door, 5);
  door.admission.know(['10.0.2.1'], []);
  assert.deepEqual(door.come('10.0.2.1', full).verdict, { type: 'serve', evict: first });
});

// Case O11
test('two nonsenses of a far address cost only themselves where foreign programs are served', () => {
  const door = new Door(5, new Set(['native', 'cmp2204', 'netech']));
  const speak = (): string => {
    const { id, verdict } = door.come('10.0.0.7', message);
    if (verdict.type === 'serve') door.left(id);
    return verdict.type;
  };
  for (let nonsense = 1; nonsense <= limits.nonsenseFree; nonsense += 1) {
    door.admission.madeNoSense('10.0.0.7', door.nowMs);
    assert.equal(speak(), 'serve', `a valid message right after nonsense ${nonsense}`);
    door.nowMs += 400;
  }
  door.admission.madeNoSense('10.0.0.7', door.nowMs);
  assert.equal(speak(), 'refuse', 'from the third one on there is a penalty');
  assert.equal(door.come('10.0.0.8', message).verdict.type, 'serve', 'for that address alone');
  door.nowMs += limits.penaltyNoAuthenticationMs;
  assert.equal(speak(), 'serve');
  // Long after, the count starts again.
  door.nowMs += limits.nonsenseForgottenMs;
  door.admission.madeNoSense('10.0.0.7', door.nowMs);
  assert.equal(speak(), 'serve');
});

// Case O11
test('where no foreign program is served the first nonsense of a far address has a penalty', () => {
  const door = new Door();
  door.admission.madeNoSense('10.0.0.7', door.nowMs);
  assert.equal(door.come('10.0.0.7', full).verdict.type, 'refuse');
});
