/** Closing, signs of life, age, and what is due when. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { session as limits, sessionV1 } from '../../src/session/limits.js';
import type { CloseReason } from '../../src/session/contract.js';
import { Established } from '../../src/session/established.js';
import type { Aead } from '../../src/session/noise/cipher.js';
import { RecordOpener, RecordSealer } from '../../src/session/records.js';
import { newMessageId } from '../../src/node/message-id.js';
import { isKeptDial } from '../../src/chat/routes/session-table.js';
import { connect, isUp, makeNode, resume, settle, wallClockMs } from '../support/session-pair.js';

test('a close tells its reason, ends both sides and is idempotent', () => {
  for (const reason of ['park', 'rekey', 'dup', 'shutdown', 'downgrade'] satisfies CloseReason[]) {
    const { initiator, responder } = connect(makeNode(), makeNode());
    initiator.take(initiator.session.close(reason));
    assert.deepEqual(initiator.session.close('park'), []);
    responder.receive(initiator.flush());
    assert.deepEqual(responder.outputs.at(-1), { type: 'closed', reason });
    assert.deepEqual(responder.session.say([{ type: 'receipt', ids: [] }], 1), []);
    assert.deepEqual(responder.session.close('park'), []);
    assert.deepEqual(responder.session.tick(1e9), []);
  }
});

test('a close before the session is up, and a destroy, say nothing', () => {
  const { initiator } = connect(makeNode(), makeNode(), {}, () => new Uint8Array(0));
  assert.deepEqual(initiator.session.close('shutdown'), []);
  const pair = connect(makeNode(), makeNode());
  pair.initiator.session.destroy();
  assert.deepEqual(pair.initiator.session.close('shutdown'), []);
});

test('silence is answered with one ping, the answer keeps the session, more silence ends it', () => {
  const { initiator, responder } = connect(makeNode(), makeNode());
  const { session } = initiator;
  assert.equal(session.needsTick(limits.pingAfterSilenceMs - 1), false);
  assert.deepEqual(session.tick(limits.pingAfterSilenceMs - 1), []);
  assert.equal(session.needsTick(limits.pingAfterSilenceMs), true);
  initiator.take(session.tick(limits.pingAfterSilenceMs));
  assert.equal(session.needsTick(limits.pingAfterSilenceMs + 1), false, 'the ping is on its way');
  assert.deepEqual(session.tick(limits.pingAfterSilenceMs + 1), [], 'one ping, not one per tick');
  initiator.nowMs = limits.pingAfterSilenceMs + 5;
  settle({ initiator, responder });
  const isOver = session.tick(limits.silenceMaxMs).some(({ type }) => type === 'failed');
  assert.equal(isOver, false, 'the pong was heard');
  const end = initiator.nowMs + limits.silenceMaxMs;
  session.tick(end - 1_000);
  assert.equal(session.needsTick(end), true);
  assert.deepEqual(session.tick(end), [{ type: 'failed', error: { code: 'session/deadline' } }]);
  assert.deepEqual(session.tick(end + 1), []);
});

test('a ping is answered by its own PONG, not by one that was on its way before', () => {
  const { initiator, responder } = connect(makeNode(), makeNode());
  const answers = (): number => initiator.outputs.filter(({ type }) => type === 'answered').length;
  initiator.take(initiator.session.tick(limits.pingAfterSilenceMs));
  responder.receive(initiator.flush());
  initiator.take(initiator.session.ping());
  initiator.receive(responder.flush());
  assert.equal(answers(), 0, 'this answers the PING after silence');
  responder.receive(initiator.flush());
  initiator.receive(responder.flush());
  assert.equal(answers(), 1);
  initiator.take(initiator.session.tick(2 * limits.pingAfterSilenceMs));
  settle({ initiator, responder });
  assert.equal(answers(), 1, 'nobody asked');
});

test('after an hour a resume is due, once; after a day the session ends', () => {
  const { initiator, responder } = connect(makeNode(), makeNode());
  const outputs: string[] = [];
  let failedAtMs = 0;
  for (let nowMs = 0; nowMs <= sessionV1.sessionAgeMaxMs && failedAtMs === 0; nowMs += 12_000) {
    initiator.nowMs = nowMs;
    responder.nowMs = nowMs;
    const isNeeded = initiator.session.needsTick(nowMs);
    const ticked = initiator.session.tick(nowMs);
    assert.equal(ticked.length > 0, isNeeded, `at ${nowMs} ms`);
    for (const output of ticked) {
      if (output.type === 'write') initiator.sent.push(output.bytes);
      else outputs.push(`${output.type} ${String(nowMs)}`);
      if (output.type === 'failed') failedAtMs = nowMs;
    }
    settle({ initiator, responder });
  }
  assert.deepEqual(outputs, [
    `due ${String(sessionV1.rekeySessionAfterMs)}`,
    `failed ${String(sessionV1.sessionAgeMaxMs)}`,
  ]);
});

/** Seals in no time: the test is about the count of what passes, and the cipher takes six seconds for a gibibyte. */
const free: Aead = {
  name: 'free',
  seal: (_key, _nonce, _ad, plaintext, target, at) => target.set(plaintext, at),
  open: (_key, _nonce, _ad, ciphertext) => ciphertext.subarray(0, -sessionV1.tagBytes),
};

test('after a gibibyte in both directions together a resume is due, once', () => {
  const session = new Established(
    {
      sealer: new RecordSealer(free, new Uint8Array(32)),
      opener: new RecordOpener(free, new Uint8Array(32)),
    },
    0,
  );
  const bytes = new Uint8Array(30_000);
  const words = { type: 'data', id: newMessageId(), chunk: 0, offset: 0, bytes } as const;
  const many = Array.from({ length: 128 }, () => words);
  const dueAt = sessionV1.rekeySessionAfterBytes;
  let passed = 0;
  while (passed < dueAt / 2) passed += session.sayBulk(many)._unsafeUnwrap().length;
  // A frame is its length in two bytes and its body.
  const body = session.sayBulk([words])._unsafeUnwrap().subarray(2);
  passed += 2 + body.length;
  while (passed + body.length < dueAt) {
    session.open(body, 0)._unsafeUnwrap();
    passed += body.length;
  }
  assert.deepEqual(session.tick(1)._unsafeUnwrap(), []);
  assert.equal(session.needsTick(1), false);
  session.open(body, 0)._unsafeUnwrap();
  assert.equal(session.needsTick(1), true);
  assert.deepEqual(session.tick(1)._unsafeUnwrap(), [{ type: 'due', reason: 'rekey' }]);
  assert.deepEqual(session.tick(1)._unsafeUnwrap(), []);
});

test('a ticket serves 64 resumes and 24 hours', () => {
  const [a, b] = [makeNode(), makeNode()];
  connect(a, b);
  for (let i = 0; i < sessionV1.ticketResumesMax; i += 1) assert.equal(resume(a, b).initiator.resumed, true);
  assert.equal(a.book.dial(b.idKey, wallClockMs), null);
  const pair = resume(a, b);
  assert.ok(isUp(pair));
  assert.equal(pair.initiator.resumed, false);

  const ticket = a.book.dial(b.idKey, wallClockMs);
  assert.ok(ticket);
  assert.equal(a.book.dial(b.idKey, wallClockMs + sessionV1.ticketAgeMaxMs), null);
  assert.equal(b.book.find(ticket.dial.ticketId, wallClockMs + sessionV1.ticketAgeMaxMs), null);
  // Even if a book still gave it out: the session looks at the age itself, on either side.
  const late = { wallClockMs: wallClockMs + sessionV1.ticketAgeMaxMs };
  const stale = connect(a, b, { resumption: ticket, responder: late });
  assert.equal(stale.initiator.resumed, false);
  assert.ok(isUp(stale));
});

test('of two dials at once the one from the smaller identity key is kept, on both sides alike', () => {
  for (let i = 0; i < 20; i += 1) {
    const [a, b] = [makeNode(), makeNode()];
    assert.notEqual(isKeptDial(a.idKey, b.idKey), isKeptDial(b.idKey, a.idKey));
    assert.equal(isKeptDial(a.idKey, a.idKey), false);
  }
  const lower = new Uint8Array(32).fill(1);
  const higher = Uint8Array.from(lower).fill(2, 31);
  assert.ok(isKeptDial(lower, higher));
});
