/** The order of messages of one program over several connections, while a thread of this node is slow. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accepted } from '../../src/chat/foreign/connections.js';
import { heard, reading, releaseDue } from '../../src/chat/foreign/hearing.js';
import { foreignRoutes as limits } from '../../src/chat/foreign/limits.js';
import type { HeardWords } from '../../src/chat/foreign/state.js';
import { wordsOf } from '../../src/chat/delivery/entry.js';
import { People } from '../../src/chat/people/people.js';
import type { RouteReport } from '../../src/chat/routes/route.js';
import type { SessionId } from '../../src/ids.js';
import { foreignState, openTurn, ownPeerId } from '../support/core-parts.js';
import { connection, messageId } from '../support/core-scene.js';

const said = (text: string): HeardWords => ({
  id: messageId(text.length),
  utterance: { type: 'text', id: null, sentAtMs: 0, text },
  speaker: { name: 'blue', listeningPort: 7_070, form: null },
  encryption: 'none',
});

const textsOf = (reports: readonly RouteReport[]): readonly unknown[] =>
  reports.flatMap((report) =>
    report.type === 'heard' ? report.entries.map(({ content }) => wordsOf(content)) : [],
  );

/** Two connections of one program whose threads run; the second one has brought its text. */
function twoConnections() {
  const state = foreignState(new People(ownPeerId));
  for (const [at, id] of ['in-1', 'in-2'].entries())
    accepted(state, connection(id), 'netech', { host: '10.0.0.7', port: 50_000 + at }, openTurn());
  for (const live of state.connections.values()) live.isRunning = true;
  const [first, second] = [...state.connections.keys()];
  assert.ok(first !== undefined && second !== undefined);
  const say = (sessionId: SessionId, text: string): readonly unknown[] =>
    textsOf(heard(state, sessionId, [said(text)], { callId: text.length }, openTurn()));
  reading(state, second);
  assert.deepEqual(say(second, 'second'), []);
  /** Lets the release timer fire this often. Returns the texts that are shown. */
  const wait = (times: number): readonly unknown[] =>
    Array.from({ length: times }).flatMap(() => textsOf(releaseDue(state, openTurn())));
  return { say, wait, read: () => reading(state, first), first };
}

test('a text waits for an earlier connection of its program that no thread has read yet', () => {
  const { say, wait, read, first } = twoConnections();
  assert.deepEqual(wait(limits.orderUnreadReleasesMax - 1), []);
  read();
  assert.deepEqual(wait(limits.orderReleasesMax - 1), []);
  assert.deepEqual([...say(first, 'first'), ...wait(limits.orderReleasesMax)], ['first', 'second']);
});

test('a connection that was read and says nothing holds up later texts for a second only', () => {
  const { wait, read } = twoConnections();
  read();
  assert.deepEqual(wait(limits.orderReleasesMax - 1), []);
  assert.deepEqual(wait(1), ['second']);
});

test('a connection that is never read holds up later texts for five seconds only', () => {
  assert.deepEqual(twoConnections().wait(limits.orderUnreadReleasesMax), ['second']);
});
