/** Slots of conversations with foreign programs: five at a time, and none of them in the way of messages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Caller } from '../../src/admission/admission.js';
import { admission as limits } from '../../src/admission/limits.js';
import type { ConnectionId } from '../../src/ids.js';
import {
  admitted,
  AdmissionDriver,
  fullHello,
  messageHello,
  conversationHello,
} from '../support/admission-driver.js';

/** `count` conversations, each with a host of its own, the first one silent for longest. */
function conversations(driver: AdmissionDriver, count: number): readonly ConnectionId[] {
  const ids = Array.from({ length: count }, (_, at) =>
    admitted(driver, `10.0.1.${at + 1}`, conversationHello),
  );
  for (const id of ids) {
    driver.nowMs += 10;
    driver.admission.active(id, driver.nowMs);
  }
  return ids;
}

// Case O5
test('five conversations are served at once, and a sixth waits until one ends', () => {
  const driver = new AdmissionDriver();
  const [first] = conversations(driver, 5);
  const sixth = driver.callAndWait('10.0.2.1', conversationHello);
  driver.nowMs += limits.foreignPreemptibleAfterMs / 2;
  assert.equal(driver.callAgain(sixth).type, 'wait');
  if (first !== undefined) driver.left(first);
  assert.deepEqual(driver.callAgain(sixth), { type: 'serve', evict: null });
});

test('the longest silent preemptible conversation gives way to a message after three seconds', () => {
  const driver = new AdmissionDriver();
  const [first, second] = conversations(driver, 5);
  const caller = driver.callAndWait('10.0.2.1', messageHello);
  // The third of those that stay spoke last, so the first one is silent for longest.
  driver.nowMs += limits.preemptAfterSilenceMs - 5 * 10;
  assert.equal(driver.slotWantedBy(caller), null);
  driver.nowMs += 10;
  assert.equal(driver.slotWantedBy(caller), first);
  // It is asked once, and a second caller makes a second one give way, down to those that are kept.
  assert.equal(driver.slotWantedBy(caller), null);
  driver.nowMs += limits.preemptAfterSilenceMs;
  assert.equal(driver.slotWantedBy(caller), second);
  assert.equal(driver.slotWantedBy(caller), null);
  assert.equal(driver.slotWantedFor('10.0.2.2', messageHello), null);
});

// Case O5: the words of a dialogue may be late on a busy machine, while a host that only holds its talk has just spoken.
test('a conversation that this user answered stays while one that was never answered can end', () => {
  const driver = new AdmissionDriver();
  const ids = conversations(driver, 5);
  const [, , , , latest] = ids;
  for (const id of ids) if (id !== latest) driver.admission.answered(id, driver.nowMs);
  const caller = driver.callAndWait('10.0.2.1', messageHello);
  driver.nowMs += limits.preemptAfterSilenceMs - 10;
  assert.equal(driver.slotWantedBy(caller), null);
  driver.nowMs += 10;
  assert.equal(driver.slotWantedBy(caller), latest);
  // Among answered ones silence decides.
  driver.nowMs += limits.preemptAfterSilenceMs;
  assert.equal(driver.slotWantedBy(caller), ids[0]);
});

test('three conversations are kept however many messages come, and messages pass beside them', () => {
  const driver = new AdmissionDriver();
  const kept = conversations(driver, 3);
  for (let host = 1; host <= 50; host += 1) {
    const { id, verdict } = driver.call(`10.0.2.${host}`, host % 2 === 0 ? messageHello : fullHello);
    assert.deepEqual(verdict, { type: 'serve', evict: null });
    driver.nowMs += 200;
    driver.left(id);
  }
  assert.ok(kept.every((id) => !driver.admission.due(driver.nowMs).some((due) => due.id === id)));
});

test('no preemptible slot is given to a conversation while messages come', () => {
  const driver = new AdmissionDriver();
  conversations(driver, 3);
  driver.left(admitted(driver, '10.0.2.1', messageHello));
  assert.equal(driver.call('10.0.2.9', conversationHello).verdict.type, 'wait');
  driver.nowMs += limits.wantedForMs;
  assert.equal(driver.call('10.0.2.9', conversationHello).verdict.type, 'serve');
});

// Case O5
test('a caller that a penalty keeps out does not keep a fourth conversation from its slot', () => {
  for (const hello of [messageHello, fullHello]) {
    const driver = new AdmissionDriver();
    conversations(driver, 3);
    driver.admission.penalise('10.0.2.1', limits.penaltyMostMs, driver.nowMs);
    assert.deepEqual(driver.call('10.0.2.1', hello).verdict, { type: 'refuse', reason: 'penalty' });
    assert.equal(driver.call('10.0.2.9', conversationHello).verdict.type, 'serve');
  }
});

test('a conversation that was asked to end and stays is ended', () => {
  const driver = new AdmissionDriver();
  const [first] = conversations(driver, 5);
  const caller = driver.callAndWait('10.0.2.1', messageHello);
  driver.nowMs += limits.preemptAfterSilenceMs;
  assert.equal(driver.slotWantedBy(caller), first);
  assert.equal(driver.admission.nextDueMs(), driver.nowMs + limits.conversationEndMs);
  assert.deepEqual(driver.admission.due(driver.nowMs + limits.conversationEndMs), [
    { id: first, reason: 'idle' },
  ]);
});

// Case O5
test('no preemptible slot is given to a conversation while a message waits that asks seldom', () => {
  const driver = new AdmissionDriver();
  const [first] = conversations(driver, 5);
  const caller = driver.callAndWait('10.0.2.1', messageHello);
  driver.nowMs += 2 * limits.wantedForMs;
  if (first !== undefined) driver.left(first);
  assert.equal(driver.call('10.0.2.9', conversationHello).verdict.type, 'wait');
  assert.equal(driver.callAgain(caller).type, 'serve');
});

/** Requests a slot every 100 ms beside conversations that never pause. Returns the first one that is asked to end. */
function askedBeside(driver: AdmissionDriver, busy: readonly ConnectionId[], caller: Caller, forMs: number) {
  for (const untilMs = driver.nowMs + forMs; driver.nowMs < untilMs; driver.nowMs += 100) {
    for (const id of busy) driver.admission.active(id, driver.nowMs);
    const asked = driver.slotWantedBy(caller);
    if (asked !== null) return asked;
  }
  return null;
}

// Case O5
test('of five conversations that never pause one gives way to a message within its patience', () => {
  const driver = new AdmissionDriver();
  const busy = conversations(driver, 5);
  const caller = driver.callAndWait('10.0.2.1', messageHello);
  assert.equal(askedBeside(driver, busy, caller, limits.preemptAfterWaitMs), null);
  const asked = askedBeside(driver, busy, caller, 200);
  assert.ok(asked !== null && busy.includes(asked));
  // The one that was asked has its time to end, and no second one is asked meanwhile.
  const others = busy.filter((id) => id !== asked);
  assert.equal(askedBeside(driver, others, caller, limits.conversationEndMs), null);
  driver.left(asked);
  assert.equal(driver.callAgain(caller).type, 'serve');
  driver.left(caller.id);
  // The others talk on, however many messages follow.
  for (let host = 2; host <= 60; host += 1) {
    for (const id of others) driver.admission.active(id, driver.nowMs);
    driver.left(admitted(driver, `10.0.2.${host}`, messageHello));
    driver.nowMs += 200;
  }
});

test('a native stranger is served once two of five talks that never pause have ended', () => {
  const driver = new AdmissionDriver();
  let busy = conversations(driver, 5);
  const caller = driver.callAndWait('10.0.2.1', fullHello);
  for (const round of [1, 2]) {
    const asked = askedBeside(driver, busy, caller, limits.preemptAfterWaitMs + 200);
    assert.ok(asked !== null, `round ${round}`);
    busy = busy.filter((id) => id !== asked);
    driver.left(asked);
  }
  assert.equal(driver.callAgain(caller).type, 'serve');
});

test('a contact takes the preemptible slot at once', () => {
  const driver = new AdmissionDriver();
  const [first] = conversations(driver, 5);
  driver.admission.know(['10.0.2.1'], []);
  assert.deepEqual(driver.call('10.0.2.1', fullHello).verdict, { type: 'serve', evict: first });
});

// Case O11
test('two nonsenses of a far address cost only themselves where foreign programs are served', () => {
  const driver = new AdmissionDriver(5, new Set(['native', 'cmp2204', 'netech']));
  const speak = (): string => {
    const { id, verdict } = driver.call('10.0.0.7', messageHello);
    if (verdict.type === 'serve') driver.left(id);
    return verdict.type;
  };
  for (let nonsense = 1; nonsense <= limits.nonsenseFree; nonsense += 1) {
    driver.admission.madeNoSense('10.0.0.7', driver.nowMs);
    assert.equal(speak(), 'serve', `a valid message right after nonsense ${nonsense}`);
    driver.nowMs += 400;
  }
  driver.admission.madeNoSense('10.0.0.7', driver.nowMs);
  assert.equal(speak(), 'refuse', 'from the third one on there is a penalty');
  assert.equal(driver.call('10.0.0.8', messageHello).verdict.type, 'serve', 'for that address alone');
  driver.nowMs += limits.penaltyNoAuthenticationMs;
  assert.equal(speak(), 'serve');
  // Long after, the count starts again.
  driver.nowMs += limits.nonsenseForgottenMs;
  driver.admission.madeNoSense('10.0.0.7', driver.nowMs);
  assert.equal(speak(), 'serve');
});

// Case O11
test('where no foreign program is served the first nonsense of a far address has a penalty', () => {
  const driver = new AdmissionDriver();
  driver.admission.madeNoSense('10.0.0.7', driver.nowMs);
  assert.equal(driver.call('10.0.0.7', fullHello).verdict.type, 'refuse');
});
