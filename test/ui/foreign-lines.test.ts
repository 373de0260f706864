/** Lines about foreign programs that a user reads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createColors } from 'picocolors';
import type { MessageEvent, NoticeEvent, PeerEvent } from '../../src/index.js';
import { messageLine, noticeLine, peerLine } from '../../src/ui/cli/screen/present.js';

const colors = createColors(false);
const peer = { peer: 'Pat', peerId: 'cse310://10.0.0.7', dialect: 'cse310' } as const;
const message: MessageEvent = {
  ...peer,
  type: 'message',
  seq: 1,
  id: '01a22d4d-56d2-7c6a-b21f-72e3af88311c',
  direction: 'in',
  conversation: 'dm:cse310://10.0.0.7',
  text: '',
  sentAt: '2026-11-30T12:00:00.000Z',
  receivedAt: '2026-11-30T12:00:00.000Z',
  encryption: 'none',
  verified: false,
};

const notice = (kind: NoticeEvent['notice'], text: string): string =>
  noticeLine({ type: 'notice', ...peer, notice: kind, text }, colors);

// Case O10
test('an empty message is shown as one, and a text as it is', () => {
  assert.match(messageLine(message, colors), /Pat.*: \(empty message\)/);
  assert.match(messageLine({ ...message, text: 'hi' }, colors), /Pat.*: hi/);
});

test('a part of a line that is empty has no colour codes', () => {
  const line = messageLine({ ...message, text: 'hi' }, createColors(true));
  assert.doesNotMatch(line, /\x1b\[\d+m\x1b\[(?:22|39)m/);
});

// Cases O5, O10
test('a user reads that it is their turn, and who was cut off', () => {
  assert.match(notice('your-turn', ''), /turn/);
  assert.match(notice('cut-off', 'somebody at 10.0.0.7 was cut off'), /somebody at 10\.0\.0\.7 was cut off/);
});

test('a peer whose last sign of life is unknown has none in its line', () => {
  const row: PeerEvent = {
    type: 'peer',
    state: 'offline',
    name: 'Pat',
    id: peer.peerId,
    tag: 'vuv5',
    address: '10.0.0.7',
    port: 65_500,
    dialect: 'cse310',
    verified: false,
    lastSeen: new Date(0).toISOString(),
    unread: 1,
  };
  assert.doesNotMatch(peerLine(row, colors), /last seen/);
  assert.match(peerLine({ ...row, lastSeen: message.sentAt }, colors), /last seen/);
});
