import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Caller, Verdict } from '../../src/admission/admission.js';
import type { Hello } from '../../src/admission/first-bytes.js';
import type { ConnectionId } from '../../src/ids.js';
import { admission as limits } from '../../src/admission/limits.js';
import { wireV1 } from '../../src/wire/limits.js';
import { admitted, Door, full, idOf, message, resume, talk, ticketIdHex } from '../support/admission-door.js';
import { holds } from '../support/seeds.js';

test('one slot is left to contacts, however many strangers come', () => {
  const door = new Door();
  door.admission.know(['10.0.0.99'], [ticketIdHex]);
  for (let i = 1; i <= 4; i += 1) assert.equal(door.come(`10.0.0.${i}`, full).verdict.type, 'serve');
  assert.equal(door.come('10.0.0.5', full).verdict.type, 'wait');
  assert.deepEqual(door.come('10.0.0.99', full).verdict, { type: 'serve', evict: null });
});

test('a ticket of ours opens the reserved slot from any address, an unknown one does not', () => {
  const door = new Door();
  for (let i = 1; i <= 4; i += 1) door.session(`10.0.0.${i}`, false);
  assert.equal(door.come('10.0.0.7', resume).verdict.type, 'wait');
  door.admission.know([], [ticketIdHex]);
  assert.equal(door.come('10.0.0.7', resume).verdict.type, 'serve');
});

test('one address holds two unauthenticated connections at most', () => {
  const door = new Door();
  assert.equal(door.come('10.0.0.1', full).verdict.type, 'serve');
  assert.equal(door.come('10.0.0.1', full).verdict.type, 'serve');
  assert.equal(door.come('10.0.0.1', full).verdict.type, 'wait');
  assert.equal(door.admission.taken, 2);
});

test('a speaking caller takes the slot of a silent one, also on one shared address', () => {
  const door = new Door();
  const first = door.come('127.0.0.1', null);
  door.come('127.0.0.1', null);
  assert.equal(door.come('127.0.0.1', full).verdict.type, 'wait', 'its first bytes may be in flight');
  door.nowMs += limits.silentProtectedMs;
  assert.deepEqual(door.come('127.0.0.1', full).verdict, { type: 'serve', evict: first.id });
});

test('a running handshake is left alone for a while', () => {
  const door = new Door();
  const first = door.come('10.0.0.1', full);
  door.come('10.0.0.1', full);
  door.nowMs += limits.speakingProtectedMs - 1;
  assert.equal(door.come('10.0.0.1', full).verdict.type, 'wait');
  door.nowMs += 1;
  assert.deepEqual(door.come('10.0.0.1', full).verdict, { type: 'serve', evict: first.id });
});

test('the address that holds most gives way first, with its oldest connection', () => {
  const door = new Door();
  door.come('10.0.0.1', null);
  const oldestOfMost = door.come('10.0.0.2', null);
  door.come('10.0.0.2', null);
  door.come('10.0.0.3', null);
  door.nowMs += limits.silentProtectedMs;
  assert.deepEqual(door.come('10.0.0.4', full).verdict, { type: 'serve', evict: oldestOfMost.id });
});

test('authenticated sessions are asked to park, the longest idle first, none twice within 200 ms', () => {
  const door = new Door();
  const ids = [1, 2, 3, 4, 5].map((i) => {
    door.nowMs += 10;
    return door.session(`10.0.0.${i}`, true);
  });
  door.nowMs += limits.sessionSettledMs;
  const asked = [6, 7, 8, 9, 10, 11].map((i) => door.whoMakesRoom(`10.0.0.${i}`, full));
  assert.deepEqual(asked, [...ids, null]);
  door.nowMs += limits.slotWantedEveryMs;
  assert.equal(door.whoMakesRoom('10.0.0.12', full), ids[0]);
});

test('a contact on the reserved slot is asked to park for a contact, and not for a stranger', () => {
  const door = new Door();
  door.admission.know(['10.0.0.8', '10.0.0.9'], []);
  const friend = door.session('10.0.0.9', true);
  for (let i = 1; i <= 4; i += 1) admitted(door, `10.0.0.${i}`, message);
  door.nowMs += limits.sessionSettledMs;
  assert.equal(door.whoMakesRoom('10.0.0.5', message), null);
  assert.equal(door.whoMakesRoom('10.0.0.6', full), null);
  assert.equal(door.whoMakesRoom('10.0.0.8', full), friend);
});

test('a session that is just up is not asked to park, so that its first words can be answered', () => {
  const door = new Door();
  const [first, second] = [1, 2, 3, 4].map((i) => door.session(`10.0.0.${i}`, false));
  door.nowMs += limits.sessionSettledMs - 1;
  assert.equal(door.whoMakesRoom('10.0.0.8', full), null);
  door.nowMs += 1;
  assert.equal(door.whoMakesRoom('10.0.0.8', full), first);
  assert.equal(door.whoMakesRoom('10.0.0.9', message), second);
});

test('a contact takes the slot of an idle stranger, a stranger never that of a session', () => {
  const door = new Door();
  door.admission.know(['10.0.0.9'], []);
  const hog = door.session('10.0.0.1', false);
  for (let i = 2; i <= 5; i += 1) door.session(`10.0.0.${i}`, true);
  door.nowMs += limits.strangerIdleForContactMs;
  assert.equal(door.come('10.0.0.8', full).verdict.type, 'wait');
  assert.deepEqual(door.come('10.0.0.9', full).verdict, { type: 'serve', evict: hog });
});

test('the handshake deadline counts from the accept and an idle stranger has to go', () => {
  const door = new Door();
  const slow = door.come('10.0.0.1', null);
  const stranger = door.session('10.0.0.2', false);
  door.session('10.0.0.3', true);
  door.nowMs += 1_000;
  door.admission.spoke(slow.id, full, door.nowMs);
  assert.equal(door.admission.nextDueMs(), 1_000 + wireV1.handshakeDeadlineMs);
  assert.deepEqual(door.admission.due(1_000 + wireV1.handshakeDeadlineMs), [
    { id: slow.id, reason: 'deadline' },
  ]);
  door.left(slow.id);
  assert.deepEqual(door.admission.due(1_000 + limits.strangerIdleMs), [{ id: stranger, reason: 'idle' }]);
});

test('handshakes are charged per address and in total, with a share for known addresses', () => {
  const door = new Door();
  const once = (address: string): Verdict['type'] => {
    const { id, verdict } = door.come(address, full);
    door.left(id);
    return verdict.type;
  };
  const perAddress = Array.from({ length: 30 }, () => once('10.0.0.1'));
  assert.equal(perAddress.filter((type) => type === 'serve').length, limits.handshakesPerAddressBurst);
  const inTotal = Array.from({ length: 200 }, (_, i) => once(`10.0.1.${i}`));
  const strangersBurst =
    limits.handshakesBurst - limits.handshakesReserved - limits.handshakesPerAddressBurst;
  assert.equal(inTotal.filter((type) => type === 'serve').length, strangersBurst);
  door.admission.know(['10.0.2.1'], []);
  assert.equal(once('10.0.2.1'), 'serve');
  door.nowMs += 1_000;
  const refilled = Array.from({ length: 200 }, (_, i) => once(`10.0.3.${i}`));
  const share = refilled.filter((type) => type === 'serve').length;
  assert.ok(share >= limits.handshakesPerSecond - 2 && share <= limits.handshakesPerSecond, `${share}`);
});

const longPenaltyMs = 90_000;

test('a penalty keeps an address out, but not a ticket of ours, and hardly touches loopback', () => {
  const door = new Door();
  door.admission.know([], [ticketIdHex]);
  for (const address of ['10.0.0.1', '127.0.0.1'])
    door.admission.penalise(address, longPenaltyMs, door.nowMs);
  assert.deepEqual(door.come('10.0.0.1', full).verdict, { type: 'refuse', reason: 'penalty' });
  assert.equal(door.come('10.0.0.1', resume).verdict.type, 'serve');
  assert.equal(door.come('127.0.0.1', full).verdict.type, 'serve');
  assert.equal(door.come('127.0.0.1', full).verdict.type, 'wait');
  door.nowMs += limits.penaltyLoopbackMostMs;
  assert.equal(door.come('127.0.0.1', full).verdict.type, 'serve');
  assert.equal(door.come('10.0.0.1', full).verdict.type, 'refuse');
  for (let i = 0; i < 100; i += 1) door.admission.penalise('10.0.0.1', longPenaltyMs, door.nowMs);
  door.nowMs += limits.penaltyMostMs;
  assert.equal(door.come('10.0.0.1', full).verdict.type, 'serve');
});

test('with one connection in all, a stranger gets in', () => {
  assert.equal(new Door(1).come('10.0.0.1', full).verdict.type, 'serve');
});

test('a connection for one message ends after a silence or a deadline; a conversation does not', () => {
  const door = new Door();
  const chatty = admitted(door, '10.0.0.1', message);
  const quiet = admitted(door, '10.0.0.2', message);
  admitted(door, '10.0.0.3', talk);
  const startMs = door.nowMs;
  assert.equal(door.admission.nextDueMs(), startMs + limits.messageIdleMs);
  for (; door.nowMs < startMs + limits.messageDeadlineMs; door.nowMs += 500)
    door.admission.active(chatty, door.nowMs);
  assert.deepEqual(door.admission.due(startMs + limits.messageIdleMs), [{ id: quiet, reason: 'idle' }]);
  door.left(quiet);
  assert.deepEqual(door.admission.due(door.nowMs), [{ id: chatty, reason: 'idle' }]);
});

test('the time that an older program waited for its slot is not taken from its time to speak', () => {
  const door = new Door(1);
  const first = admitted(door, '10.0.0.1', message);
  const caller: Caller = { id: idOf(99), address: '10.0.0.2', acceptedAtMs: door.nowMs, hello: message };
  assert.equal(door.admission.request(caller, door.nowMs).type, 'wait');
  door.nowMs += wireV1.handshakeDeadlineMs + 1;
  door.left(first);
  assert.equal(door.admission.request(caller, door.nowMs).type, 'serve');
  assert.deepEqual(door.admission.due(door.nowMs), []);
  // While this node has not read its words, it is not blamed and not evicted; from then on it has its own time.
  door.admission.firstBytes(caller.id, 'unread', door.nowMs);
  door.nowMs += limits.foreignOpeningMs + 1;
  assert.deepEqual(door.admission.due(door.nowMs), []);
  assert.equal(door.come('10.0.0.3', message).verdict.type, 'wait');
  door.admission.firstBytes(caller.id, 'read', door.nowMs);
  assert.equal(door.admission.nextDueMs(), door.nowMs + limits.foreignOpeningMs);
});

for (const kind of [message, talk] as const) {
  const dialect = kind.type === 'foreign' ? kind.dialect : '';
  test(`${dialect}: of more than two slots the longest silent one goes to another address`, () => {
    const door = new Door();
    const hog = [1, 2, 3, 4].map(() => admitted(door, '10.0.0.1', kind));
    door.nowMs += limits.foreignProtectedMs - 1;
    assert.equal(door.come('10.0.0.2', full).verdict.type, 'wait', 'a message gets the time to come');
    door.nowMs += 1;
    for (const id of hog.slice(1)) door.admission.active(id, door.nowMs);
    assert.deepEqual(door.come('10.0.0.2', full).verdict, { type: 'serve', evict: hog[0] });
    assert.equal(door.come('10.0.0.3', message).verdict.type, 'serve');
    // Two are left to it.
    assert.equal(door.come('10.0.0.4', full).verdict.type, 'wait');
  });
}

test('while another address waits, one address gets no third slot for older programs', () => {
  const door = new Door();
  const hog = [1, 2, 3, 4].map(() => admitted(door, '10.0.0.1', message));
  assert.equal(door.come('10.0.0.2', full).verdict.type, 'wait');
  for (const id of hog.slice(0, 2)) door.left(id);
  assert.equal(door.come('10.0.0.1', message).verdict.type, 'wait');
  assert.equal(door.come('10.0.0.1', null).verdict.type, 'wait', 'nor to who has not spoken yet');
  assert.equal(door.come('10.0.0.1', full).verdict.type, 'serve', 'but to a native peer there');
  assert.equal(door.come('10.0.0.2', full).verdict.type, 'serve');
});

test('with nobody else asking, one address may have all slots for strangers', () => {
  const door = new Door();
  for (let i = 0; i < 4; i += 1) admitted(door, '10.0.0.1', message);
  assert.equal(door.come('10.0.0.1', message).verdict.type, 'wait');
  // The next of its messages waits for one that is done, or has nothing more to say.
  door.nowMs += limits.foreignProtectedMs;
  assert.notEqual(door.come('10.0.0.1', message).verdict.type, 'wait');
});

test('a talk in which nothing was said gives way much sooner than one with words', () => {
  const door = new Door();
  const [mute, spoken] = [admitted(door, '10.0.0.1', talk), admitted(door, '10.0.0.2', talk)];
  for (let i = 3; i <= 5; i += 1) door.admission.active(admitted(door, `10.0.0.${i}`, talk), door.nowMs);
  door.admission.active(spoken, door.nowMs);
  door.nowMs += limits.unspokenPreemptibleAfterMs - 1;
  assert.equal(door.whoMakesRoom('10.0.0.9', talk), null);
  door.nowMs += 1;
  assert.equal(door.whoMakesRoom('10.0.0.9', talk), mute);
  door.nowMs += limits.slotWantedEveryMs;
  door.left(mute);
  assert.equal(door.come('10.0.0.9', talk).verdict.type, 'serve');
  assert.equal(door.whoMakesRoom('10.0.0.8', talk), null);
});

test('no session is asked to park for an address that has its share of older programs already', () => {
  const door = new Door();
  const idle = door.session('10.0.0.9', false);
  admitted(door, '10.0.0.1', message);
  door.session('10.0.0.8', false);
  door.session('10.0.0.7', false);
  door.nowMs += limits.sessionSettledMs;
  assert.equal(door.whoMakesRoom('10.0.0.1', message), idle);
  door.left(idle);
  admitted(door, '10.0.0.1', message);
  assert.equal(door.whoMakesRoom('10.0.0.1', message), null);
});

test('a connection that carries one message is never asked to park', () => {
  const door = new Door();
  const held = [1, 2, 3, 4].map((i) => admitted(door, `10.0.0.${i}`, message));
  door.nowMs += limits.messagePreemptibleAfterMs - 1;
  assert.equal(door.whoMakesRoom('10.0.0.9', full), null);
  // After this time it has had its turn, and is cut off where somebody else waits.
  door.nowMs += 1;
  assert.deepEqual(door.come('10.0.0.9', full).verdict, { type: 'serve', evict: held[0] });
});

test('a message that a user types may take minutes, and seconds while its slot is wanted', () => {
  const door = new Door();
  const typed = admitted(door, '10.0.0.1', message);
  door.admission.authenticated(typed, false, 'typed-message', door.nowMs);
  const startMs = door.nowMs;
  assert.equal(door.admission.nextDueMs(), startMs + limits.typedDeadlineMs);
  for (let i = 2; i <= 4; i += 1) door.admission.active(admitted(door, `10.0.0.${i}`, talk), startMs);
  assert.equal(door.whoMakesRoom('10.0.0.9', full), null);
  // Single letters do not make it longer.
  for (; door.nowMs < startMs + limits.typedPreemptibleAfterMs; door.nowMs += 500)
    door.admission.active(typed, door.nowMs);
  assert.equal(door.whoMakesRoom('10.0.0.9', full), typed);
  // Once its words are there it has as long as any message.
  door.admission.authenticated(typed, false, 'message', door.nowMs);
  const isDue = (atMs: number): boolean => door.admission.due(atMs).some(({ id }) => id === typed);
  assert.ok(!isDue(door.nowMs + limits.messageIdleMs - 1));
  assert.ok(isDue(door.nowMs + limits.messageIdleMs));
});

const address = fc.integer({ min: 1, max: 6 }).map((i) => `10.0.0.${i}`);
const hello = fc.constantFrom<Hello | null>(null, full, resume, { type: 'foreign', dialect: 'cmp2204' });
const move = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('come' as const),
      address,
      hello,
      /** Waits if it has to. */
      stays: fc.boolean(),
      /** One that waits asks again instead. */
      again: fc.option(fc.nat()),
    }),
  },
  fc.record({ do: fc.constant('speak' as const), pick: fc.nat(), hello: hello.filter((h) => h !== null) }),
  fc.record({ do: fc.constant('prove' as const), pick: fc.nat(), isContact: fc.boolean() }),
  fc.record({ do: fc.constant('leave' as const), pick: fc.nat() }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 1_500 }) }),
);

test('whatever happens: bounds hold, and who proved itself is evicted for contacts only', (t) => {
  const property = fc.property(
    fc.integer({ min: 1, max: 6 }),
    fc.array(move, { maxLength: 200 }),
    (max, moves) => {
      const door = new Door(max);
      door.admission.know(['10.0.0.1'], [ticketIdHex]);
      const held = new Map<
        ConnectionId,
        { address: string; proved: boolean; isContact: boolean; isForeign: boolean }
      >();
      const waiting = new Map<ConnectionId, Caller>();
      const again = ({ again: n, stays }: { readonly again: number | null; readonly stays: boolean }) =>
        n === null || !stays ? undefined : [...waiting.values()][n % Math.max(1, waiting.size)];
      const pick = (n: number): ConnectionId | undefined => [...held.keys()][n % Math.max(1, held.size)];
      for (const step of moves) {
        if (step.do === 'pass') door.nowMs += step.ms;
        else if (step.do === 'come') {
          const caller = again(step) ?? door.caller(step.address, step.hello);
          const { id, address, hello } = caller;
          const verdict = door.again(caller);
          if (verdict.type === 'wait' && step.stays) waiting.set(id, caller);
          else waiting.delete(id);
          if (verdict.type === 'wait' && !step.stays) door.left(id);
          if (verdict.type !== 'serve') continue;
          const victim = verdict.evict === null ? undefined : held.get(verdict.evict);
          if (victim?.proved === true && victim.isForeign) {
            const alike = [...held.values()].filter((one) => one.isForeign && one.address === victim.address);
            const next = [...waiting.values()].filter(
              (one) => one.hello?.type === 'foreign' && one.address === victim.address,
            );
            const isOwn = victim.address === address && hello?.type === 'foreign';
            const isForContact = address === '10.0.0.1' || hello?.type === 'resume';
            const isEnough = isOwn
              ? alike.length >= limits.foreignPerAddressMax
              : alike.length + next.length > limits.foreignPerAddressMax;
            assert.ok(isForContact || isEnough, 'no more than its share was touched');
          } else if (victim?.proved === true) {
            assert.ok(!victim.isContact, 'a contact was evicted');
            assert.ok(address === '10.0.0.1' || hello?.type === 'resume', 'evicted for a stranger');
          }
          if (verdict.evict !== null) held.delete(verdict.evict);
          held.set(id, {
            address,
            proved: false,
            isContact: false,
            isForeign: hello?.type === 'foreign',
          });
        } else {
          const id = pick(step.pick);
          const one = id === undefined ? undefined : held.get(id);
          if (id === undefined || one === undefined) continue;
          if (step.do === 'leave') {
            door.left(id);
            held.delete(id);
          } else if (step.do === 'prove') {
            // Nobody of an older program is a contact.
            const isContact = step.isContact && !one.isForeign;
            door.admission.authenticated(id, isContact, 'session', door.nowMs);
            held.set(id, { ...one, proved: true, isContact });
          } else if (!one.proved && step.hello) {
            const isForeign = step.hello.type === 'foreign';
            if (door.admission.spoke(id, step.hello, door.nowMs).type === 'refuse') held.delete(id);
            else held.set(id, { ...one, isForeign });
          }
        }
        assert.equal(door.admission.taken, held.size);
        assert.ok(held.size <= max, 'more connections than slots');
        const open = [...held.values()].filter((one) => !one.proved).map((one) => one.address);
        for (const address of open) {
          const count = open.filter((each) => each === address).length;
          assert.ok(count <= limits.unauthenticatedPerAddressMax);
        }
      }
    },
  );
  holds(t, property, { numRuns: 500 });
});
