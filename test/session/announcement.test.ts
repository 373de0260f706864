/** The announcements of two sides in a handshake, also where one of them is version 1.0.0. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { decodePayload, encodePayload, nextIdentityHash } from '../../src/session/certificate.js';
import { feature } from '../../src/wire/features.js';
import { kind, native } from '../../src/dialects/native.js';
import { messageIdFromBytes } from '../../src/ids.js';
import { Established } from '../../src/session/established.js';
import { chaChaPoly } from '../../src/session/noise/cipher.js';
import { fragments, RecordOpener, RecordSealer } from '../../src/session/records.js';
import { concat, toHex } from '../../src/wire/bytes.js';
import { connect, isUp, makeNode, resume, type Endpoint } from '../support/session-pair.js';

const next = new Uint8Array(randomBytes(32));
const features = feature.files | feature.hub;

/** The proof of the other side, once the session is up. */
function announced({ outputs }: Endpoint) {
  const up = outputs.find((output) => output.type === 'up');
  assert.ok(up?.type === 'up');
  return [up.peer.features, up.peer.nextHex];
}

test('features and the next identity arrive, full and resumed, and 1.0.0 announces neither', () => {
  // A side that announces neither is byte for byte what 1.0.0 sends: frozen.json holds its messages.
  const [fresh, old] = [makeNode({ features, next }), makeNode()];
  for (const [a, b] of [
    [fresh, old],
    [old, fresh],
  ] as const)
    for (const pair of [connect(a, b), resume(a, b), resume(b, a)]) {
      assert.ok(isUp(pair));
      for (const end of [pair.initiator, pair.responder])
        assert.deepEqual(announced(end), end.node === old ? [features, toHex(next)] : [0, null]);
    }
});

test('a repeated field or a wrong length is malformed, and an unknown field is skipped', () => {
  const bootId = new Uint8Array(8);
  const certificate = new Uint8Array(113);
  const payload = encodePayload(certificate, { wireVersions: [1], features, bootId, next });
  const { announcement } = decodePayload(payload)._unsafeUnwrap();
  assert.deepEqual(announcement, { wireVersions: [1], features, bootId, next });
  const plain = encodePayload(certificate, { wireVersions: [1], features: null, bootId, next: null });
  const decode = (...more: readonly number[]) => decodePayload(Buffer.concat([plain, Uint8Array.from(more)]));
  const nothing = { wireVersions: [1], features: null, bootId, next: null };
  assert.deepEqual(decode(200, 0, 2, 1, 1)._unsafeUnwrap().announcement, nothing);
  const field = [2, 0, 4, 0, 0, 0, 9];
  assert.equal(decode(...field)._unsafeUnwrap().announcement.features, 9);
  const long = [4, 0, 32, ...next];
  for (const bad of [
    [2, 0, 3, 0, 0, 9],
    [...field, ...field],
    [4, 0, 2, 1, 1],
    [...long, ...long],
    [2, 0, 4, 0],
  ])
    assert.equal(decode(...bad)._unsafeUnwrapErr().code, 'session/malformed');
});

test('the hash of the next identity is what the protocol says', () => {
  const key = new Uint8Array(32).fill(7);
  const hash = createHash('sha256').update('parlance/1 next\0').update(key).digest('hex');
  assert.equal(toHex(nextIdentityHash(key)), hash);
});

test('a peer of a newer version gets its session, whatever else it announces', () => {
  const future = makeNode({ features: 0xffff_ffff, wireVersions: [1, 2, 3], next });
  const node = makeNode();
  for (const pair of [connect(future, node), connect(node, future), resume(future, node)]) {
    assert.ok(isUp(pair));
    const end = pair.initiator.node === node ? pair.initiator : pair.responder;
    assert.deepEqual(announced(end), [0xffff_ffff, toHex(next)]);
  }
});

test('utterances of unknown kinds end no session, and what stands beside them is heard', () => {
  const keys = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)] as const;
  const [toUs, toThem] = keys;
  const sealer = new RecordSealer(chaChaPoly, Uint8Array.from(toUs));
  const records = new Established(
    {
      sealer: new RecordSealer(chaChaPoly, Uint8Array.from(toThem)),
      opener: new RecordOpener(chaChaPoly, Uint8Array.from(toUs)),
    },
    0,
  );
  const id = messageIdFromBytes(new Uint8Array(16));
  const text = { type: 'text', id, sentAtMs: 1, text: 'hello' } as const;
  const known = native.encode(text)._unsafeUnwrap();
  const knownKinds = new Set<number>(Object.values(kind));
  for (let strangeKind = 0; strangeKind < 256; strangeKind += 1) {
    if (knownKinds.has(strangeKind)) continue;
    const strange = Uint8Array.of(strangeKind, 0, 0, 0, 2, 1, 2);
    const frames = sealer.frames(fragments(concat([strange, known, strange])))._unsafeUnwrap();
    const unknown = { type: 'unknown', kind: strangeKind, bytes: 2 } as const;
    const opened = records.open(frames.subarray(2), 1)._unsafeUnwrap();
    assert.deepEqual(opened, { type: 'said', utterances: [unknown, text, unknown] });
  }
});
