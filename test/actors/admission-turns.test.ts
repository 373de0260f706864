/** The order of the callers that wait for a slot. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Caller } from '../../src/admission/admission.js';
import type { ConnectionId } from '../../src/ids.js';
import { admission as limits } from '../../src/admission/limits.js';
import {
  admitted,
  AdmissionDriver,
  fullHello,
  messageHello,
  resumeHello,
  conversationHello,
  ticketIdHex,
} from '../support/admission-driver.js';

test('an address that wants more than its share keeps no slot for longer than one message takes', () => {
  const driver = new AdmissionDriver();
  const held = [1, 1, 2, 3, 4].map((host) => admitted(driver, `10.0.0.${host}`, conversationHello));
  for (const id of held) driver.admission.active(id, driver.nowMs);
  driver.callAndWait('10.0.0.1', conversationHello);
  driver.nowMs += limits.foreignProtectedMs - 1;
  assert.equal(driver.call('10.0.0.9', messageHello).verdict.type, 'wait');
  driver.nowMs += 1;
  assert.deepEqual(driver.call('10.0.0.9', messageHello).verdict, { type: 'serve', evict: held[0] });
  // It holds one and waits with one: that is its share.
  assert.equal(driver.call('10.0.0.8', messageHello).verdict.type, 'wait');
});

test('a slot goes to the address that was on one longest ago, and first to one that never was', () => {
  const driver = new AdmissionDriver(1);
  const serve = (host: number): ConnectionId => admitted(driver, `10.0.0.${host}`, messageHello);
  for (const host of [1, 2, 3]) {
    driver.nowMs += 1;
    driver.left(serve(host));
  }
  driver.nowMs += 1;
  const last = serve(1);
  const waiting = [1, 1, 3, 2, 4].map((host) => driver.callAndWait(`10.0.0.${host}`, messageHello));
  driver.left(last);
  const served: Caller[] = [];
  while (served.length < waiting.length) {
    driver.nowMs += 1;
    const asking = waiting.filter((each) => !served.includes(each));
    const next = asking.filter((each) => driver.callAgain(each).type === 'serve');
    assert.equal(next.length, 1);
    for (const each of next) {
      served.push(each);
      driver.left(each.id);
    }
  }
  const order = served.map(({ address }) => address.at(-1));
  assert.equal(order.join(' '), '4 2 3 1 1');
});

test('a host that holds a slot in vain comes after a host that left its slot at once', () => {
  const driver = new AdmissionDriver(1);
  const idle = admitted(driver, '10.0.0.1', messageHello);
  driver.nowMs += limits.heldMostMs;
  driver.left(idle);
  const quick = admitted(driver, '10.0.0.2', messageHello);
  const [second, first] = [
    driver.callAndWait('10.0.0.1', messageHello),
    driver.callAndWait('10.0.0.2', messageHello),
  ];
  driver.nowMs += 1;
  driver.left(quick);
  assert.deepEqual(driver.callAgain(second), { type: 'wait', slotWanted: null, first: first.id });
  assert.equal(driver.callAgain(first).type, 'serve');
});

test('tickets and known addresses go before strangers, and speaking callers before silent ones', () => {
  const driver = new AdmissionDriver(1);
  driver.admission.know(['10.0.0.1'], [ticketIdHex]);
  const held = admitted(driver, '10.0.0.1', messageHello);
  const [silent, older, known, ticket] = [
    driver.callAndWait('10.0.0.4', null),
    driver.callAndWait('10.0.0.1', messageHello),
    driver.callAndWait('10.0.0.1', fullHello),
    driver.callAndWait('10.0.0.1', resumeHello),
  ];
  driver.left(held);
  assert.deepEqual(driver.admission.inTurn(), [known.id, ticket.id, older.id, silent.id]);
  assert.deepEqual(driver.callAgain(silent), { type: 'wait', slotWanted: null, first: known.id });
  assert.equal(driver.callAgain(known).type, 'serve');
});

test('without handshakes left native callers wait in turn, and older programs do not', () => {
  const driver = new AdmissionDriver();
  for (let i = 0; i < limits.handshakesBurst; i += 1) driver.left(driver.call(`10.0.1.${i}`, fullHello).id);
  const busy = driver.callAndWait('10.0.1.0', fullHello);
  const fresh = driver.callAndWait('10.0.2.1', fullHello);
  assert.deepEqual(driver.call('10.0.2.2', messageHello).verdict, { type: 'serve', evict: null });
  assert.ok(driver.admission.isSlotComing(fresh, driver.nowMs));
  driver.nowMs += 1_000 / limits.handshakesPerSecond;
  assert.deepEqual(driver.callAgain(busy), { type: 'wait', slotWanted: null, first: fresh.id });
  assert.equal(driver.callAgain(fresh).type, 'serve');
  assert.equal(driver.callAgain(busy).type, 'wait');
});

test('a native caller waits where its turn is next and a slot becomes free within half a second', () => {
  const driver = new AdmissionDriver();
  for (let i = 1; i <= 4; i += 1) admitted(driver, `10.0.0.${i}`, messageHello);
  const native = driver.callAndWait('10.0.0.9', fullHello);
  assert.ok(!driver.admission.isSlotComing(native, driver.nowMs));
  driver.callAndWait('10.0.0.1', messageHello);
  driver.callAndWait('10.0.0.1', messageHello);
  assert.ok(driver.admission.isSlotComing(native, driver.nowMs), 'one address wants more than its share');
  const [next, other] = [
    driver.callAndWait('10.0.0.9', fullHello),
    driver.callAndWait('10.0.0.10', fullHello),
  ];
  for (const late of [next, other])
    assert.ok(!driver.admission.isSlotComing(late, driver.nowMs), 'it is for one');
  driver.nowMs += limits.messagePreemptibleAfterMs - limits.foreignProtectedMs;
  assert.ok(driver.admission.isSlotComing(other, driver.nowMs), 'the others have had their time, too');
});

test('many connections of one address are one turn to those of others', () => {
  const driver = new AdmissionDriver();
  for (const host of [1, 1, 2, 2]) admitted(driver, `10.0.0.${host}`, messageHello);
  for (const host of [1, 1, 1, 1, 2]) driver.callAndWait(`10.0.0.${host}`, messageHello);
  for (let n = 0; n < 5; n += 1) driver.callAndWait('10.0.0.3', messageHello);
  const native = driver.callAndWait('10.0.0.9', fullHello);
  assert.ok(driver.admission.isSlotComing(native, driver.nowMs), 'four slots, and three addresses before it');
});

test('a native caller waits for a session that is just up, and gets BUSY soon where none parks', () => {
  const driver = new AdmissionDriver();
  for (let i = 1; i <= 4; i += 1) driver.openSession(`10.0.0.${i}`, false);
  const native = driver.callAndWait('10.0.0.9', fullHello);
  assert.ok(driver.admission.isSlotComing(native, driver.nowMs));
  driver.nowMs += limits.sessionSettledMs;
  for (let asked = 0; asked < 4; asked += 1) {
    assert.notEqual(driver.slotWantedBy(native), null);
    assert.ok(driver.admission.isSlotComing(native, driver.nowMs));
  }
  driver.nowMs += limits.parkMs;
  assert.equal(driver.slotWantedBy(native), null);
  assert.ok(!driver.admission.isSlotComing(native, driver.nowMs));
});

test('an older program is not overtaken by the next one of its address', () => {
  const driver = new AdmissionDriver();
  for (let i = 0; i < limits.handshakesBurst; i += 1) driver.left(driver.call(`10.0.1.${i}`, fullHello).id);
  const held = [1, 2, 3, 4].map((host) => admitted(driver, `10.0.0.${host}`, messageHello));
  const native = driver.callAndWait('10.0.0.9', fullHello);
  const [earlier, later] = [
    driver.callAndWait('10.0.0.5', messageHello),
    driver.callAndWait('10.0.0.5', messageHello),
  ];
  for (const id of held.slice(0, 2)) driver.left(id);
  assert.equal(driver.callAgain(native).type, 'wait', 'it lacks the means for a handshake');
  assert.equal(driver.callAgain(later).type, 'wait');
  assert.equal(driver.callAgain(earlier).type, 'serve');
  assert.equal(driver.callAgain(later).type, 'serve');
});
