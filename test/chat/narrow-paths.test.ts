/** Which ends of a session make a path suspect: those with enough bytes that the peer never confirmed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textContent } from '../../src/chat/delivery/entry.js';
import { narrowPaths as limits } from '../../src/chat/routes/limits.js';
import type { LiveSession } from '../../src/chat/routes/live-session.js';
import { noteConfirmed, NarrowPaths, noteSent } from '../../src/chat/routes/narrow-paths.js';
import { SessionTable } from '../../src/chat/routes/session-table.js';
import { openTurn } from '../support/core-parts.js';
import { connection, messageId, scenePeer } from '../support/core-scene.js';

const { peerId, host } = scenePeer(1);
const sessions = new SessionTable();
const newSession = (): LiveSession => {
  const address = { host, port: 6_000 };
  const live = sessions.start({
    connectionId: connection('o-1'),
    direction: 'out',
    address,
    expected: peerId,
  });
  live.peerId = peerId;
  return live;
};
const entry = (number: number, bytes: number) => ({
  id: messageId(number),
  content: textContent('a'.repeat(bytes)),
});

/** Whether the next session with the peer finds the path narrow, after this one ends long after its last receipt. */
function isNarrowAfter(live: LiveSession): boolean {
  const paths = new NarrowPaths();
  const endMs = live.unansweredSinceMs + limits.suspectAfterMs;
  paths.ended(live, endMs);
  return paths.up(newSession(), peerId, openTurn(endMs + 1));
}

// Case N10
test('a large message without a receipt makes the path narrow, and so do small ones together', () => {
  const one = newSession();
  noteSent(one, [entry(1, limits.suspectBytes)], 1_000);
  assert.ok(isNarrowAfter(one));
  const several = newSession();
  noteSent(several, [entry(1, limits.suspectBytes / 2), entry(2, limits.suspectBytes / 2)], 1_000);
  assert.ok(isNarrowAfter(several));
});

// Case N10
test('messages that the peer confirmed never make the path narrow, whatever follows them', () => {
  const live = newSession();
  noteSent(live, [entry(1, 60_000)], 1_000);
  noteSent(live, [entry(2, limits.suspectBytes - 1)], 1_010);
  noteConfirmed(live, [messageId(1)], 1_020);
  assert.equal(live.unansweredSinceMs, 1_020);
  assert.ok(!isNarrowAfter(live));
  // A busy session: something is always on its way.
  const busy = newSession();
  for (let number = 1; number <= 100; number += 1) {
    noteSent(busy, [entry(number, 50)], number * 10);
    if (number > 1) noteConfirmed(busy, [messageId(number - 1)], number * 10 + 5);
  }
  assert.ok(!isNarrowAfter(busy));
});

// Case N10
test('a message that goes out again counts once, and its receipt takes it off', () => {
  const live = newSession();
  for (let time = 1; time <= 4; time += 1) noteSent(live, [entry(1, limits.suspectBytes / 2)], time * 1_000);
  assert.equal(live.unansweredSinceMs, 1_000);
  assert.ok(!isNarrowAfter(live));
  noteSent(live, [entry(2, limits.suspectBytes / 2)], 5_000);
  assert.ok(isNarrowAfter(live));
  noteConfirmed(live, [messageId(2)], 6_000);
  assert.ok(!isNarrowAfter(live));
});
