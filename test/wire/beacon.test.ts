import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  beaconSigningBytes,
  decodeBeacon,
  encodeBeacon,
  encodeBeaconBody,
  encodeChallenge,
  encodeQuery,
  verifyBeacon,
  type BeaconRecord,
} from '../../src/wire/beacon.js';
import { isSoundIdKey } from '../../src/wire/identity-key.js';
import type { Status } from '../../src/wire/status.js';
import { clipBytes } from '../../src/chat/people/name.js';
import { holds } from '../support/seeds.js';
import { ownCpuMs } from '../support/usable-time.js';

const pair = generateKeyPairSync('ed25519');
const spki = pair.publicKey.export({ type: 'spki', format: 'der' });
const idKey = new Uint8Array(spki.subarray(-32));
const spkiHead = spki.subarray(0, -32);
const verifyEd25519 = (key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean =>
  verify(null, message, { key: Buffer.concat([spkiHead, key]), format: 'der', type: 'spki' }, signature);
const signed = (body: Uint8Array, key: KeyObject = pair.privateKey) =>
  new Uint8Array(sign(null, beaconSigningBytes(body), key));

const base: BeaconRecord = {
  kind: 'announce',
  idKey,
  bootId: new Uint8Array(8).fill(3),
  seq: 17,
  timeMs: 1_700_000_000_000,
  tcpPort: 6001,
  name: 'alice',
  wireVersions: [1],
  certificateSerial: 1_699_999_999_999,
  nonce: null,
  instance: new Uint8Array(8).fill(9),
};
const datagram = (record: BeaconRecord, username = record.name) => {
  const body = encodeBeaconBody(record);
  return encodeBeacon({ username, ipAddress: '10.0.0.7', body, signature: signed(body) });
};
const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const records: fc.Arbitrary<BeaconRecord> = fc.record({
  kind: fc.constantFrom('announce', 'bye', 'query', 'answer'),
  idKey: bytesOf(32).filter(isSoundIdKey),
  bootId: bytesOf(8),
  seq: fc.nat({ max: 2 ** 32 - 1 }),
  timeMs: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  tcpPort: fc.nat(65_535),
  name: fc.string({ unit: 'grapheme', maxLength: 64 }).map((name) => clipBytes(name, 64)),
  wireVersions: fc.array(fc.nat(255), { maxLength: 16 }),
  certificateSerial: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  nonce: fc.option(bytesOf(16)),
  instance: fc.option(bytesOf(8)),
});

test('a record reads back as it was written', (t) => {
  holds(
    t,
    fc.property(records, (record) => {
      const body = encodeBeaconBody(record);
      const signature = new Uint8Array(64).fill(5);
      const bytes = encodeBeacon({ username: 'x', ipAddress: '', body, signature });
      assert.ok(bytes.length <= 1_200);
      assert.deepEqual(decodeBeacon(bytes)._unsafeUnwrap(), {
        kind: 'native',
        record: { ...record },
        body,
        signature,
      });
    }),
  );
});

test('a beacon is a valid announcement of the oldest dialect', () => {
  const read: unknown = JSON.parse(Buffer.from(datagram(base)).toString());
  assert.deepEqual(Object.keys(read as object), ['username', 'ip_address', 'parlance']);
  assert.equal((read as { username: string }).username, 'alice');
});

test('the longest name with the most escapes still fits one datagram', () => {
  assert.ok(datagram({ ...base, name: '"'.repeat(64) }, '\\'.repeat(256)).length <= 1_200);
});

test('the layout is the one of wire version 1', () => {
  const body = encodeBeaconBody({ ...base, idKey: new Uint8Array(32).fill(1), name: 'a', nonce: null });
  assert.equal(
    Buffer.from(body).toString('hex'),
    `5041524c0101${'01'.repeat(32)}${'03'.repeat(8)}000000110000018bcfe568001771` +
      `01000161020001010300080000018bcfe567ff050008${'09'.repeat(8)}000010${'00'.repeat(16)}`,
  );
});

test('only the signature of the key in the record verifies, over every byte of it', () => {
  const read = decodeBeacon(datagram(base))._unsafeUnwrap();
  assert.equal(read.kind, 'native');
  assert.ok(verifyBeacon(read, verifyEd25519));
  for (let at = 0; at < read.body.length; at += 1) {
    const body = read.body.slice();
    body[at] = (body[at] ?? 0) ^ 1;
    assert.ok(!verifyBeacon({ ...read, body }, verifyEd25519), `byte ${at}`);
  }
  const bare = new Uint8Array(sign(null, read.body, pair.privateKey));
  assert.ok(!verifyBeacon({ ...read, signature: bare }, verifyEd25519), 'a signature without the label');
});

test('an answer is never longer than the announcement, nor a challenge than what provoked it', () => {
  const announcement = datagram(base);
  const answer = datagram({ ...base, kind: 'answer', nonce: new Uint8Array(16).fill(1) });
  assert.ok(answer.length <= announcement.length);
  const nonce = new Uint8Array(16).fill(0xfe);
  for (const bytes of [0, 40, 41, 50, 51, 52, 60, 61, 400, announcement.length, 1_200, 5_000]) {
    const challenge = encodeChallenge(nonce, bytes);
    if (challenge === null) continue;
    assert.ok(challenge.length <= Math.min(bytes, 1_200));
    assert.deepEqual(decodeBeacon(challenge)._unsafeUnwrap(), { kind: 'challenge', nonce });
  }
  assert.equal(encodeChallenge(nonce, announcement.length)?.length, announcement.length);
  assert.equal(encodeChallenge(nonce, 20), null);
});

test('no answer is longer than its query, whatever name and status the answerer has', () => {
  const nonce = new Uint8Array(16).fill(1);
  const queries = ['a', 'ü'.repeat(32)].map((name) => {
    const body = encodeBeaconBody({ ...base, kind: 'query', nonce, name });
    const signature = signed(body);
    const bytes = encodeQuery({ body, signature });
    const read = decodeBeacon(bytes)._unsafeUnwrap();
    assert.ok(read.kind === 'native' && read.record.name === name);
    assert.ok(verifyBeacon(read, verifyEd25519), 'the signature holds beside the padding');
    return bytes.length;
  });
  const status: Status = { presence: 'invisible', text: 'x'.repeat(240), untilMs: 2 ** 47 };
  const longest = { ...base, kind: 'answer', nonce, status, name: 'n'.repeat(64) } as const;
  const answer = datagram({ ...longest, wireVersions: Array<number>(16).fill(1) }, '');
  assert.ok(answer.length > 400, `${answer.length} bytes`);
  for (const bytes of queries) assert.ok(bytes <= 1_200 && answer.length <= bytes, `${bytes} bytes`);
});

const foreign = (text: string) => decodeBeacon(new TextEncoder().encode(text));

test('an older program is heard by its name alone', () => {
  assert.deepEqual(foreign('{"username": "bob", "ip_address": "10.0.0.7", "port": 6000}')._unsafeUnwrap(), {
    kind: 'foreign',
    hasAddress: true,
    username: 'bob',
  });
  for (const text of [
    '{"user_name": "bob"}',
    '{"User Name":"bob","IP":"x"}\n',
    '{"n": [1], "USERNAME": "bob"}',
  ])
    assert.deepEqual(
      foreign(text)._unsafeUnwrap(),
      { kind: 'foreign', username: 'bob', hasAddress: text.includes('ZZ') },
      text,
    );
  for (const text of [
    '',
    '[]',
    '"bob"',
    '{}',
    '{"username": " "}',
    '{"username": "bob", "user_name": "rob"}',
    '{"username": ""}',
    '{"username": 7}',
    '{"username": "bob", "parlance": 7}',
    '{"username": "bob", "parlance": "!"}',
    '{"username": "bob", "parlance": ""}',
    `{"username": "${'b'.repeat(1_200)}"}`,
    '{"username": {"a": {"b": 1}}}',
  ]) {
    assert.ok(foreign(text).isErr(), text.slice(0, 80));
  }
});

const withTail = (hex: string) => {
  const body = Buffer.concat([encodeBeaconBody(base), Buffer.from(hex, 'hex')]);
  return decodeBeacon(encodeBeacon({ username: 'x', ipAddress: '', body, signature: new Uint8Array(64) }));
};

test('unknown fields of a record are skipped; repeated fields and wrong lengths are refused', () => {
  assert.ok(withTail('fe0003616263').isOk());
  for (const tail of ['01000161', 'fe', 'fe00', 'feffff', 'fe0004616263', '0400020102', 'fe0000fe0000']) {
    assert.ok(withTail(tail).isErr(), tail);
  }
});

test('ten thousand malformed beacons: a typed error or a beacon, at once, and nothing else', (t) => {
  const valid = datagram(base);
  const mutated = fc
    .tuple(
      fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      fc.nat(valid.length),
      fc.nat(40),
    )
    .map(([edits, end, extra]) => {
      const bytes = Buffer.concat([valid.subarray(0, end), valid.subarray(0, extra)]);
      for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
      return new Uint8Array(bytes);
    });
  const record = fc.uint8Array({ maxLength: 300 }).map((tail) => {
    const bytes = Buffer.concat([encodeBeaconBody(base).subarray(0, 60), tail]);
    return new TextEncoder().encode(JSON.stringify({ username: 'x', parlance: bytes.toString('base64url') }));
  });
  const started = ownCpuMs();
  holds(
    t,
    fc.property(fc.oneof(mutated, record, fc.uint8Array({ maxLength: 1_300 })), (bytes) => {
      const read = decodeBeacon(bytes);
      if (read.isOk()) {
        if (read.value.kind === 'native') assert.ok(Buffer.byteLength(read.value.record.name) <= 3 * 64);
      } else assert.match(read.error.code, /^wire\//);
    }),
    { numRuns: 10_000 },
  );
  assert.ok(ownCpuMs() - started < 12_000);
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
});

// Case N16: with the neutral point as key one signature verifies for every beacon.
test('a beacon whose key is of small order is refused before its signature is checked', () => {
  const neutral = new Uint8Array(32);
  neutral[0] = 1;
  const forged = datagram({ ...base, idKey: neutral });
  assert.equal(decodeBeacon(forged)._unsafeUnwrapErr().code, 'wire/malformed');
});
