/** Park and resume with the connection cut at any point: the model is two books and what each side believes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { session as limits, sessionV1 } from '../../src/session/limits.js';
import { TicketBook, copyResumption } from '../../src/session/tickets.js';
import { isUp, makeNode, resume, type Bend, connect, wallClockMs } from '../support/session-pair.js';
import { anyBytes, holds } from '../support/seeds.js';

/** Deliveries from `index` on are lost, as when the connection is cut there. */
const cutAt =
  (cut: number): Bend =>
  (bytes, _, index) =>
    index >= cut ? new Uint8Array(0) : bytes;

test('a resume that is cut anywhere, even several times in a row, is followed by one that works', (t) => {
  holds(
    t,
    fc.property(
      fc.array(
        fc.record({
          dialler: fc.boolean(),
          cut: fc.integer({ min: 0, max: 4 }),
        }),
        { minLength: 1, maxLength: 8 },
      ),
      (attempts) => {
        const [a, b] = [makeNode(), makeNode()];
        connect(a, b);
        for (const { dialler, cut } of attempts) {
          const [from, to] = dialler ? [a, b] : [b, a];
          const pair = resume(from, to, {}, cutAt(cut));
          // Up on one side only, or on both: never one that is up without the other's proof.
          if (pair.responder.has('up')) assert.ok(pair.initiator.outputs.length > 0);
          assert.equal(pair.initiator.failure, null);
          assert.equal(pair.responder.failure, null);
        }
        const [last] = attempts.slice(-1);
        const [from, to] = last?.dialler === true ? [a, b] : [b, a];
        assert.ok(isUp(resume(from, to)));
      },
    ),
    { numRuns: 40 },
  );
});

test('a cut at any single step leaves both able to resume: no full handshake is needed', () => {
  for (let cut = 0; cut <= 3; cut += 1)
    for (const isSameDialler of [true, false]) {
      const [a, b] = [makeNode(), makeNode()];
      connect(a, b);
      const cutOff = resume(a, b, {}, cutAt(cut));
      assert.equal(cutOff.responder.has('up'), cut >= 3);
      const next = isSameDialler ? resume(a, b) : resume(b, a);
      assert.ok(isUp(next), `cut at ${String(cut)}`);
      if (isSameDialler || cut !== 2)
        assert.equal(next.initiator.resumed, true, `cut at ${String(cut)}, same ${String(isSameDialler)}`);
    }
});

test('a restart of either side, or a new static key, leads to a full handshake', () => {
  const [a, b] = [makeNode(), makeNode()];
  connect(a, b);
  const restarted = { ...b, book: new TicketBook() };
  assert.equal(resume(a, restarted).initiator.resumed, false);
  connect(a, b);
  assert.equal(resume({ ...a, book: new TicketBook() }, b).initiator.resumed, false);
});

test('a ticket of another peer than the one that is dialled is not shown', () => {
  const [a, b, c] = [makeNode(), makeNode(), makeNode()];
  connect(a, b);
  connect(a, c);
  const pair = connect(a, c, { expectedIdKey: c.idKey, resumption: a.book.dial(b.idKey, wallClockMs) });
  assert.ok(isUp(pair));
  assert.equal(pair.initiator.resumed, false);
});

test('a book keeps 512 peers and three generations of each, and wipes what it lets go', () => {
  const node = makeNode();
  const pair = connect(node, makeNode());
  const [given] = pair.initiator.outputs.flatMap((output) =>
    output.type === 'up' ? [output.resumption] : [],
  );
  assert.ok(given);
  const book = new TicketBook();
  const make = (peer: number, generation: number) => {
    const resumption = copyResumption(given);
    const idKey = new Uint8Array(32);
    new DataView(idKey.buffer).setUint32(0, peer);
    new DataView(resumption.accept.ticketId.buffer).setUint32(0, peer);
    new DataView(resumption.accept.ticketId.buffer).setUint32(4, generation);
    return { ...resumption, peer: { ...resumption.peer, idKey } };
  };
  const first = make(0, 0);
  book.keep(first);
  for (let peer = 1; peer <= sessionV1.ticketsMax; peer += 1) book.keep(make(peer, 0));
  assert.equal(book.size, sessionV1.ticketsMax);
  assert.equal(book.find(first.accept.ticketId, wallClockMs), null);
  assert.ok(first.rms.every((byte) => byte === 0) && first.dial.psk.every((byte) => byte === 0));
  for (let generation = 1; generation <= 9; generation += 1) book.offer(make(5, generation));
  assert.ok(book.find(make(5, 0).accept.ticketId, wallClockMs), 'the one that is sure stays');
  assert.ok(book.find(make(5, 9).accept.ticketId, wallClockMs), 'the newest too');
  assert.equal(book.ticketIds().length, sessionV1.ticketsMax - 1 + limits.ticketGenerationsMax);
  book.keep(make(5, 10));
  assert.equal(book.ticketIds().length, sessionV1.ticketsMax);
  book.expire(wallClockMs + sessionV1.ticketAgeMaxMs);
  assert.equal(book.size, 0);
  assert.equal(book.ticketIds().length, 0);
});

// Case N17
test('after a new static key a resume becomes a full handshake on its connection', () => {
  for (const isCallersKeyNew of [true, false]) {
    const seed = anyBytes(32);
    const [a, b] = [makeNode({ seed }), makeNode()];
    connect(a, b);
    assert.equal(resume(a, b).initiator.resumed, true);
    const serial = wallClockMs + 1;
    const renewed = { ...makeNode({ seed, serial }), book: a.book };
    a.book.renewed(serial);
    const pair = isCallersKeyNew ? resume(renewed, b) : resume(b, renewed);
    assert.ok(isUp(pair));
    assert.equal(pair.initiator.resumed, false);
    assert.equal(resume(b, renewed).initiator.resumed, true, 'the new key has tickets of its own');
  }
});
