/**
 * The texts that may be written to a program of cse310 that takes strict turns, and when a message begins with a line
 * end.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ForeignRole, Pacing } from '../../src/dialects/dialect.js';
import { openTurns } from '../../src/dialects/cse310/turns.js';
import { turns as limits } from '../../src/dialects/cse310/limits.js';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Each write goes a while after the one before it. */
function openClock(role: ForeignRole) {
  const pacing: Pacing = openTurns(role);
  let nowMs = 10_000;
  return {
    pacing,
    pass: (ms: number): void => {
      nowMs += ms;
    },
    /** Returns what is written; null: it has to wait. */
    say: (text: string): string | null => {
      nowMs += 70;
      const { bytes } = pacing.take(bytesOf(text), nowMs);
      return bytes === null ? null : new TextDecoder().decode(bytes);
    },
    hear: (afterMs = 2_000): void => {
      nowMs += afterMs;
      pacing.heard(nowMs);
    },
    retryAfterMs: (text: string): number | null => {
      const taken = pacing.take(bytesOf(text), nowMs);
      return taken.bytes === null ? taken.retryAfterMs : assert.fail('nothing had to wait');
    },
  };
}

// Case O3
test('a message begins with a line end where the one before it may be unread, and nowhere else', () => {
  const { say, hear } = openClock('accept');
  hear();
  assert.deepEqual(['Pat: 1', 'Pat: 2', 'Pat: 3'].map(say), ['Pat: 1', '\nPat: 2', '\nPat: 3']);
  hear();
  // All of it was read by then.
  assert.deepEqual(['Pat: 4', 'Pat: 5'].map(say), ['Pat: 4', '\nPat: 5']);
});

// Case O3
test('a program that answers at once gets no line end, however fast it is', () => {
  for (const role of ['accept', 'dial'] as const) {
    const { say, hear } = openClock(role);
    if (role === 'accept') hear();
    for (let turn = 0; turn < 20; turn += 1) {
      assert.equal(say(`Pat: ${turn}`), `Pat: ${turn}`);
      hear(5);
    }
  }
});

// Case O3
test('a message counts as unread that may come behind the read of a program that just spoke', () => {
  const { say, hear } = openClock('accept');
  hear();
  assert.equal(say('Pat: 1'), 'Pat: 1');
  hear();
  // It reads now; both of these may come behind that read.
  assert.deepEqual(['Pat: 2', 'Pat: 3', 'Pat: 4'].map(say), ['Pat: 2', '\nPat: 3', '\nPat: 4']);
  hear(5);
  assert.equal(say('Pat: 5'), '\nPat: 5');
  hear(limits.inFlightMs * 2);
  assert.equal(say('Pat: 6'), 'Pat: 6');
});

// Case O3
test('at most one read of 1,024 bytes lies there, and the rest waits until the program speaks', () => {
  const { say, hear, retryAfterMs } = openClock('accept');
  const line = `Pat: ${'ğ'.repeat(100)}`;
  let bytes = 0;
  for (let words = say(line); words !== null; words = say(line)) bytes += bytesOf(words).length;
  assert.ok(bytes <= 1_024 && bytes + bytesOf(line).length + 1 > 1_024, `${bytes} bytes`);
  assert.equal(retryAfterMs(line), null);
  hear();
  assert.equal(say(line), line);
});

// Case O3
test('a program that speaks twice without a word of ours takes no turns and is waited for 10 s', () => {
  const { say, hear, pass, retryAfterMs } = openClock('accept');
  hear();
  hear();
  const line = `Pat: ${'x'.repeat(1_000)}`;
  assert.equal(say(line), line);
  assert.equal(say(line), null);
  assert.equal(retryAfterMs(line), limits.patienceMs);
  pass(limits.patienceMs);
  assert.equal(say(line), line);
});

test('pieces of one message count as one message', () => {
  const { say, hear, retryAfterMs } = openClock('accept');
  hear();
  hear(20);
  hear(20);
  const line = `Pat: ${'x'.repeat(1_000)}`;
  assert.equal(say(line), line);
  assert.equal(say(line), null);
  assert.equal(retryAfterMs(line), null);
});

test('a command stands at the beginning of its read where it can', () => {
  const farewell = '/disconnectPat disconnected from the chat.';
  const { say, hear } = openClock('accept');
  hear();
  assert.deepEqual(['Pat: 1', farewell].map(say), ['Pat: 1', farewell]);
  hear();
  assert.deepEqual(['Pat: 2', 'Pat: 3', farewell].map(say), ['Pat: 2', '\nPat: 3', `\n${farewell}`]);
});
