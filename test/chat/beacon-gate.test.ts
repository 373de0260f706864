import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  createBeaconGate,
  type BeaconDecision,
  type BeaconSource,
  type PendingBeacon,
} from '../../src/chat/presence/beacon-gate.js';
import { peerIdOf } from '../../src/chat/people/identity.js';
import { beaconGate as limits } from '../../src/chat/presence/limits.js';
import { createRoster, gateViewOf } from '../../src/chat/presence/roster.js';
import { decodeBeacon, encodeBeacon, encodeBeaconBody, type BeaconRecord } from '../../src/wire/beacon.js';
import { holds } from '../support/seeds.js';

const wallClockMs = 1_700_000_000_000;
const clocks = (nowMs: number) => ({ nowMs, wallClockMs: wallClockMs + nowMs });
const keyOf = (n: number) => {
  const key = new Uint8Array(32).fill(9, 16);
  new DataView(key.buffer).setUint32(0, n);
  return key;
};
const at = (address: string, port = 40_000, isLocal = false): BeaconSource => ({ address, port, isLocal });

const record = (n: number, changes: Partial<BeaconRecord> = {}): BeaconRecord => ({
  kind: 'announce',
  idKey: keyOf(n),
  bootId: new Uint8Array(8).fill(1),
  seq: 1,
  timeMs: wallClockMs,
  tcpPort: 6001,
  name: `peer${n}`,
  wireVersions: [1],
  certificateSerial: 1,
  nonce: null,
  instance: null,
  ...changes,
});
const datagram = (content: BeaconRecord): Uint8Array =>
  encodeBeacon({
    username: content.name,
    ipAddress: '10.0.0.7',
    body: encodeBeaconBody(content),
    signature: new Uint8Array(64),
  });

function setUp(ownKey = 0, isInvisible = false) {
  const roster = createRoster();
  const gate = createBeaconGate({
    secret: new Uint8Array(32).fill(7),
    ownId: peerIdOf(keyOf(ownKey)),
    ownBootId: new Uint8Array(8).fill(9),
    ...gateViewOf(roster, () => isInvisible),
  });
  const hear = (content: BeaconRecord, source: BeaconSource, nowMs: number) =>
    gate.judge(datagram(content), source, clocks(nowMs));
  /** Through signature check and roster, as the discovery actor does it. */
  const settle = (pending: PendingBeacon, source: BeaconSource, nowMs: number, isGenuine = true) => {
    const settled = gate.settle(pending, isGenuine, clocks(nowMs));
    if (settled.type === 'heard') roster.heard(settled.peerId, settled.record, source, clocks(nowMs));
    return settled;
  };
  /** The whole dance of an honest peer; true when it ended in the roster. */
  const introduce = (content: BeaconRecord, source: BeaconSource, nowMs: number): boolean => {
    const first = hear(content, source, nowMs);
    const decision =
      first.type === 'challenge'
        ? hear({ ...content, kind: 'answer', seq: content.seq + 1, nonce: nonceOf(first) }, source, nowMs)
        : first;
    return decision.type === 'verify' && settle(decision, source, nowMs).type === 'heard';
  };
  return { gate, roster, hear, settle, introduce };
}

function nonceOf(decision: BeaconDecision): Uint8Array {
  assert.equal(decision.type, 'challenge');
  const read = decodeBeacon(decision.bytes)._unsafeUnwrap();
  assert.equal(read.kind, 'challenge');
  return read.nonce;
}
const reasonOf = (decision: { readonly type: string; readonly reason?: string }): string =>
  decision.type === 'drop' ? (decision.reason ?? '') : decision.type;

test('a stranger is challenged first, and verified once its cookie comes back from its address', () => {
  const { hear, settle, roster } = setUp();
  const home = at('10.0.0.7');
  const first = hear(record(1), home, 0);
  assert.equal(first.type, 'challenge');
  assert.ok(first.bytes.length <= datagram(record(1)).length);
  const answer = record(1, { kind: 'answer', seq: 2, nonce: nonceOf(first) });
  assert.notEqual(hear(answer, at('10.0.0.8'), 10).type, 'verify', 'another address');
  assert.notEqual(hear(answer, at('10.0.0.7', 40_001), 10).type, 'verify', 'another port');
  const made = record(1, { kind: 'answer', seq: 2, nonce: new Uint8Array(16) });
  assert.notEqual(hear(made, home, 10).type, 'verify', 'a nonce of its own making');
  const verified = hear(answer, home, 20);
  assert.equal(verified.type, 'verify');
  assert.ok(verified.isAddressProven);
  assert.equal(reasonOf(settle(verified, home, 20)), 'heard');
  assert.equal(roster.rows()[0]?.name, 'peer1');
  assert.equal(hear(record(1, { seq: 3 }), home, 8_000).type, 'verify', 'no cookie once it is in the roster');
});

test('a cookie is good for its period and the next', () => {
  const { hear } = setUp();
  const home = at('10.0.0.7');
  const nonce = nonceOf(hear(record(1), home, 29_000));
  const answer = record(1, { kind: 'answer', seq: 2, nonce });
  assert.equal(hear(answer, home, 59_000).type, 'verify');
  assert.notEqual(hear(answer, home, 60_001).type, 'verify');
});

test('a wrong signature changes nothing: neither roster nor freshness', () => {
  const { hear, settle, roster, introduce } = setUp();
  const home = at('10.0.0.7');
  assert.ok(introduce(record(1), home, 0));
  const forged = hear(record(1, { seq: 1_000_000 }), home, 10);
  assert.equal(forged.type, 'verify');
  assert.equal(reasonOf(settle(forged, home, 10, false)), 'bad-signature');
  assert.deepEqual(roster.rows()[0]?.addresses, [{ host: '10.0.0.7', port: 6001 }]);
  assert.equal(hear(record(1, { seq: 5 }), home, 20).type, 'verify');
});

test('while nothing may be sent, a flood of strangers leaves contacts their signature checks', () => {
  const { hear, roster } = setUp(0, true);
  roster.setContacts([peerIdOf(keyOf(1))]);
  const flood = Array.from({ length: 2 * limits.rosteredVerifyPerSecond }, (_, n) =>
    hear(record(n + 2), at(`10.0.${n >> 8}.${n & 255}`), 0),
  );
  assert.equal(flood[0]?.type, 'verify', 'a stranger needs no cookie');
  assert.notEqual(flood.at(-1)?.type, 'verify', 'the budget of strangers is spent');
  assert.equal(hear(record(1), at('10.1.0.1'), 0).type, 'verify');
});

// Case N3
test('a record repeated from another address counts there once the peer answers our nonce', () => {
  const { hear, settle, introduce, roster } = setUp();
  const home = at('10.0.0.7');
  const hosts = () => roster.rows()[0]?.addresses.map(({ host }) => host);
  assert.ok(introduce(record(1, { seq: 10 }), home, 0));
  assert.equal(reasonOf(hear(record(1, { seq: 9 }), home, 10)), 'stale');
  assert.equal(reasonOf(hear(record(1, { seq: 11 }), home, 10)), 'repeat');
  const otherInterface = at('192.168.1.7');
  const challenge = hear(record(1, { seq: 11 }), otherInterface, 10);
  assert.equal(challenge.type, 'challenge');
  assert.deepEqual(hosts(), ['10.0.0.7']);
  const answer = record(1, { kind: 'answer', seq: 12, nonce: nonceOf(challenge) });
  const verified = hear(answer, otherInterface, 20);
  assert.equal(verified.type, 'verify');
  settle(verified, otherInterface, 20);
  assert.deepEqual(hosts(), ['192.168.1.7', '10.0.0.7']);
});

// Case N3
test('records of a contact that are replayed from eight addresses put it at none of them', () => {
  const { hear, introduce, roster } = setUp();
  roster.setContacts([peerIdOf(keyOf(1))]);
  for (let n = 0; n < 8; n += 1)
    assert.equal(hear(record(1, { seq: n + 1 }), at(`10.66.0.${n}`), n).type, 'challenge');
  assert.deepEqual(roster.rows(), []);
  assert.ok(introduce(record(1, { seq: 9 }), at('10.0.0.7'), 10));
  for (let n = 0; n < 8; n += 1)
    assert.notEqual(hear(record(1, { seq: n + 11 }), at(`10.66.1.${n}`), 20 + n).type, 'verify');
  assert.deepEqual(roster.rows()[0]?.addresses, [{ host: '10.0.0.7', port: 6001 }]);
});

test('a goodbye counts from any address: who says it cannot prove anything any more', () => {
  const { hear, introduce } = setUp();
  assert.ok(introduce(record(1), at('10.0.0.7'), 0));
  assert.equal(hear(record(1, { kind: 'bye', seq: 9 }), at('192.168.1.7'), 10).type, 'verify');
});

test('a new run needs a later clock or a cookie, a wild clock needs a cookie', () => {
  const { hear, introduce } = setUp();
  const home = at('10.0.0.7');
  assert.ok(introduce(record(1, { seq: 10 }), home, 0));
  const reborn = { bootId: new Uint8Array(8).fill(2), seq: 1 };
  assert.equal(hear(record(1, { ...reborn, timeMs: wallClockMs + 1 }), home, 2_000).type, 'verify');
  const back = record(1, { ...reborn, timeMs: wallClockMs - 86_400_000 });
  const challenge = hear(back, home, 2_100);
  assert.equal(challenge.type, 'challenge');
  const answer = record(1, { ...reborn, timeMs: 0, seq: 2, kind: 'answer', nonce: nonceOf(challenge) });
  assert.equal(hear(answer, home, 2_200).type, 'verify');
});

test("strangers eat neither the contacts' challenges nor their signature checks", () => {
  const { hear, introduce, roster } = setUp();
  roster.setContacts([peerIdOf(keyOf(1))]);
  // Ten thousand forged strangers in one second, each from its own address.
  for (let n = 2; n < 10_000; n += 1) hear(record(n), at(`10.${n >> 8}.${n & 255}.1`), n / 10);
  assert.ok(introduce(record(1), at('10.200.0.7'), 1_000));
  assert.equal(hear(record(1, { seq: 3 }), at('10.200.0.7'), 1_001).type, 'verify', 'no cookie from now on');
});

test('after forgeries used up the share of contacts the real one passes with a cookie', () => {
  const { hear, introduce, roster } = setUp();
  roster.setContacts([peerIdOf(keyOf(1))]);
  for (let n = 0; n < 60; n += 1) hear(record(1, { seq: 100 + n }), at(`10.1.1.${n}`), 0);
  assert.equal(hear(record(1, { seq: 200 }), at('10.2.2.2'), 1).type, 'challenge');
  assert.ok(introduce(record(1, { seq: 300 }), at('10.0.0.7'), 2));
});

test('at most 200 signatures a second are checked, and a source gets one challenge a second', () => {
  const { hear } = setUp();
  let checks = 0;
  const challenges = new Map<string, number>();
  for (let n = 0; n < 20_000; n += 1) {
    const source = at(`10.0.${n % 40}.${n % 250}`);
    const nowMs = n / 20;
    const decision = hear(record(n % 500, { seq: n }), source, nowMs);
    if (decision.type === 'challenge') {
      challenges.set(source.address, (challenges.get(source.address) ?? 0) + 1);
      const nonce = nonceOf(decision);
      if (hear(record(n % 500, { kind: 'answer', seq: n, nonce }), source, nowMs).type === 'verify')
        checks += 1;
    } else if (decision.type === 'verify') checks += 1;
  }
  assert.ok(checks > 50 && checks <= 400, `${checks} checks: a burst and one second's refill`);
  for (const [address, count] of challenges) assert.ok(count <= 2, `${address}: ${count}`);
});

test('a source that floods is cut off before anything is parsed; its neighbour is not', () => {
  const { gate, hear } = setUp();
  const flood = at('10.0.0.66');
  const outcomes = Array.from({ length: 100 }, () =>
    reasonOf(gate.judge(new Uint8Array(9), flood, clocks(0))),
  );
  assert.equal(outcomes.filter((reason) => reason === 'malformed').length, 20);
  assert.equal(outcomes.filter((reason) => reason === 'source-budget').length, 80);
  assert.equal(hear(record(1), at('10.0.0.7'), 0).type, 'challenge');
  for (let n = 0; n < 30; n += 1) hear(record(1), at('127.0.0.1', 5_000, true), 0);
  assert.equal(hear(record(2), at('127.0.0.1', 5_001, true), 0).type, 'challenge', 'homes of one machine');
});

test('challenges are answered once a second per source, within the length of the challenge', () => {
  const { gate, hear } = setUp();
  const challenge = hear(record(1), at('10.0.0.7'), 0);
  assert.equal(challenge.type, 'challenge');
  const answer = gate.judge(challenge.bytes, at('10.0.0.9'), clocks(0));
  assert.deepEqual(answer, { type: 'answer', nonce: nonceOf(challenge), bytesMax: challenge.bytes.length });
  assert.equal(reasonOf(gate.judge(challenge.bytes, at('10.0.0.9'), clocks(999))), 'answered');
  assert.equal(gate.judge(challenge.bytes, at('10.0.0.9'), clocks(1_000)).type, 'answer');
});

test('our own beacon is ignored, and a copied home is reported', () => {
  const { hear, settle, roster } = setUp();
  const home = at('10.0.0.7');
  assert.equal(reasonOf(hear(record(0, { bootId: new Uint8Array(8).fill(9) }), home, 0)), 'own');
  const nonce = nonceOf(hear(record(0), home, 0));
  const twin = hear(record(0, { kind: 'answer', seq: 2, nonce }), home, 10);
  assert.equal(twin.type, 'verify');
  assert.equal(settle(twin, home, 10).type, 'twin');
  assert.equal(roster.rows().length, 0);
});

test('low ports and goodbyes of strangers are dropped; a query is answered once', () => {
  const { hear, introduce, settle } = setUp();
  const home = at('10.0.0.7');
  assert.equal(reasonOf(hear(record(1, { tcpPort: 22 }), home, 0)), 'port');
  assert.equal(reasonOf(hear(record(1, { kind: 'bye' }), home, 0)), 'unknown-bye');
  assert.ok(introduce(record(1), home, 0));
  const nonce = new Uint8Array(16).fill(4);
  const query = hear(record(1, { kind: 'query', seq: 9, nonce }), home, 10);
  assert.equal(query.type, 'verify');
  const settled = settle(query, home, 10);
  assert.ok(settled.type === 'heard' && settled.answer);
  assert.deepEqual(settled.answer.nonce, nonce);
  assert.equal(reasonOf(settle(query, home, 20)), 'heard');
});

test('random datagrams never throw, and never reach the signature check', (t) => {
  const { gate } = setUp();
  const valid = datagram(record(1));
  holds(
    t,
    fc.property(
      fc.nat(valid.length),
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(2 ** 31),
      (end, tail, host) => {
        const bytes = Buffer.concat([valid.subarray(0, end), tail]);
        const decision = gate.judge(bytes, at(`${host}`), clocks(host));
        assert.notEqual(decision.type, 'verify');
        if (decision.type === 'challenge') assert.ok(decision.bytes.length <= bytes.length);
      },
    ),
    { numRuns: 1_500 },
  );
});

// Case N1
test('an IPv6 network is one source of beacons, with room for the nodes of a network', () => {
  const { hear } = setUp();
  const dropped = (count: number, nowMs: number, network: string): number =>
    Array.from({ length: count }, (_, n) => {
      const source = { address: `${network}::${n.toString(16)}`, port: 1, isLocal: false };
      return hear(record(1), source, nowMs);
    }).filter((decision) => decision.type === 'drop' && decision.reason === 'source-budget').length;
  const most = limits.sourceBurst * limits.networkShares;
  assert.equal(dropped(most + 50, 0, 'fd00:0:0:1'), 50);
  assert.equal(dropped(10, 0, 'fd00:0:0:2'), 0);
  assert.equal(dropped(limits.sourceRatePerSecond * limits.networkShares, 1_001, 'fd00:0:0:1'), 0);
});
