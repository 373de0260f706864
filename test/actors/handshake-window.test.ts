/** A crowd at a machine that is too slow for it, under virtual time. Case N14. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admission as limits } from '../../src/admission/limits.js';
import { HandshakeBudget } from '../../src/admission/budget.js';
import { OpeningMeter } from '../../src/admission/opening-meter.js';
import { HandshakeWindow } from '../../src/admission/handshake-window.js';
import { wireV1 } from '../../src/wire/limits.js';
import type { Hello } from '../../src/admission/first-bytes.js';
import type { ConnectionId } from '../../src/ids.js';
import { AdmissionDriver, fullHello, resumeHello, ticketIdHex } from '../support/admission-driver.js';
import { dice, runSeed } from '../support/seeds.js';

const stepMs = 10;
const lastsMs = 60_000;

/** Peers that call until they are served once. `isMeasured` false: the machine never tells how long it took. */
function crowd({ workMs, isMeasured }: { readonly workMs: number; readonly isMeasured: boolean }) {
  const driver = new AdmissionDriver();
  const roll = dice(runSeed);
  const peers = Array.from({ length: 100 }, (_, n) => ({ address: `10.0.${n}.1`, callsAtMs: roll(2_000) }));
  const jobs = new Map<ConnectionId, { leftMs: number; readonly peer: (typeof peers)[number] }>();
  const tally = { served: 0, begun: 0, mostAtOnce: 0 };
  const startMs = driver.nowMs;
  for (; driver.nowMs - startMs < lastsMs; driver.nowMs += stepMs) {
    const nowMs = driver.nowMs - startMs;
    for (const { id } of driver.admission.due(driver.nowMs)) {
      driver.left(id);
      jobs.delete(id);
    }
    for (const peer of peers) {
      if (peer.callsAtMs > nowMs) continue;
      peer.callsAtMs = nowMs + 1_000 + roll(1_000);
      const { id, verdict } = driver.call(peer.address, fullHello);
      if (verdict.type !== 'serve') continue;
      if (verdict.evict !== null) jobs.delete(verdict.evict);
      jobs.set(id, { leftMs: workMs, peer });
      if (isMeasured) driver.admission.opened(id, driver.nowMs);
      tally.begun += 1;
      tally.mostAtOnce = Math.max(tally.mostAtOnce, jobs.size);
    }
    // One processor, shared by all that run.
    for (const [id, job] of jobs) {
      job.leftMs -= stepMs / jobs.size;
      if (job.leftMs > 0) continue;
      jobs.delete(id);
      if (isMeasured) driver.admission.answered(id, driver.nowMs);
      driver.left(id);
      tally.served += 1;
    }
  }
  return tally;
}

// Case N14
test('a crowd at a slow machine is served at nearly the pace of the machine', (t) => {
  const workMs = 900;
  const paced = crowd({ workMs, isMeasured: true });
  const unpaced = crowd({ workMs, isMeasured: false });
  const possible = lastsMs / workMs;
  t.diagnostic(
    `of ${possible.toFixed(0)} handshakes that fit: ${paced.served} of ${paced.begun} begun, unpaced ${unpaced.served} of ${unpaced.begun}`,
  );
  assert.ok(paced.served > possible * 0.6, `${paced.served} served`);
  assert.ok(paced.begun < paced.served * 1.5 + 10, `${paced.begun} begun`);
  assert.ok(unpaced.served < possible * 0.3, 'teeth: without the measure the crowd collapses');
});

// Case N14
test('a quick machine works on as many handshakes as there are slots for strangers', () => {
  const { served, mostAtOnce } = crowd({ workMs: 40, isMeasured: true });
  assert.ok(served > 1_000, `${served} served`);
  assert.ok(mostAtOnce >= 3, `${mostAtOnce} at once`);
});

// Case N14
test('late answers narrow the window to one, quick ones and idleness widen it again', () => {
  const window = new HandshakeWindow(5);
  const width = (nowMs: number): number =>
    [1, 2, 3, 4, 5].filter((pending) => window.isOpen(pending - 1, 'stranger', nowMs)).length;
  assert.equal(width(0), 5);
  for (const nowMs of [2_000, 4_000, 6_000]) window.answered(limits.answerSlowMs + 1, nowMs);
  assert.equal(width(6_000), 1);
  assert.ok(window.isOpen(1, 'known', 6_000), 'a contact has one of its own');
  assert.ok(window.restMs() <= wireV1.handshakeDeadlineMs);
  for (let n = 0; n < 20; n += 1) window.answered(limits.answerQuickMs - 1, 6_000 + n);
  assert.equal(width(6_020), 5);
  for (const nowMs of [8_000, 10_000, 12_000]) window.answered(limits.answerSlowMs + 1, nowMs);
  // Handshakes that ran side by side are late together.
  window.answered(limits.answerSlowMs + 1, 12_001);
  assert.equal(width(12_001), 1);
  assert.equal(width(12_002 + limits.answerMemoryMs), 5);
});

// Case N14
test('callers that send half a message neither narrow the window nor keep their slots', () => {
  const driver = new AdmissionDriver();
  const stalled = [1, 2, 3, 4].map((n) => driver.call(`10.0.0.${n}`, fullHello));
  assert.ok(stalled.every(({ verdict }) => verdict.type === 'serve'));
  driver.nowMs += limits.speakingProtectedMs;
  const { id, verdict } = driver.call('10.0.0.5', fullHello);
  assert.deepEqual(verdict, { type: 'serve', evict: stalled[0]?.id });
  driver.admission.opened(id, driver.nowMs);
  driver.nowMs += limits.speakingProtectedMs;
  const [second, third, fourth] = stalled.slice(1);
  for (const late of [second, third, fourth])
    assert.deepEqual(driver.call(`10.0.1.${driver.serial}`, fullHello).verdict, {
      type: 'serve',
      evict: late?.id,
    });
  assert.equal(
    driver.call('10.0.2.1', fullHello).verdict.type,
    'wait',
    'a handshake in work is not given up',
  );
});

// Case N14
test('the first message of a caller is whole with its last byte, however it is cut', () => {
  const fullHello = Uint8Array.from([0x50, 0x41, 0x52, 0x4c, 1, 0, 0, 3, 9, 9, 9]);
  const resumeHello = Uint8Array.from([
    0x50,
    0x41,
    0x52,
    0x4c,
    1,
    1,
    ...new Uint8Array(16),
    1,
    0,
    ...new Uint8Array(256),
  ]);
  for (const opening of [fullHello, resumeHello])
    for (const pieceBytes of [1, 2, 7, opening.byteLength, opening.byteLength - 1]) {
      const meter = new OpeningMeter();
      const whole: number[] = [];
      for (let at = 0; at < opening.byteLength; at += pieceBytes)
        if (meter.take(opening.subarray(at, at + pieceBytes))) whole.push(at + pieceBytes);
      assert.equal(whole.length, 1, `pieces of ${pieceBytes}`);
      assert.ok((whole[0] ?? 0) >= opening.byteLength);
      assert.equal(meter.take(opening), false, 'once');
    }
});

/** The reason for which a caller loses its slot at the deadline of its handshake. */
function endOfSlow({ openedMs, answeredMs }: { openedMs: number | null; answeredMs: number | null }): string {
  const driver = new AdmissionDriver();
  const { id } = driver.call('10.0.0.1', fullHello);
  const startMs = driver.nowMs;
  if (openedMs !== null) driver.admission.opened(id, startMs + openedMs);
  if (answeredMs !== null) driver.admission.answered(id, startMs + answeredMs);
  const [due] = driver.admission.due(startMs + wireV1.handshakeDeadlineMs);
  return due?.reason ?? '';
}

// Case N8
test('a caller that this machine answered late, or never, is not penalised', () => {
  const late = wireV1.handshakeDeadlineMs;
  assert.equal(endOfSlow({ openedMs: 5, answeredMs: 2_400 }), 'own-delay');
  assert.equal(endOfSlow({ openedMs: 5, answeredMs: null }), 'own-delay');
  assert.equal(endOfSlow({ openedMs: 5, answeredMs: 20 }), 'deadline', 'the caller sent no further message');
  assert.equal(endOfSlow({ openedMs: null, answeredMs: null }), 'deadline', 'the caller sent nothing');
  assert.equal(
    endOfSlow({ openedMs: late - 50, answeredMs: null }),
    'deadline',
    'the caller sent its message late',
  );
});

/** Answers ten handshakes in this time each; returns the window, and the time of the last one. */
function answering(tookMs: number): { readonly window: HandshakeWindow; readonly nowMs: number } {
  const window = new HandshakeWindow(limits.connectionsMax);
  for (let at = 1; at <= 10; at += 1) window.answered(tookMs, at * tookMs);
  return { window, nowMs: 10 * tookMs };
}

test('the budget of handshakes grows while answers are quick, and only then', () => {
  assert.equal(new HandshakeWindow(limits.connectionsMax).speed(0), 1, 'nothing is measured');
  const quick = answering(10);
  assert.equal(quick.window.speed(quick.nowMs), limits.handshakesSpeedMost);
  assert.equal(quick.window.speed(quick.nowMs + limits.answerMemoryMs + 1), 1, 'the measure is old');
  const half = answering(limits.answerIdleMs / 2);
  const between = half.window.speed(half.nowMs);
  assert.ok(between > 1 && between < limits.handshakesSpeedMost, String(between));
  const slow = answering(limits.answerSlowMs);
  assert.equal(slow.window.speed(slow.nowMs), 1);

  for (const speed of [1, limits.handshakesSpeedMost]) {
    const budget = new HandshakeBudget(0);
    const served = (nowMs: number): number => {
      let count = 0;
      for (let n = 0; n < 400; n += 1) {
        if (budget.stateOf(`10.1.${n}.1`, 'stranger', nowMs, speed) !== 'there') break;
        budget.take(`10.1.${n}.1`, 'stranger', nowMs);
        count += 1;
      }
      return count;
    };
    assert.equal(served(0), limits.handshakesBurst - limits.handshakesReserved, 'the burst is as before');
    const perSecond = limits.handshakesPerSecond * speed;
    let inTenSeconds = 0;
    for (let at = 1; at <= 100; at += 1) inTenSeconds += served(at * 100);
    assert.ok(Math.abs(inTenSeconds - 10 * perSecond) <= 1, `${inTenSeconds} at speed ${speed}`);
  }
});

/** The number of handshakes that strangers may begin in half a second after quick answers to such first messages. */
function begunAfter(hello: Hello, isSilentFirst: boolean, knownTickets: readonly string[]): number {
  const driver = new AdmissionDriver();
  driver.admission.know([], knownTickets);
  const begin = (first: Hello): boolean => {
    const { id, verdict } = driver.call(`10.0.${driver.serial}.1`, isSilentFirst ? null : first);
    const isServed =
      verdict.type === 'serve' &&
      (!isSilentFirst || driver.admission.spoke(id, first, driver.nowMs).type === 'serve');
    if (isServed && first === hello) {
      driver.admission.opened(id, driver.nowMs);
      driver.admission.answered(id, driver.nowMs + 1);
    }
    driver.left(id);
    return isServed;
  };
  for (let at = 0; at < 20; at += 1) assert.ok(begin(hello));
  const other: Hello = { type: 'full' };
  while (begin(other));
  driver.nowMs += 500;
  let begun = 0;
  while (begin(other)) begun += 1;
  return begun;
}

// Case N14
test('refused tickets, which are answered in no time, do not raise the budget of handshakes', () => {
  const plain = limits.handshakesPerSecond / 2;
  for (const isSilentFirst of [false, true]) {
    assert.equal(begunAfter(resumeHello, isSilentFirst, []), plain);
    assert.equal(begunAfter(fullHello, isSilentFirst, []), limits.handshakesSpeedMost * plain);
    assert.equal(begunAfter(resumeHello, isSilentFirst, [ticketIdHex]), limits.handshakesSpeedMost * plain);
  }
});
