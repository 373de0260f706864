import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageIdFromBytes } from '../../src/ids.js';
import type { Utterance } from '../../src/dialects/dialect.js';
import { connect, isUp, makeNode, makePair, resume, settle } from '../support/session-pair.js';
import { anyBytes } from '../support/seeds.js';

const text = (words: string): Utterance => ({
  type: 'text',
  id: messageIdFromBytes(anyBytes(16)),
  sentAtMs: 1_800_000_000_123,
  text: words,
});

test('a full handshake proves each side to the other and carries words both ways', () => {
  const [a, b] = [makeNode(), makeNode()];
  const pair = connect(a, b, { expectedIdKey: b.idKey });
  assert.ok(isUp(pair));
  assert.equal(pair.initiator.resumed, false);
  const peers = [pair.initiator, pair.responder].map((side) =>
    side.outputs.flatMap((output) => (output.type === 'up' ? [output.peer] : [])),
  );
  assert.deepEqual(peers[0]?.[0]?.idKey, b.idKey);
  assert.deepEqual(peers[1]?.[0]?.idKey, a.idKey);
  assert.deepEqual(peers[1]?.[0]?.staticPublic, a.local.staticPublic);
  const words = [text('hello'), text(''), text('ünïcode 🎈'), text('x'.repeat(65_536))];
  pair.initiator.take(pair.initiator.session.say(words, 1));
  pair.responder.take(pair.responder.session.say(words.toReversed(), 1));
  settle(pair);
  assert.deepEqual(pair.responder.said, words);
  assert.deepEqual(pair.initiator.said, words.toReversed());
});

test('a parked session is resumed in one round trip, with new tickets each time', () => {
  const [a, b] = [makeNode(), makeNode()];
  connect(a, b);
  const seen = new Set<string>();
  for (let i = 0; i < 6; i += 1) {
    // Both sides dial in turn: each direction has its own ticket.
    const pair = i % 2 === 0 ? resume(a, b) : resume(b, a);
    assert.ok(isUp(pair));
    assert.equal(pair.initiator.resumed, true);
    assert.equal(pair.responder.resumed, true);
    for (const id of [...a.book.ticketIds(), ...b.book.ticketIds()]) {
      assert.ok(!seen.has(id));
      seen.add(id);
    }
    pair.responder.take(pair.responder.session.say([text('again')], 1));
    settle(pair);
    assert.equal(pair.initiator.said.length, 1);
  }
});

test('an unknown ticket leads to a full handshake on the same connection', () => {
  const [a, b] = [makeNode(), makeNode()];
  connect(a, b);
  b.book.forget(a.idKey);
  const pair = resume(a, b);
  assert.ok(isUp(pair));
  assert.equal(pair.initiator.resumed, false);
  assert.equal(pair.responder.resumed, false);
});

test('bytes fed one by one mean the same as bytes fed whole', () => {
  const [a, b] = [makeNode(), makeNode()];
  for (const isResume of [false, true, true]) {
    const pair = makePair(a, b, { resumption: isResume ? a.book.dial(b.idKey, 1_800_000_000_000) : null });
    pair.initiator.take(pair.initiator.session.start());
    const said = [text('one'), text('x'.repeat(40_000)), text('three')];
    for (let round = 0; round < 8; round += 1) {
      if (round === 6) pair.initiator.take(pair.initiator.session.say(said, 1));
      for (const byte of pair.initiator.flush()) pair.responder.receive(Uint8Array.of(byte));
      for (const byte of pair.responder.flush()) pair.initiator.receive(Uint8Array.of(byte));
    }
    assert.ok(isUp(pair));
    assert.equal(pair.initiator.resumed, isResume);
    assert.deepEqual(pair.responder.said, said);
  }
});
