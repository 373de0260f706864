/** What two sides announce of themselves in the handshake, also where one of them is version 1.0.0. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { decodePayload, encodePayload, feature, nextIdentityHash } from '../../src/session/certificate.js';
import { toHex } from '../../src/wire/bytes.js';
import { connect, isUp, makeNode, resume, type Endpoint } from '../support/session-pair.js';

const next = new Uint8Array(randomBytes(32));
const features = feature.files | feature.hub;

/** What the endpoint knows of the other side, once it is up. */
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

test('a payload with a field twice or of a wrong length is malformed, an unknown field is skipped', () => {
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
