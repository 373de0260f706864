/** The order of the callers that wait for a slot. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Caller } from '../../src/admission/admission.js';
import type { ConnectionId } from '../../src/ids.js';
import { admission as limits } from '../../src/admission/limits.js';
import { admitted, Door, full, message, resume, talk, ticketIdHex } from '../support/admission-door.js';

test('an address that wants more than its share keeps no slot for longer than one message takes', () => {
  const door = new Door();
  const held = [1, 1, 2, 3, 4].map((host) => admitted(door, `10.0.0.${host}`, talk));
  for (const id of held) door.admission.active(id, door.nowMs);
  door.wait('10.0.0.1', talk);
  door.nowMs += limits.foreignProtectedMs - 1;
  assert.equal(door.come('10.0.0.9', message).verdict.type, 'wait');
  door.nowMs += 1;
  assert.deepEqual(door.come('10.0.0.9', message).verdict, { type: 'serve', evict: held[0] });
  // It holds one and waits with one: that is its share.
  assert.equal(door.come('10.0.0.8', message).verdict.type, 'wait');
});

test('a slot goes to the address that was on one longest ago, and first to one that never was', () => {
  const door = new Door(1);
  const serve = (host: number): ConnectionId => admitted(door, `10.0.0.${host}`, message);
  for (const host of [1, 2, 3]) {
    door.nowMs += 1;
    door.left(serve(host));
  }
  door.nowMs += 1;
  const last = serve(1);
  const waiting = [1, 1, 3, 2, 4].map((host) => door.wait(`10.0.0.${host}`, message));
  door.left(last);
  const served: Caller[] = [];
  while (served.length < waiting.length) {
    door.nowMs += 1;
    const asking = waiting.filter((each) => !served.includes(each));
    const next = asking.filter((each) => door.again(each).type === 'serve');
    assert.equal(next.length, 1);
    for (const each of next) {
      served.push(each);
      door.left(each.id);
    }
  }
  const order = served.map(({ address }) => address.at(-1));
  assert.equal(order.join(' '), '4 2 3 1 1');
});

test('a host that holds a slot in vain comes after a host that left its slot at once', () => {
  const door = new Door(1);
  const idle = admitted(door, '10.0.0.1', message);
  door.nowMs += limits.heldMostMs;
  door.left(idle);
  const quick = admitted(door, '10.0.0.2', message);
  const [second, first] = [door.wait('10.0.0.1', message), door.wait('10.0.0.2', message)];
  door.nowMs += 1;
  door.left(quick);
  assert.deepEqual(door.again(second), { type: 'wait', slotWanted: null, first: first.id });
  assert.equal(door.again(first).type, 'serve');
});

test('tickets and known addresses go before strangers, and speaking callers before silent ones', () => {
  const door = new Door(1);
  door.admission.know(['10.0.0.1'], [ticketIdHex]);
  const held = admitted(door, '10.0.0.1', message);
  const [silent, older, known, ticket] = [
    door.wait('10.0.0.4', null),
    door.wait('10.0.0.1', message),
    door.wait('10.0.0.1', full),
    door.wait('10.0.0.1', resume),
  ];
  door.left(held);
  assert.deepEqual(door.admission.inTurn(), [known.id, ticket.id, older.id, silent.id]);
  assert.deepEqual(door.again(silent), { type: 'wait', slotWanted: null, first: known.id });
  assert.equal(door.again(known).type, 'serve');
});

test('without handshakes left native callers wait in turn, and older programs do not', () => {
  const door = new Door();
  for (let i = 0; i < limits.handshakesBurst; i += 1) door.left(door.come(`10.0.1.${i}`, full).id);
  const busy = door.wait('10.0.1.0', full);
  const fresh = door.wait('10.0.2.1', full);
  assert.deepEqual(door.come('10.0.2.2', message).verdict, { type: 'serve', evict: null });
  assert.ok(door.admission.isSlotComing(fresh, door.nowMs));
  door.nowMs += 1_000 / limits.handshakesPerSecond;
  assert.deepEqual(door.again(busy), { type: 'wait', slotWanted: null, first: fresh.id });
  assert.equal(door.again(fresh).type, 'serve');
  assert.equal(door.again(busy).type, 'wait');
});

test('a native caller waits where its turn is next and a slot becomes free within half a second', () => {
  const door = new Door();
  for (let i = 1; i <= 4; i += 1) admitted(door, `10.0.0.${i}`, message);
  const native = door.wait('10.0.0.9', full);
  assert.ok(!door.admission.isSlotComing(native, door.nowMs));
  door.wait('10.0.0.1', message);
  door.wait('10.0.0.1', message);
  assert.ok(door.admission.isSlotComing(native, door.nowMs), 'one address wants more than its share');
  const [next, other] = [door.wait('10.0.0.9', full), door.wait('10.0.0.10', full)];
  for (const late of [next, other])
    assert.ok(!door.admission.isSlotComing(late, door.nowMs), 'it is for one');
  door.nowMs += limits.messagePreemptibleAfterMs - limits.foreignProtectedMs;
  assert.ok(door.admission.isSlotComing(other, door.nowMs), 'the others have had their time, too');
});

test('many connections of one address are one turn to those of others', () => {
  const door = new Door();
  for (const host of [1, 1, 2, 2]) admitted(door, `10.0.0.${host}`, message);
  for (const host of [1, 1, 1, 1, 2]) door.wait(`10.0.0.${host}`, message);
  for (let n = 0; n < 5; n += 1) door.wait('10.0.0.3', message);
  const native = door.wait('10.0.0.9', full);
  assert.ok(door.admission.isSlotComing(native, door.nowMs), 'four slots, and three addresses before it');
});

test('a native caller waits for a session that is just up, and gets BUSY soon where none parks', () => {
  const door = new Door();
  for (let i = 1; i <= 4; i += 1) door.session(`10.0.0.${i}`, false);
  const native = door.wait('10.0.0.9', full);
  assert.ok(door.admission.isSlotComing(native, door.nowMs));
  door.nowMs += limits.sessionSettledMs;
  for (let asked = 0; asked < 4; asked += 1) {
    assert.notEqual(door.whoMakesRoomFor(native), null);
    assert.ok(door.admission.isSlotComing(native, door.nowMs));
  }
  door.nowMs += limits.parkMs;
  assert.equal(door.whoMakesRoomFor(native), null);
  assert.ok(!door.admission.isSlotComing(native, door.nowMs));
});

test('an older program is not overtaken by the next one of its address', () => {
  const door = new Door();
  for (let i = 0; i < limits.handshakesBurst; i += 1) door.left(door.come(`10.0.1.${i}`, full).id);
  const held = [1, 2, 3, 4].map((host) => admitted(door, `10.0.0.${host}`, message));
  const native = door.wait('10.0.0.9', full);
  const [earlier, later] = [door.wait('10.0.0.5', message), door.wait('10.0.0.5', message)];
  for (const id of held.slice(0, 2)) door.left(id);
  assert.equal(door.again(native).type, 'wait', 'it lacks the means for a handshake');
  assert.equal(door.again(later).type, 'wait');
  assert.equal(door.again(earlier).type, 'serve');
  assert.equal(door.again(later).type, 'serve');
});
