import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { test } from 'node:test';
import { createBeaconGate, type BeaconSource } from '../../src/chat/presence/beacon-gate.js';
import { peerIdOf } from '../../src/chat/people/identity.js';
import { createRoster } from '../../src/chat/presence/roster.js';
import {
  beaconSigningBytes,
  encodeBeacon,
  encodeBeaconBody,
  verifyBeacon,
  type BeaconKind,
} from '../../src/wire/beacon.js';

const wallClockMs = 1_700_000_000_000;

interface Mail {
  readonly from: BeaconSource;
  readonly bytes: Uint8Array;
  readonly to: BeaconSource;
}

/** The discovery of a node, with real signatures. Its datagrams go into `post`. */
function node(name: string, address: string, post: Mail[]) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const idKey = new Uint8Array(spki.subarray(-32));
  const self: BeaconSource = { address, port: 45_000, isLocal: false };
  const bootId = new Uint8Array(8).fill(name.length);
  const roster = createRoster();
  const gate = createBeaconGate({
    secret: new Uint8Array(32).fill(name.length),
    ownId: peerIdOf(idKey),
    ownBootId: bootId,
    standingOf: (peerId) => roster.standingOf(peerId),
    isKnownAddress: (peerId, host) => roster.isKnownAddress(peerId, host),
  });
  let seq = 0;
  const say = (kind: BeaconKind, to: BeaconSource, nonce: Uint8Array | null, bytesMax = 1_200): void => {
    seq += 1;
    const instance = new Uint8Array(8);
    const rest = { name, wireVersions: [1], certificateSerial: 1, nonce, instance };
    const body = encodeBeaconBody({ kind, idKey, bootId, seq, timeMs: wallClockMs, tcpPort: 6001, ...rest });
    const signature = new Uint8Array(sign(null, beaconSigningBytes(body), privateKey));
    const bytes = encodeBeacon({ username: name, ipAddress: address, body, signature });
    assert.ok(bytes.length <= bytesMax, `${kind} of ${bytes.length} bytes to a request of ${bytesMax}`);
    post.push({ from: self, bytes, to });
  };
  const hear = ({ from, bytes }: Mail, nowMs: number): void => {
    const clocks = { nowMs, wallClockMs: wallClockMs + nowMs };
    const decision = gate.judge(bytes, from, clocks);
    if (decision.type === 'challenge') post.push({ from: self, bytes: decision.bytes, to: from });
    if (decision.type === 'answer') say('answer', from, decision.nonce, decision.bytesMax);
    if (decision.type !== 'verify') return;
    const isGenuine = verifyBeacon(decision.beacon, (key, message, signature) =>
      verify(
        null,
        message,
        { key: Buffer.concat([spki.subarray(0, -32), key]), format: 'der', type: 'spki' },
        signature,
      ),
    );
    const isNew = roster.standingOf(decision.peerId) === 'unknown';
    const settled = gate.settle(decision, isGenuine, clocks);
    if (settled.type !== 'heard') return;
    roster.heard(settled.peerId, settled.record, from, clocks);
    // A newcomer that proved its address is greeted at once.
    if (isNew && settled.isAddressProven) say('announce', from, null);
  };
  return { self, roster, say, hear };
}

test('strangers meet after one announcement, and no reply is longer than its request', () => {
  for (const [first, second] of [
    ['alice', 'bob'],
    ['a', 'z'.repeat(64)],
    ['z'.repeat(64), 'b'],
  ] as const) {
    const post: Mail[] = [];
    const alice = node(first, '10.0.0.1', post);
    const bob = node(second, '10.0.0.22', post);
    alice.say('announce', bob.self, null);
    let mails = 0;
    for (let mail = post.shift(); mail !== undefined; mail = post.shift()) {
      (mail.to === bob.self ? bob : alice).hear(mail, mails);
      mails += 1;
      assert.ok(mails < 20, 'they come to an end');
    }
    assert.deepEqual(
      alice.roster.rows().map(({ name, state }) => [name, state]),
      [[second, 'online']],
    );
    assert.deepEqual(
      bob.roster.rows().map(({ name, state }) => [name, state]),
      [[first, 'online']],
    );
  }
});

test('a newcomer is seen among ten thousand forged beacons a second', () => {
  const post: Mail[] = [];
  const watcher = node('watcher', '10.0.0.1', post);
  const newcomer = node('newcomer', '10.0.0.2', post);
  newcomer.say('announce', watcher.self, null);
  const announcement = post.shift();
  assert.ok(announcement);
  for (let n = 0; n < 10_000; n += 1) {
    const address = `172.${16 + (n >> 12)}.${(n >> 4) & 255}.${n & 15}`;
    watcher.hear({ ...announcement, from: { address, port: n, isLocal: false } }, n / 10);
    post.length = 0;
  }
  watcher.hear(announcement, 1_000);
  for (let mail = post.shift(); mail !== undefined; mail = post.shift()) {
    (mail.to === watcher.self ? watcher : newcomer).hear(mail, 1_001);
  }
  assert.deepEqual(
    watcher.roster.rows().map(({ name }) => name),
    ['newcomer'],
  );
});
