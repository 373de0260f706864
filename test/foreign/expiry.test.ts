/** How long synergy tries: the time of a message starts again whenever its peer takes something. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RouteReport } from '../../src/chat/routes/route.js';
import { expire } from '../../src/chat/foreign/commands.js';
import { dialFailed } from '../../src/chat/foreign/connections.js';
import { allowed } from '../../src/chat/foreign/peers.js';
import { sayEntries, sent } from '../../src/chat/foreign/sending.js';
import { dialled } from '../../src/chat/foreign/connections.js';
import { textContent, type Entry } from '../../src/chat/delivery/entry.js';
import { foreignPeerId } from '../../src/chat/people/name.js';
import { People } from '../../src/chat/people/people.js';
import { directConversation, messageIdFromBytes, type ConnectionId, type PeerId } from '../../src/ids.js';
import { foreignState, openTurn, ownPeerId, type RecordedTurn } from '../support/core-parts.js';

const entry = (peerId: PeerId, seq: number): Entry => ({
  id: messageIdFromBytes(new Uint8Array(16).fill(seq)),
  seq,
  direction: 'out',
  peerId,
  peer: 'sue',
  conversation: directConversation(peerId),
  content: textContent(`text ${seq}`),
  sentAtMs: 0,
  receivedAtMs: 0,
  dialect: 'synergy',
  encryption: 'none',
  verified: false,
  state: 'queued',
});

const dialOf = ({ effects }: RecordedTurn): ConnectionId => {
  const dial = effects.find((effect) => effect.to === 'transport' && effect.say === 'dial');
  return dial?.to === 'transport' && dial.say === 'dial' ? dial.connectionId : assert.fail('no dial');
};
const failedIds = (reports: readonly RouteReport[]): number =>
  reports.reduce((count, report) => count + (report.type === 'refused' ? report.ids.length : 0), 0);

function openCase() {
  const state = foreignState(new People(ownPeerId));
  const peerId = foreignPeerId('synergy', '127.0.0.2', 7_000) ?? assert.fail('no peer');
  const entries = [1, 2, 3].map((seq) => entry(peerId, seq));
  const turn = openTurn(0);
  sayEntries(state, peerId, entries, turn);
  const ids = entries.map(({ id }) => id);
  return { state, peerId, ids, connectionId: dialOf(turn) };
}

test('messages behind one that was taken do not fail with one connection that fails', () => {
  const { state, peerId, ids, connectionId } = openCase();
  // The first one is taken late.
  const taken = openTurn(19_000);
  assert.ok(dialled(state, connectionId, taken));
  const said = taken.effects.find((effect) => effect.to === 'foreign' && effect.say === 'utter');
  assert.ok(said?.to === 'foreign' && said.say === 'utter');
  assert.deepEqual(
    sent(state, said.sessionId, said.token, taken).map(({ type }) => type),
    ['confirmed'],
  );
  // The next connection fails, and then their time is looked at.
  const peer = allowed(state, peerId, taken)._unsafeUnwrap();
  peer.work = null;
  peer.unmarked.clear();
  sayEntries(state, peerId, [], taken);
  const failed = openTurn(19_500);
  const reason = { code: 'transport/dial-failed', address: '127.0.0.2', port: 7_000, reason: 'no' } as const;
  const reports = dialFailed(state, dialOf({ ...taken, effects: taken.effects.slice(1) }), reason, failed);
  assert.deepEqual(
    reports?.map(({ type }) => type),
    ['way-failed'],
  );
  const looked = openTurn(20_000);
  assert.equal(failedIds(expire(state, peerId, ids, looked)), 0);
  const again = looked.effects.find((effect) => effect.to === 'self');
  assert.ok(again?.to === 'self');
  assert.equal(again.afterMs, 19_000);
  // Nothing was taken since.
  assert.equal(failedIds(expire(state, peerId, ids, openTurn(39_000))), 2);
});

test('a message whose connection stands when its time is over is not called failed', () => {
  const { state, peerId, ids, connectionId } = openCase();
  assert.ok(dialled(state, connectionId, openTurn(19_990)));
  assert.equal(failedIds(expire(state, peerId, ids, openTurn(20_000))), 0);
});

test('messages for a peer that took nothing for 20 s fail with the reason', () => {
  const { state, peerId, ids, connectionId } = openCase();
  const reason = { code: 'transport/dial-failed', address: '127.0.0.2', port: 7_000, reason: 'no' } as const;
  dialFailed(state, connectionId, reason, openTurn(100));
  const [report] = expire(state, peerId, ids, openTurn(20_000));
  assert.ok(report?.type === 'refused');
  assert.deepEqual(report.ids, ids);
  assert.equal(report.reason, '127.0.0.2:7000 could not be reached (no)');
});
