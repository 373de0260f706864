import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Caller, Verdict } from '../../src/admission/admission.js';
import type { Hello } from '../../src/admission/first-bytes.js';
import type { ConnectionId } from '../../src/ids.js';
import { admission as limits } from '../../src/admission/limits.js';
import { wireV1 } from '../../src/wire/limits.js';
import {
  admitted,
  AdmissionDriver,
  fullHello,
  idOf,
  messageHello,
  resumeHello,
  conversationHello,
  ticketIdHex,
} from '../support/admission-driver.js';
import { holds } from '../support/seeds.js';

test('one slot is left to contacts, however many strangers come', () => {
  const driver = new AdmissionDriver();
  driver.admission.know(['10.0.0.99'], [ticketIdHex]);
  for (let i = 1; i <= 4; i += 1) assert.equal(driver.call(`10.0.0.${i}`, fullHello).verdict.type, 'serve');
  assert.equal(driver.call('10.0.0.5', fullHello).verdict.type, 'wait');
  assert.deepEqual(driver.call('10.0.0.99', fullHello).verdict, { type: 'serve', evict: null });
});

test('a ticket of ours opens the reserved slot from any address, an unknown one does not', () => {
  const driver = new AdmissionDriver();
  for (let i = 1; i <= 4; i += 1) driver.openSession(`10.0.0.${i}`, false);
  assert.equal(driver.call('10.0.0.7', resumeHello).verdict.type, 'wait');
  driver.admission.know([], [ticketIdHex]);
  assert.equal(driver.call('10.0.0.7', resumeHello).verdict.type, 'serve');
});

test('one address holds two unauthenticated connections at most', () => {
  const driver = new AdmissionDriver();
  assert.equal(driver.call('10.0.0.1', fullHello).verdict.type, 'serve');
  assert.equal(driver.call('10.0.0.1', fullHello).verdict.type, 'serve');
  assert.equal(driver.call('10.0.0.1', fullHello).verdict.type, 'wait');
  assert.equal(driver.admission.taken, 2);
});

test('a speaking caller takes the slot of a silent one, also on one shared address', () => {
  const driver = new AdmissionDriver();
  const first = driver.call('127.0.0.1', null);
  driver.call('127.0.0.1', null);
  assert.equal(driver.call('127.0.0.1', fullHello).verdict.type, 'wait', 'its first bytes may be in flight');
  driver.nowMs += limits.silentProtectedMs;
  assert.deepEqual(driver.call('127.0.0.1', fullHello).verdict, { type: 'serve', evict: first.id });
});

test('a running handshake is left alone for a while', () => {
  const driver = new AdmissionDriver();
  const first = driver.call('10.0.0.1', fullHello);
  driver.call('10.0.0.1', fullHello);
  driver.nowMs += limits.speakingProtectedMs - 1;
  assert.equal(driver.call('10.0.0.1', fullHello).verdict.type, 'wait');
  driver.nowMs += 1;
  assert.deepEqual(driver.call('10.0.0.1', fullHello).verdict, { type: 'serve', evict: first.id });
});

test('the address that holds most gives way first, with its oldest connection', () => {
  const driver = new AdmissionDriver();
  driver.call('10.0.0.1', null);
  const oldestOfMost = driver.call('10.0.0.2', null);
  driver.call('10.0.0.2', null);
  driver.call('10.0.0.3', null);
  driver.nowMs += limits.silentProtectedMs;
  assert.deepEqual(driver.call('10.0.0.4', fullHello).verdict, { type: 'serve', evict: oldestOfMost.id });
});

test('authenticated sessions are asked to park, the longest idle first, none twice within 200 ms', () => {
  const driver = new AdmissionDriver();
  const ids = [1, 2, 3, 4, 5].map((i) => {
    driver.nowMs += 10;
    return driver.openSession(`10.0.0.${i}`, true);
  });
  driver.nowMs += limits.sessionSettledMs;
  const asked = [6, 7, 8, 9, 10, 11].map((i) => driver.slotWantedFor(`10.0.0.${i}`, fullHello));
  assert.deepEqual(asked, [...ids, null]);
  driver.nowMs += limits.slotWantedEveryMs;
  assert.equal(driver.slotWantedFor('10.0.0.12', fullHello), ids[0]);
});

test('a contact on the reserved slot is asked to park for a contact, and not for a stranger', () => {
  const driver = new AdmissionDriver();
  driver.admission.know(['10.0.0.8', '10.0.0.9'], []);
  const friend = driver.openSession('10.0.0.9', true);
  for (let i = 1; i <= 4; i += 1) admitted(driver, `10.0.0.${i}`, messageHello);
  driver.nowMs += limits.sessionSettledMs;
  assert.equal(driver.slotWantedFor('10.0.0.5', messageHello), null);
  assert.equal(driver.slotWantedFor('10.0.0.6', fullHello), null);
  assert.equal(driver.slotWantedFor('10.0.0.8', fullHello), friend);
});

test('a session that is just up is not asked to park, so that its first words can be answered', () => {
  const driver = new AdmissionDriver();
  const [first, second] = [1, 2, 3, 4].map((i) => driver.openSession(`10.0.0.${i}`, false));
  driver.nowMs += limits.sessionSettledMs - 1;
  assert.equal(driver.slotWantedFor('10.0.0.8', fullHello), null);
  driver.nowMs += 1;
  assert.equal(driver.slotWantedFor('10.0.0.8', fullHello), first);
  assert.equal(driver.slotWantedFor('10.0.0.9', messageHello), second);
});

test('a contact takes the slot of an idle stranger, a stranger never that of a session', () => {
  const driver = new AdmissionDriver();
  driver.admission.know(['10.0.0.9'], []);
  const hog = driver.openSession('10.0.0.1', false);
  for (let i = 2; i <= 5; i += 1) driver.openSession(`10.0.0.${i}`, true);
  driver.nowMs += limits.strangerIdleForContactMs;
  assert.equal(driver.call('10.0.0.8', fullHello).verdict.type, 'wait');
  assert.deepEqual(driver.call('10.0.0.9', fullHello).verdict, { type: 'serve', evict: hog });
});

test('the handshake deadline counts from the accept and an idle stranger has to go', () => {
  const driver = new AdmissionDriver();
  const slow = driver.call('10.0.0.1', null);
  const stranger = driver.openSession('10.0.0.2', false);
  driver.openSession('10.0.0.3', true);
  driver.nowMs += 1_000;
  driver.admission.spoke(slow.id, fullHello, driver.nowMs);
  assert.equal(driver.admission.nextDueMs(), 1_000 + wireV1.handshakeDeadlineMs);
  assert.deepEqual(driver.admission.due(1_000 + wireV1.handshakeDeadlineMs), [
    { id: slow.id, reason: 'deadline' },
  ]);
  driver.left(slow.id);
  assert.deepEqual(driver.admission.due(1_000 + limits.strangerIdleMs), [{ id: stranger, reason: 'idle' }]);
});

test('handshakes are charged per address and in total, with a share for known addresses', () => {
  const driver = new AdmissionDriver();
  const once = (address: string): Verdict['type'] => {
    const { id, verdict } = driver.call(address, fullHello);
    driver.left(id);
    return verdict.type;
  };
  const perAddress = Array.from({ length: 30 }, () => once('10.0.0.1'));
  assert.equal(perAddress.filter((type) => type === 'serve').length, limits.handshakesPerAddressBurst);
  const inTotal = Array.from({ length: 200 }, (_, i) => once(`10.0.1.${i}`));
  const strangersBurst =
    limits.handshakesBurst - limits.handshakesReserved - limits.handshakesPerAddressBurst;
  assert.equal(inTotal.filter((type) => type === 'serve').length, strangersBurst);
  driver.admission.know(['10.0.2.1'], []);
  assert.equal(once('10.0.2.1'), 'serve');
  driver.nowMs += 1_000;
  const refilled = Array.from({ length: 200 }, (_, i) => once(`10.0.3.${i}`));
  const share = refilled.filter((type) => type === 'serve').length;
  assert.ok(share >= limits.handshakesPerSecond - 2 && share <= limits.handshakesPerSecond, `${share}`);
});

const longPenaltyMs = 90_000;

test('a penalty keeps an address out, but not a ticket of ours, and hardly touches loopback', () => {
  const driver = new AdmissionDriver();
  driver.admission.know([], [ticketIdHex]);
  for (const address of ['10.0.0.1', '127.0.0.1'])
    driver.admission.penalise(address, longPenaltyMs, driver.nowMs);
  assert.deepEqual(driver.call('10.0.0.1', fullHello).verdict, { type: 'refuse', reason: 'penalty' });
  assert.equal(driver.call('10.0.0.1', resumeHello).verdict.type, 'serve');
  assert.equal(driver.call('127.0.0.1', fullHello).verdict.type, 'serve');
  assert.equal(driver.call('127.0.0.1', fullHello).verdict.type, 'wait');
  driver.nowMs += limits.penaltyLoopbackMostMs;
  assert.equal(driver.call('127.0.0.1', fullHello).verdict.type, 'serve');
  assert.equal(driver.call('10.0.0.1', fullHello).verdict.type, 'refuse');
  for (let i = 0; i < 100; i += 1) driver.admission.penalise('10.0.0.1', longPenaltyMs, driver.nowMs);
  driver.nowMs += limits.penaltyMostMs;
  assert.equal(driver.call('10.0.0.1', fullHello).verdict.type, 'serve');
});

test('with one connection in all, a stranger gets in', () => {
  assert.equal(new AdmissionDriver(1).call('10.0.0.1', fullHello).verdict.type, 'serve');
});

test('a connection for one message ends after a silence or a deadline; a conversation does not', () => {
  const driver = new AdmissionDriver();
  const chatty = admitted(driver, '10.0.0.1', messageHello);
  const quiet = admitted(driver, '10.0.0.2', messageHello);
  admitted(driver, '10.0.0.3', conversationHello);
  const startMs = driver.nowMs;
  assert.equal(driver.admission.nextDueMs(), startMs + limits.messageIdleMs);
  for (; driver.nowMs < startMs + limits.messageDeadlineMs; driver.nowMs += 500)
    driver.admission.active(chatty, driver.nowMs);
  assert.deepEqual(driver.admission.due(startMs + limits.messageIdleMs), [{ id: quiet, reason: 'idle' }]);
  driver.left(quiet);
  assert.deepEqual(driver.admission.due(driver.nowMs), [{ id: chatty, reason: 'idle' }]);
});

test('the time that an older program waited for its slot is not taken from its time to speak', () => {
  const driver = new AdmissionDriver(1);
  const first = admitted(driver, '10.0.0.1', messageHello);
  const caller: Caller = {
    id: idOf(99),
    address: '10.0.0.2',
    acceptedAtMs: driver.nowMs,
    hello: messageHello,
  };
  assert.equal(driver.admission.request(caller, driver.nowMs).type, 'wait');
  driver.nowMs += wireV1.handshakeDeadlineMs + 1;
  driver.left(first);
  assert.equal(driver.admission.request(caller, driver.nowMs).type, 'serve');
  assert.deepEqual(driver.admission.due(driver.nowMs), []);
  // While this node has not read its words, it is not blamed and not evicted; from then on it has its own time.
  driver.admission.firstBytes(caller.id, 'unread', driver.nowMs);
  driver.nowMs += limits.foreignOpeningMs + 1;
  assert.deepEqual(driver.admission.due(driver.nowMs), []);
  assert.equal(driver.call('10.0.0.3', messageHello).verdict.type, 'wait');
  driver.admission.firstBytes(caller.id, 'read', driver.nowMs);
  assert.equal(driver.admission.nextDueMs(), driver.nowMs + limits.foreignOpeningMs);
});

for (const kind of [messageHello, conversationHello] as const) {
  const dialect = kind.type === 'foreign' ? kind.dialect : '';
  test(`${dialect}: of more than two slots the longest silent one goes to another address`, () => {
    const driver = new AdmissionDriver();
    const hog = [1, 2, 3, 4].map(() => admitted(driver, '10.0.0.1', kind));
    driver.nowMs += limits.foreignProtectedMs - 1;
    assert.equal(driver.call('10.0.0.2', fullHello).verdict.type, 'wait', 'a message gets the time to come');
    driver.nowMs += 1;
    for (const id of hog.slice(1)) driver.admission.active(id, driver.nowMs);
    assert.deepEqual(driver.call('10.0.0.2', fullHello).verdict, { type: 'serve', evict: hog[0] });
    assert.equal(driver.call('10.0.0.3', messageHello).verdict.type, 'serve');
    // Two are left to it.
    assert.equal(driver.call('10.0.0.4', fullHello).verdict.type, 'wait');
  });
}

test('while another address waits, one address gets no third slot for older programs', () => {
  const driver = new AdmissionDriver();
  const hog = [1, 2, 3, 4].map(() => admitted(driver, '10.0.0.1', messageHello));
  assert.equal(driver.call('10.0.0.2', fullHello).verdict.type, 'wait');
  for (const id of hog.slice(0, 2)) driver.left(id);
  assert.equal(driver.call('10.0.0.1', messageHello).verdict.type, 'wait');
  assert.equal(driver.call('10.0.0.1', null).verdict.type, 'wait', 'nor to who has not spoken yet');
  assert.equal(driver.call('10.0.0.1', fullHello).verdict.type, 'serve', 'but to a native peer there');
  assert.equal(driver.call('10.0.0.2', fullHello).verdict.type, 'serve');
});

test('with nobody else asking, one address may have all slots for strangers', () => {
  const driver = new AdmissionDriver();
  for (let i = 0; i < 4; i += 1) admitted(driver, '10.0.0.1', messageHello);
  assert.equal(driver.call('10.0.0.1', messageHello).verdict.type, 'wait');
  // The next of its messages waits for one that is done, or has nothing more to say.
  driver.nowMs += limits.foreignProtectedMs;
  assert.notEqual(driver.call('10.0.0.1', messageHello).verdict.type, 'wait');
});

test('a conversation without words is preempted much sooner than one with words', () => {
  const driver = new AdmissionDriver();
  const [mute, spoken] = [
    admitted(driver, '10.0.0.1', conversationHello),
    admitted(driver, '10.0.0.2', conversationHello),
  ];
  for (let i = 3; i <= 5; i += 1)
    driver.admission.active(admitted(driver, `10.0.0.${i}`, conversationHello), driver.nowMs);
  driver.admission.active(spoken, driver.nowMs);
  driver.nowMs += limits.unspokenPreemptibleAfterMs - 1;
  assert.equal(driver.slotWantedFor('10.0.0.9', conversationHello), null);
  driver.nowMs += 1;
  assert.equal(driver.slotWantedFor('10.0.0.9', conversationHello), mute);
  driver.nowMs += limits.slotWantedEveryMs;
  driver.left(mute);
  assert.equal(driver.call('10.0.0.9', conversationHello).verdict.type, 'serve');
  assert.equal(driver.slotWantedFor('10.0.0.8', conversationHello), null);
});

test('no session is asked to park for an address that has its share of older programs already', () => {
  const driver = new AdmissionDriver();
  const idle = driver.openSession('10.0.0.9', false);
  admitted(driver, '10.0.0.1', messageHello);
  driver.openSession('10.0.0.8', false);
  driver.openSession('10.0.0.7', false);
  driver.nowMs += limits.sessionSettledMs;
  assert.equal(driver.slotWantedFor('10.0.0.1', messageHello), idle);
  driver.left(idle);
  admitted(driver, '10.0.0.1', messageHello);
  assert.equal(driver.slotWantedFor('10.0.0.1', messageHello), null);
});

test('a connection that carries one message is never asked to park', () => {
  const driver = new AdmissionDriver();
  const held = [1, 2, 3, 4].map((i) => admitted(driver, `10.0.0.${i}`, messageHello));
  driver.nowMs += limits.messagePreemptibleAfterMs - 1;
  assert.equal(driver.slotWantedFor('10.0.0.9', fullHello), null);
  // After this time it has had its turn, and is cut off where somebody else waits.
  driver.nowMs += 1;
  assert.deepEqual(driver.call('10.0.0.9', fullHello).verdict, { type: 'serve', evict: held[0] });
});

test('a message that a user types may take minutes, and seconds while its slot is wanted', () => {
  const driver = new AdmissionDriver();
  const typed = admitted(driver, '10.0.0.1', messageHello);
  driver.admission.authenticated(typed, false, 'typed-message', driver.nowMs);
  const startMs = driver.nowMs;
  assert.equal(driver.admission.nextDueMs(), startMs + limits.typedDeadlineMs);
  for (let i = 2; i <= 4; i += 1)
    driver.admission.active(admitted(driver, `10.0.0.${i}`, conversationHello), startMs);
  assert.equal(driver.slotWantedFor('10.0.0.9', fullHello), null);
  // Single letters do not make it longer.
  for (; driver.nowMs < startMs + limits.typedPreemptibleAfterMs; driver.nowMs += 500)
    driver.admission.active(typed, driver.nowMs);
  assert.equal(driver.slotWantedFor('10.0.0.9', fullHello), typed);
  // Once its words are there it has as long as any message.
  driver.admission.authenticated(typed, false, 'message', driver.nowMs);
  const isDue = (atMs: number): boolean => driver.admission.due(atMs).some(({ id }) => id === typed);
  assert.ok(!isDue(driver.nowMs + limits.messageIdleMs - 1));
  assert.ok(isDue(driver.nowMs + limits.messageIdleMs));
});

const address = fc.integer({ min: 1, max: 6 }).map((i) => `10.0.0.${i}`);
const hello = fc.constantFrom<Hello | null>(null, fullHello, resumeHello, {
  type: 'foreign',
  dialect: 'cmp2204',
});
const move = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('call' as const),
      address,
      hello,
      /** Whether the caller waits for a slot if it must. */
      stays: fc.boolean(),
      /** The waiting caller that requests a slot once more, instead of a new one; null: a new one. */
      waitingNo: fc.option(fc.nat()),
    }),
  },
  fc.record({ do: fc.constant('speak' as const), pick: fc.nat(), hello: hello.filter((h) => h !== null) }),
  fc.record({ do: fc.constant('prove' as const), pick: fc.nat(), isContact: fc.boolean() }),
  fc.record({ do: fc.constant('leave' as const), pick: fc.nat() }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 1_500 }) }),
);

test('bounds hold in every history, and proved callers are evicted for contacts only', (t) => {
  const property = fc.property(
    fc.integer({ min: 1, max: 6 }),
    fc.array(move, { maxLength: 200 }),
    (max, moves) => {
      const driver = new AdmissionDriver(max);
      driver.admission.know(['10.0.0.1'], [ticketIdHex]);
      const held = new Map<
        ConnectionId,
        { address: string; proved: boolean; isContact: boolean; isForeign: boolean }
      >();
      const waiting = new Map<ConnectionId, Caller>();
      const waitingCaller = (step: { readonly waitingNo: number | null; readonly stays: boolean }) =>
        step.waitingNo === null || !step.stays
          ? undefined
          : [...waiting.values()][step.waitingNo % Math.max(1, waiting.size)];
      const pick = (n: number): ConnectionId | undefined => [...held.keys()][n % Math.max(1, held.size)];
      for (const step of moves) {
        if (step.do === 'pass') driver.nowMs += step.ms;
        else if (step.do === 'call') {
          const caller = waitingCaller(step) ?? driver.caller(step.address, step.hello);
          const { id, address, hello } = caller;
          const verdict = driver.callAgain(caller);
          if (verdict.type === 'wait' && step.stays) waiting.set(id, caller);
          else waiting.delete(id);
          if (verdict.type === 'wait' && !step.stays) driver.left(id);
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
            driver.left(id);
            held.delete(id);
          } else if (step.do === 'prove') {
            // A foreign program is never a contact.
            const isContact = step.isContact && !one.isForeign;
            driver.admission.authenticated(id, isContact, 'session', driver.nowMs);
            held.set(id, { ...one, proved: true, isContact });
          } else if (!one.proved && step.hello) {
            const isForeign = step.hello.type === 'foreign';
            if (driver.admission.spoke(id, step.hello, driver.nowMs).type === 'refuse') held.delete(id);
            else held.set(id, { ...one, isForeign });
          }
        }
        assert.equal(driver.admission.taken, held.size);
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
