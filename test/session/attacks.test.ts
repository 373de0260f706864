/** Attacks by a host on the wire, or at its other end. Section 10, item 3 of the protocol's test plan. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageIdFromBytes } from '../../src/ids.js';
import type { Utterance } from '../../src/dialects/dialect.js';
import { makeCertificate } from '../../src/session/certificate.js';
import { chaChaPoly, sha256 } from '../../src/session/noise/cipher.js';
import { generateDhKeyPair } from '../../src/session/noise/dh.js';
import { kem } from '../../src/session/noise/kem.js';
import { NoiseHandshake } from '../../src/session/noise/handshake.js';
import { xxHybrid } from '../../src/session/noise/patterns.js';
import { concat } from '../../src/wire/bytes.js';
import { encodeControl, encodeMessage, encodePreamble } from '../../src/wire/frames.js';
import {
  connect,
  identityOf,
  isUp,
  makeNode,
  makePair,
  resume,
  settle,
  type Bend,
  Endpoint,
  type TestNode,
  wallClockMs,
} from '../support/session-pair.js';
import { anyBytes } from '../support/seeds.js';

const words: Utterance = {
  type: 'text',
  id: messageIdFromBytes(new Uint8Array(16)),
  sentAtMs: 1,
  text: 'secret',
};

/** Flips one bit of the `position`th byte on the wire, counted over all deliveries in one direction. */
function flipAt(from: 'initiator' | 'responder', position: number): { bend: Bend; didFlip: () => boolean } {
  let seen = 0;
  let didFlip = false;
  const bend: Bend = (bytes, sender) => {
    if (sender !== from) return bytes;
    const bent = Uint8Array.from(bytes);
    const at = position - seen;
    if (at >= 0 && at < bent.length) {
      bent[at] = (bent[at] ?? 0) ^ 1;
      didFlip = true;
    }
    seen += bytes.length;
    return bent;
  };
  return { bend, didFlip: () => didFlip };
}

const both = (a: Endpoint, b: Endpoint) => a.has('up') && b.has('up');

// Fault C3
test('no byte of a full handshake can be flipped: the two never both come up', () => {
  const [a, b] = [makeNode(), makeNode()];
  let refused = 0;
  for (const from of ['initiator', 'responder'] as const)
    for (let position = 0; ; position += position < 40 || position % 50 === 0 ? 1 : 23) {
      const { bend, didFlip } = flipAt(from, position);
      const pair = connect(a, b, { expectedIdKey: b.idKey }, bend);
      if (!didFlip()) break;
      assert.ok(!both(pair.initiator, pair.responder), `${from} ${String(position)}`);
      assert.equal(pair.initiator.has('up') && from === 'responder', false);
      refused += 1;
    }
  assert.ok(refused > 150, String(refused));
});

test('no byte of a resume can be flipped', () => {
  const [a, b] = [makeNode(), makeNode()];
  let refused = 0;
  for (const from of ['initiator', 'responder'] as const)
    for (let position = 0; ; position += 1) {
      connect(a, b);
      const { bend, didFlip } = flipAt(from, position);
      const pair = resume(a, b, {}, bend);
      if (!didFlip()) break;
      // A flipped ticket id is an unknown ticket: the restart then finds another prologue on each side.
      assert.ok(!both(pair.initiator, pair.responder), `${from} ${String(position)}`);
      refused += 1;
    }
  // Preamble, message 1, the first record; message 2.
  assert.equal(refused, 22 + 50 + 82 + 50);
});

test('a handshake that is cut, extended, doubled or reflected is refused', () => {
  const [a, b] = [makeNode(), makeNode()];
  const bends: Readonly<Record<string, Bend>> = {
    'message 1 cut': (bytes, _, index) => (index === 0 ? bytes.subarray(0, 600) : bytes),
    'message 1 doubled': (bytes, _, index) => (index === 0 ? concat([bytes, bytes.subarray(6)]) : bytes),
    'message 2 doubled': (bytes, _, index) => (index === 1 ? concat([bytes, bytes]) : bytes),
    'message 3 doubled': (bytes, _, index) => (index === 2 ? concat([bytes, bytes]) : bytes),
    'message 2 extended': (bytes, _, index) => (index === 1 ? longer(bytes) : bytes),
    'message 3 extended': (bytes, _, index) => (index === 2 ? longer(bytes) : bytes),
  };
  for (const [name, bend] of Object.entries(bends)) {
    const { initiator, responder } = connect(a, b, {}, bend);
    // A second message 3 comes after the first one was taken: it is not a record, and ends the session.
    assert.ok(!both(initiator, responder) || responder.failure !== null, name);
  }

  // Reflected: what the initiator sent comes back to it.
  const alone = makePair(a, b).initiator;
  alone.take(alone.session.start());
  alone.receive(alone.flush().subarray(6));
  assert.equal(alone.failure?.code, 'session/decrypt-failed');

  // Talking to itself over a wire that crosses: refused as soon as its own certificate is seen.
  assert.equal(connect(a, a).initiator.failure?.code, 'session/own-identity');
});

/** The same frame with one more byte in its body. */
function longer(bytes: Uint8Array): Uint8Array {
  const body = concat([bytes.subarray(2), Uint8Array.of(0)]);
  return encodeMessage(body);
}

test('dropped, swapped, repeated and foreign records end the session silently', () => {
  for (const attack of ['drop', 'swap', 'repeat', 'other', 'reflect', 'flip', 'cut'] as const) {
    const [a, b] = [makeNode(), makeNode()];
    const pair = connect(a, b);
    const say = (endpoint: Endpoint) => {
      endpoint.take(endpoint.session.say([words], 1));
      return endpoint.flush();
    };
    const [first, second] = [say(pair.initiator), say(pair.initiator)];
    const foreign = say(connect(makeNode(), makeNode()).initiator);
    const deliveries: Readonly<Record<typeof attack, readonly Uint8Array[]>> = {
      drop: [second],
      swap: [second, first],
      repeat: [first, first],
      other: [foreign],
      reflect: [say(pair.responder)],
      flip: [first.map((byte, i) => (i === 40 ? byte ^ 1 : byte))],
      cut: [concat([Uint8Array.of(0, first.length - 3), first.subarray(2, first.length - 1)])],
    };
    for (const delivery of deliveries[attack]) pair.responder.receive(delivery);
    assert.equal(pair.responder.failure?.code, 'session/decrypt-failed', attack);
    assert.equal(pair.responder.said.length, attack === 'repeat' ? 1 : 0, attack);
    // Dead for good: even what would have been right is not read any more.
    pair.responder.receive(second);
    assert.equal(pair.responder.said.length, attack === 'repeat' ? 1 : 0, attack);
  }
});

// Fault C3
test('a recorded connection played again yields nothing', () => {
  const [a, b] = [makeNode(), makeNode()];
  const recorded: Uint8Array[] = [];
  const record: Bend = (bytes, from) => {
    if (from === 'initiator') recorded.push(bytes.slice());
    return bytes;
  };
  const replay = () => {
    const { responder } = makePair(a, b);
    for (const bytes of recorded.splice(0)) responder.receive(bytes);
    assert.ok(!responder.has('up'));
    assert.ok(responder.failure !== null || responder.has('find-ticket'));
    return responder;
  };
  connect(a, b, {}, record);
  replay();
  resume(a, b, {}, record);
  // The ticket is used up: the answer is that it is unknown.
  assert.deepEqual(replay().sent.at(0), encodeControl({ control: 'ticket-unknown' }));
});

test('a replayed first message of a resume yields nothing and harms nothing', () => {
  const [a, b] = [makeNode(), makeNode()];
  connect(a, b);
  const lost = resume(a, b, {}, (bytes, from) => (from === 'responder' ? new Uint8Array(0) : bytes));
  assert.ok(!isUp(lost));
  const caught = makePair(a, b, { resumption: a.book.dial(b.idKey, wallClockMs) }).initiator;
  caught.take(caught.session.start());
  const message = caught.flush();
  for (let i = 0; i < 20; i += 1) {
    const { responder } = makePair(a, b);
    responder.receive(message);
    assert.ok(!responder.has('up'));
  }
  const pair = resume(a, b);
  assert.ok(isUp(pair));
  assert.equal(pair.initiator.resumed, true);
});

// Fault C4
test('stripping or forging a control frame does not bring a session up', () => {
  const [a, b] = [makeNode(), makeNode()];
  const unknown = encodeControl({ control: 'ticket-unknown' });
  // Stripped: the restart that the responder expects never comes.
  connect(a, b);
  b.book.forget(a.idKey);
  const stripped = resume(a, b, {}, (bytes, from) => (from === 'responder' ? bytes.subarray(3) : bytes));
  assert.ok(!isUp(stripped));
  // Forged, with a ticket that is good: the transcripts differ.
  connect(a, b);
  const forged = resume(a, b, {}, (bytes, _, index) => (index === 1 ? unknown : bytes));
  assert.ok(!isUp(forged));
  // Twice, or where no ticket was shown.
  for (const resumption of [a.book.dial(b.idKey, wallClockMs), null]) {
    const { initiator } = makePair(a, b, { resumption });
    initiator.take(initiator.session.start());
    initiator.receive(concat([unknown, unknown]));
    assert.equal(initiator.failure?.code, 'session/order');
  }
  // After a message, and from the side that dialled.
  const late = connect(a, b);
  late.initiator.receive(unknown);
  assert.equal(late.initiator.failure?.code, 'session/order');
  const { responder } = makePair(a, b);
  responder.receive(concat([encodePreamble({ mode: 'full' }), unknown]));
  assert.equal(responder.failure?.code, 'session/order');
});

// Fault C2
test('another key than the one that was dialled is refused before the caller has named itself', () => {
  const [a, b, impostor] = [makeNode(), makeNode(), makeNode()];
  const pair = connect(a, impostor, { expectedIdKey: b.idKey });
  assert.equal(pair.initiator.failure?.code, 'session/key-changed');
  assert.ok(!pair.responder.has('judge-peer'), 'the impostor never saw a certificate');
  assert.equal(pair.initiator.outputs.filter((output) => output.type === 'write').length, 1);
});

test('a verdict against the peer ends the session on either side, and the caller sends no more', () => {
  const [a, b] = [makeNode(), makeNode()];
  for (const side of ['initiator', 'responder'] as const) {
    const pair = makePair(a, b);
    pair[side].refusal = { code: 'session/serial-rollback' };
    pair.initiator.take(pair.initiator.session.start());
    settle(pair);
    assert.equal(pair[side].failure?.code, 'session/serial-rollback');
    assert.ok(!pair.initiator.has('up'));
    assert.ok(!pair.responder.has('up'));
  }
});

test('expired, foreign and small-order certificates, and those of another version, are refused', () => {
  const victim = makeNode();
  const pair = generateDhKeyPair();
  const identity = identityOf(anyBytes(32));
  const fields = { idKey: identity.idKey, serial: 5, notAfterMs: 0 };
  const good = makeCertificate(fields, pair.publicKey, identity.sign);
  const smallOrder = new Uint8Array(32).fill(0, 1);
  smallOrder[0] = 1;
  // With the neutral point as key this signature verifies for every message.
  const universal = concat([smallOrder, new Uint8Array(32)]);
  const bad: Readonly<Record<string, Uint8Array>> = {
    expired: makeCertificate({ ...fields, notAfterMs: wallClockMs - 1 }, pair.publicKey, identity.sign),
    'for another static key': makeCertificate(fields, generateDhKeyPair().publicKey, identity.sign),
    'of another version': Uint8Array.of(2, ...good.subarray(1)),
    'by another signer': makeCertificate(fields, pair.publicKey, identityOf(anyBytes(32)).sign),
    'of small order': makeCertificate({ ...fields, idKey: smallOrder }, pair.publicKey, () => universal),
    'with a serial beyond counting': Uint8Array.from(good, (byte, i) => (i === 33 ? 0xff : byte)),
  };
  for (const [name, certificate] of Object.entries(bad)) {
    const crook = makeNode({ staticPair: pair, certificate });
    assert.equal(connect(victim, crook).initiator.failure?.code, 'session/bad-certificate', name);
    assert.equal(connect(crook, victim).responder.failure?.code, 'session/bad-certificate', name);
  }
  assert.ok(isUp(connect(victim, makeNode({ staticPair: pair, certificate: good }))));
});

/** A responder of its own making, to say what a real one never would. */
function answerWith(payload: Uint8Array, node: TestNode): string | undefined {
  const { initiator } = makePair(makeNode(), node);
  initiator.take(initiator.session.start());
  const noise = new NoiseHandshake({
    pattern: xxHybrid,
    suite: { aead: chaChaPoly, hash: sha256, kem, keyAgreement: '25519+MLKEM768' },
    role: 'responder',
    prologue: encodePreamble({ mode: 'full' }),
    localStatic: { privateKey: node.local.staticKey, publicKey: node.local.staticPublic },
    remoteStatic: null,
    psks: [],
    generateKeyPair: generateDhKeyPair,
    random: anyBytes,
  });
  noise.read(initiator.flush().subarray(8))._unsafeUnwrap();
  initiator.receive(encodeMessage(noise.write(payload)._unsafeUnwrap()));
  return initiator.failure?.code;
}

test('a payload that is too long, incomplete, or lacks or repeats a field is refused', () => {
  const node = makeNode();
  const { certificate } = node.local;
  const versions = Uint8Array.of(1, 0, 1, 1);
  const boot = Uint8Array.of(3, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8);
  const unknown = Uint8Array.of(77, 0, 2, 9, 9);
  const big = concat([Uint8Array.of(99, 3, 200), new Uint8Array(968)]);
  assert.equal(answerWith(concat([certificate, versions, unknown, boot]), node), undefined);
  for (const payload of [
    concat([certificate, versions, boot, big]),
    concat([certificate, versions, boot]).subarray(0, -1),
    concat([certificate, versions]),
    concat([certificate, boot]),
    concat([certificate, versions, versions, boot]),
    concat([certificate, versions, boot, boot]),
    concat([certificate, Uint8Array.of(1, 0, 1, 9), boot]),
    certificate.subarray(0, 50),
    new Uint8Array(0),
  ])
    assert.equal(answerWith(payload, node), 'session/malformed');
});

test('another version gets the list of versions, and a hidden higher one is a downgrade', () => {
  const [a, b] = [makeNode(), makeNode()];
  const { responder } = makePair(a, b);
  responder.receive(Uint8Array.of(0x50, 0x41, 0x52, 0x4c, 7));
  assert.equal(responder.failure?.code, 'session/unsupported-version');
  const { initiator } = makePair(a, b);
  initiator.take(initiator.session.start());
  initiator.receive(responder.flush());
  assert.deepEqual(initiator.failure, { code: 'session/unsupported-version', offered: [1] });

  const [c, d] = [makeNode({ wireVersions: [1, 2] }), makeNode({ wireVersions: [2, 1] })];
  assert.equal(connect(c, d).initiator.failure?.code, 'session/downgrade');
  assert.ok(isUp(connect(c, b)));
});

test('a caller that cannot be served gets the time to come back', () => {
  const { initiator } = makePair(makeNode(), makeNode());
  initiator.take(initiator.session.start());
  initiator.receive(encodeControl({ control: 'busy', retryAfterSeconds: 7 }));
  assert.deepEqual(initiator.failure, { code: 'session/busy', retryAfterMs: 7_000 });
});

// Case N2: a BUSY is five bytes that nothing proves, and may name up to 65,535 s.
test('a BUSY keeps a caller away for a minute at most', () => {
  const { initiator } = makePair(makeNode(), makeNode());
  initiator.take(initiator.session.start());
  initiator.receive(encodeControl({ control: 'busy', retryAfterSeconds: 65_535 }));
  assert.deepEqual(initiator.failure, { code: 'session/busy', retryAfterMs: 60_000 });
});

// Case N11: the ticket of another peer than the one that is dialled would prove the wrong peer.
test('a ticket of another peer than the one dialled is not used', () => {
  const [a, b, c] = [makeNode(), makeNode(), makeNode()];
  connect(a, b);
  const resumption = a.book.dial(b.idKey, wallClockMs);
  assert.ok(resumption !== null);
  const initiator = new Endpoint(a, { type: 'initiator', expectedIdKey: c.idKey, resumption });
  initiator.take(initiator.session.start());
  // Preamble: magic, version, then 0 for a full handshake and 1 for a resume.
  assert.equal(initiator.flush()[5], 0);
});

// Case N11: a payload in message 1 is not authenticated towards anybody.
test('a first message with a payload is refused', () => {
  const [a, b] = [makeNode(), makeNode()];
  const preamble = encodePreamble({ mode: 'full' });
  const noise = fullHandshake(a, 'initiator', preamble);
  const message = noise.write(Uint8Array.of(1))._unsafeUnwrap();
  const { responder } = makePair(a, b);
  responder.receive(concat([preamble, encodeMessage(message)]));
  assert.equal(responder.failure?.code, 'session/malformed');
  assert.deepEqual(responder.flush(), new Uint8Array(0));
});

// Case N11: an ephemeral key of small order would force the exchange onto a secret that everybody knows.
test('an ephemeral key of small order ends the handshake', () => {
  const prologue = encodePreamble({ mode: 'full' });
  const first = fullHandshake(makeNode(), 'initiator', prologue).write(new Uint8Array(0))._unsafeUnwrap();
  first.fill(0, 0, 32);
  const responder = fullHandshake(makeNode(), 'responder', prologue);
  assert.ok(responder.read(first).isOk());
  assert.equal(responder.write(new Uint8Array(0))._unsafeUnwrapErr().code, 'session/decrypt-failed');
});

// Case N11: after a failed read nothing can be done with the handshake, whatever comes next.
test('a failed read leaves a handshake without secrets', () => {
  const prologue = encodePreamble({ mode: 'full' });
  const initiator = fullHandshake(makeNode(), 'initiator', prologue);
  const responder = fullHandshake(makeNode(), 'responder', prologue);
  responder.read(initiator.write(new Uint8Array(0))._unsafeUnwrap())._unsafeUnwrap();
  const second = responder.write(new Uint8Array(0))._unsafeUnwrap();
  const bent = Uint8Array.from(second);
  bent[second.length - 1] = (bent.at(-1) ?? 0) ^ 1;
  assert.equal(initiator.read(bent)._unsafeUnwrapErr().code, 'session/decrypt-failed');
  assert.throws(() => initiator.read(second));
  assert.throws(() => initiator.write(new Uint8Array(0)));
});

function fullHandshake(
  node: TestNode,
  role: 'initiator' | 'responder',
  prologue: Uint8Array,
): NoiseHandshake {
  const { staticKey, staticPublic } = node.local;
  return new NoiseHandshake({
    pattern: xxHybrid,
    role,
    suite: { keyAgreement: '25519+MLKEM768', aead: chaChaPoly, hash: sha256, kem },
    prologue,
    localStatic: { privateKey: staticKey, publicKey: staticPublic },
    remoteStatic: null,
    psks: [],
    random: anyBytes,
    generateKeyPair: generateDhKeyPair,
  });
}

test('strangers get 3 seconds and 4 KiB', () => {
  const [a, b] = [makeNode(), makeNode()];
  const { responder } = makePair(a, b);
  assert.deepEqual(responder.session.tick(2_999), []);
  assert.deepEqual(responder.session.tick(3_000), [{ type: 'failed', error: { code: 'session/deadline' } }]);
  const slow = makePair(a, b);
  slow.initiator.take(slow.initiator.session.start());
  slow.responder.nowMs = 3_500;
  slow.responder.receive(slow.initiator.flush());
  assert.equal(slow.responder.failure?.code, 'session/deadline');

  const flooded = makePair(a, b).responder;
  flooded.receive(concat([encodePreamble({ mode: 'full' }), Uint8Array.of(0xff, 0xff)]));
  assert.equal(flooded.failure?.code, 'session/limit');
  // While an answer is awaited nothing is read, and what piles up is bounded.
  connect(a, b);
  const caught = makePair(a, b, { resumption: a.book.dial(b.idKey, wallClockMs) });
  caught.initiator.take(caught.initiator.session.start());
  const { session } = caught.responder;
  const asked = session.receive(caught.initiator.flush(), 1);
  assert.deepEqual(
    asked.map((output) => output.type),
    ['find-ticket'],
  );
  assert.deepEqual(session.receive(new Uint8Array(4_000), 1), []);
  assert.deepEqual(
    session.receive(new Uint8Array(100), 1).map((output) => output.type),
    ['failed'],
  );
  for (const first of [0x00, 0x47, 0x51]) {
    const stranger = makePair(a, b).responder;
    stranger.receive(Uint8Array.of(first));
    assert.equal(stranger.failure?.code, 'session/malformed');
  }
});
