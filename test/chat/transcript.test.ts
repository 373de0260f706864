import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { textContent, type Entry } from '../../src/chat/delivery/entry.js';
import type { MessageEvent } from '../../src/chat/events.js';
import { peerIdOf } from '../../src/chat/people/identity.js';
import { formatOldLine, isoTime, messageEventOf, oldLineOf } from '../../src/chat/delivery/transcript.js';
import { parseOldLine } from '../support/old-line.js';
import { directConversation, messageIdFromBytes, parsePeerId } from '../../src/ids.js';
import { holds } from '../support/seeds.js';
import { codePoint } from '../support/code-points.js';

const peerId = peerIdOf(new Uint8Array(32));
const line: Entry = {
  seq: 17,
  id: messageIdFromBytes(new Uint8Array(16)),
  direction: 'in',
  peerId,
  peer: 'bob',
  conversation: directConversation(peerId),
  content: textContent('hello'),
  sentAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  receivedAtMs: Date.UTC(2026, 0, 2, 3, 4, 6, 7),
  dialect: 'native',
  encryption: 'noise',
  verified: true,
  state: 'delivered',
};
function shown(entry: Entry): MessageEvent {
  const event = messageEventOf(entry);
  assert.ok(event !== null);
  return event;
}
const oldLine = (stored: Entry): string => oldLineOf(shown(stored), () => '10.0.0.7');
const texts = fc.oneof(
  fc.string({ unit: codePoint }),
  fc.string({
    unit: fc.constantFrom('\\', 'n', 'r', 'u', '0', '\n', '\r', ' ', '-', '\u2028', '\x1b', '\ud800'),
  }),
);

test('an event has the fields of the contract, times in UTC, and a state only when it went out', () => {
  assert.deepEqual(messageEventOf(line), {
    type: 'message',
    seq: 17,
    id: '00000000-0000-0000-0000-000000000000',
    direction: 'in',
    peer: 'bob',
    peerId,
    conversation: `dm:${peerId}`,
    text: 'hello',
    sentAt: '2026-01-02T03:04:05.006Z',
    receivedAt: '2026-01-02T03:04:06.007Z',
    dialect: 'native',
    encryption: 'noise',
    verified: true,
  });
  assert.equal(shown({ ...line, direction: 'out', state: 'queued' }).state, 'queued');
});

test('an entry that is not a message gives no event', () => {
  const target = line.id;
  assert.equal(messageEventOf({ ...line, content: { type: 'delete', target } }), null);
  const unknown = { type: 'unknown', kind: 99, body: new Uint8Array(3) } as const;
  assert.equal(messageEventOf({ ...line, content: unknown }), null);
});

test('any time a peer may claim has a form', () => {
  assert.equal(isoTime(Number.NaN), '1970-01-01T00:00:00.000Z');
  assert.equal(isoTime(-5), '1970-01-01T00:00:00.000Z');
  assert.equal(isoTime(Number.MAX_SAFE_INTEGER), '9999-12-31T23:59:59.999Z');
});

test('the old format says when in local time, from where, who, which way and what', () => {
  const before = process.env['TZ'];
  process.env['TZ'] = 'Asia/Tokyo';
  try {
    assert.equal(oldLine(line), '2026-01-02 12:04:06 - 10.0.0.7 - bob - RECEIVED - hello');
    const out = {
      ...line,
      direction: 'out' as const,
      content: textContent('a\r\nb \\ C:\\temp C:\\new \x1b[31m'),
    };
    assert.equal(
      oldLine(out),
      '2026-01-02 12:04:06 - 10.0.0.7 - bob - SENT - a\\r\\nb \\ C:\\temp C:\\\\new \\u001b[31m',
    );
  } finally {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  }
});

test('the peer of an older program is at the address in its id', () => {
  const foreign = parsePeerId('synergy://192.168.1.9:8080')._unsafeUnwrap();
  assert.match(oldLine({ ...line, peerId: foreign }), / - 192\.168\.1\.9 - bob - /);
});

test('one message is one line of the old format, and reads back as it was', (t) => {
  const name = fc.string({ unit: 'grapheme', maxLength: 20 });
  holds(
    t,
    fc.property(texts, name, fc.boolean(), (text, name, isOut) => {
      const direction = isOut ? 'out' : 'in';
      const written = formatOldLine({ atMs: 1_767_323_046_000, address: '10.0.0.7', name, direction, text });
      assert.doesNotMatch(written, /[\x00-\x08\x0A-\x1f\x7f-\x9f\u2028\u2029\p{Cs}]/u);
      const read = parseOldLine(written)._unsafeUnwrap();
      assert.deepEqual(
        [read.atMs, read.address, read.direction, read.text],
        [1_767_323_046_000, '10.0.0.7', direction, text],
      );
      if (!name.includes(' -')) assert.equal(read.name, name);
    }),
    { numRuns: 600 },
  );
  for (const other of ['', 'hello', '2026-01-02 12:04:06 - 10.0.0.7 - bob - LOST - x']) {
    assert.ok(parseOldLine(other).isErr());
  }
});
