/** Whatever strangers and peers send: typed failures, never a throw, and nothing heard that was not said. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unreachable } from '../../src/exhaustive.js';
import { decodePayload, verifyCertificate } from '../../src/session/certificate.js';
import { concat } from '../../src/wire/bytes.js';
import {
  connect,
  makeNode,
  makePair,
  wallClockMs,
  type Endpoint,
  type TestNode,
} from '../support/session-pair.js';
import { holds, withSeeds } from '../support/seeds.js';

/** Two that have talked, so that each has a ticket of the other. Made after the seed is set. */
function acquainted(): readonly [TestNode, TestNode] {
  const [a, b] = [makeNode(), makeNode()];
  connect(a, b);
  return [a, b];
}

/** One conversation, delivery by delivery, kept to be bent. */
function recorded(a: TestNode, b: TestNode): readonly Uint8Array[] {
  const deliveries: Uint8Array[] = [];
  connect(a, b, {}, (bytes, from) => {
    if (from === 'initiator') deliveries.push(bytes);
    return bytes;
  });
  return deliveries;
}

const mutation = fc.oneof(
  fc.record({ type: fc.constant('flip' as const), at: fc.nat(2_000), bit: fc.nat(7) }),
  fc.record({ type: fc.constant('cut' as const), at: fc.nat(2_000) }),
  fc.record({
    type: fc.constant('insert' as const),
    at: fc.nat(2_000),
    bytes: fc.uint8Array({ maxLength: 30 }),
  }),
  fc.record({ type: fc.constant('double' as const), at: fc.nat(2_000) }),
);
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

function mutate(bytes: Uint8Array, change: Mutation): Uint8Array {
  const at = change.at % (bytes.length + 1);
  switch (change.type) {
    case 'flip':
      return bytes.map((byte, i) => (i === at ? byte ^ (1 << change.bit) : byte));
    case 'cut':
      return bytes.subarray(0, at);
    case 'insert':
      return concat([bytes.subarray(0, at), change.bytes, bytes.subarray(at)]);
    case 'double':
      return concat([bytes.subarray(0, at), bytes]);
    default:
      return unreachable(change);
  }
}

const isQuiet = (endpoint: Endpoint) => endpoint.said.length === 0 && !endpoint.has('up');

test('a responder that hears noise, or a bent recording, fails with a code and nothing else', async (t) => {
  await withSeeds(t, (seed) => {
    const [a, b] = acquainted();
    const script = recorded(a, b);
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 6 }),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        (noise, changes, isBent) => {
          const { responder } = makePair(a, b);
          const whole = isBent ? changes.reduce(mutate, concat(script)) : concat(noise);
          for (let at = 0; at < whole.length; at += 500) responder.receive(whole.subarray(at, at + 500));
          responder.take(responder.session.tick(3_001));
          assert.ok(isQuiet(responder));
          assert.match(responder.failure?.code ?? '', /^session\//);
          assert.deepEqual(responder.session.receive(whole, 1), [], 'dead for good');
        },
      ),
      { seed, numRuns: 300 },
    );
  });
});

test('an initiator, fresh or with a ticket, that hears noise fails with a code and nothing else', async (t) => {
  await withSeeds(t, (seed) => {
    const [a, b] = acquainted();
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.constant(Uint8Array.of(0, 0, 1))), {
          maxLength: 6,
        }),
        fc.boolean(),
        (noise, hasTicket) => {
          const resumption = hasTicket ? a.book.dial(b.idKey, wallClockMs) : null;
          const { initiator } = makePair(a, b, { resumption });
          initiator.take(initiator.session.start());
          for (const bytes of noise) initiator.receive(bytes);
          initiator.take(initiator.session.tick(3_001));
          assert.ok(isQuiet(initiator));
          assert.match(initiator.failure?.code ?? '', /^session\//);
        },
      ),
      { seed, numRuns: 150 },
    );
  });
});

test('noise after a handshake ends the session, and nothing of it is heard', async (t) => {
  await withSeeds(t, (seed) => {
    const [a, b] = acquainted();
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 5 }),
        (noise) => {
          const { responder } = connect(a, b);
          for (const bytes of noise) responder.receive(bytes);
          assert.equal(responder.said.length, 0);
          // Either it failed, or it waits for the rest of a frame whose length the noise announced.
          if (responder.failure !== null) assert.match(responder.failure.code, /^session\//);
        },
      ),
      { seed, numRuns: 60 },
    );
  });
});

test('payloads and certificates of any bytes are refused with a code', (t) => {
  holds(
    t,
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const payload = decodePayload(bytes);
      if (payload.isErr()) assert.equal(payload.error.code, 'session/malformed');
      const certificate = verifyCertificate(bytes, new Uint8Array(32), wallClockMs);
      assert.equal(certificate._unsafeUnwrapErr().code, 'session/bad-certificate');
    }),
    { numRuns: 1_000 },
  );
});
