/** The engine against vectors of our oracle and every published one: handshake bytes, payloads, transcript hash and transport messages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nobleKem } from '../../src/session/noise/kem.js';
import { NoiseHandshake, type NoiseOptions, type Role } from '../../src/session/noise/handshake.js';
import { dhKeyPairFromPrivate } from '../support/dh-key.js';
import { parsePattern } from '../support/noise-patterns.js';
import { aeadNamed, hashNamed, transportCiphers, x448Hybrid } from '../support/noise-suites.js';
import { fromHex, hexOf, publishedOnly, readOwn } from '../support/vectors.js';

interface Message {
  readonly payload: string;
  readonly ciphertext: string;
  readonly from?: 'init' | 'resp';
  readonly rekey_both_before?: boolean;
}

interface Vector {
  readonly protocol_name?: string;
  readonly name?: string;
  readonly init_prologue: string;
  readonly resp_prologue: string;
  readonly init_static?: string;
  readonly resp_static?: string;
  readonly init_ephemeral: string;
  readonly resp_ephemeral?: string;
  readonly init_remote_static?: string;
  readonly resp_remote_static?: string;
  readonly init_psks?: readonly string[];
  readonly resp_psks?: readonly string[];
  readonly init_kem_seed_d_z?: string;
  readonly resp_kem_m?: string;
  readonly init_hybrid_ephemeral?: string;
  readonly resp_hybrid_ephemeral?: string;
  readonly handshake_hash?: string;
  readonly messages: readonly Message[];
}

const nothing = new Uint8Array(0);
type Ciphers = Readonly<Record<Role, ReturnType<typeof transportCiphers>>>;

const keyPair = (hex: string | undefined) => (hex === undefined ? null : dhKeyPairFromPrivate(fromHex(hex)));

function side(vector: Vector, role: Role): NoiseHandshake {
  const prefix = role === 'initiator' ? 'init' : 'resp';
  const field = (name: string): string | undefined => {
    const value: unknown = Reflect.get(vector, `${prefix}_${name}`);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const [, pattern = '', keyAgreement = '', cipher = '', hash = ''] = (
    vector.protocol_name ??
    vector.name ??
    ''
  ).split('_');
  const hybrid = field('hybrid_ephemeral');
  const remote = field('remote_static');
  const options: NoiseOptions = {
    pattern: parsePattern(pattern, hybrid === undefined ? undefined : x448Hybrid(role, fromHex(hybrid))),
    suite: {
      aead: aeadNamed(cipher),
      hash: hashNamed(hash),
      kem: keyAgreement.includes('MLKEM768') ? nobleKem : null,
      keyAgreement,
    },
    role,
    prologue: fromHex(field('prologue') ?? ''),
    localStatic: keyPair(field('static')),
    remoteStatic: remote === undefined ? null : fromHex(remote),
    psks: ((role === 'initiator' ? vector.init_psks : vector.resp_psks) ?? []).map(fromHex),
    generateKeyPair() {
      const pair = keyPair(field('ephemeral'));
      assert.ok(pair);
      return pair;
    },
    random: (bytes) => fromHex(field(bytes === 64 ? 'kem_seed_d_z' : 'kem_m') ?? ''),
  };
  return new NoiseHandshake(options);
}

function replay(vector: Vector): void {
  const sides = { initiator: side(vector, 'initiator'), responder: side(vector, 'responder') };
  const isOneWay = /^[NKX](?:psk\d)?$/.test((vector.protocol_name ?? vector.name ?? '').split('_')[1] ?? '');
  let ciphers = null as Ciphers | null;
  for (const [index, message] of vector.messages.entries()) {
    const isFirst = message.from === undefined ? index % 2 === 0 || isOneWay : message.from === 'init';
    const from: Role = isFirst ? 'initiator' : 'responder';
    const to: Role = isFirst ? 'responder' : 'initiator';
    const payload = fromHex(message.payload);
    if (ciphers === null) {
      const written = sides[from].write(payload)._unsafeUnwrap();
      assert.equal(hexOf(written), message.ciphertext, `message ${String(index)}`);
      assert.equal(hexOf(sides[to].read(written)._unsafeUnwrap()), message.payload);
    } else {
      if (message.rekey_both_before === true)
        for (const pair of Object.values(ciphers)) {
          pair.send.rekey();
          pair.receive.rekey();
        }
      const sealed = ciphers[from].send.encrypt(nothing, payload);
      assert.equal(hexOf(sealed), message.ciphertext, `message ${String(index)}`);
      assert.equal(hexOf(ciphers[to].receive.decrypt(nothing, sealed) ?? nothing), message.payload);
    }
    if (ciphers === null && sides.initiator.isFinished) {
      const outcome = { initiator: sides.initiator.finish(), responder: sides.responder.finish() };
      assert.deepEqual(outcome.initiator.transcriptHash, outcome.responder.transcriptHash);
      if (vector.handshake_hash !== undefined)
        assert.equal(hexOf(outcome.initiator.transcriptHash), vector.handshake_hash);
      const cipherName = (vector.protocol_name ?? vector.name ?? '').split('_')[3] ?? '';
      ciphers = {
        initiator: transportCiphers(outcome.initiator, aeadNamed(cipherName)),
        responder: transportCiphers(outcome.responder, aeadNamed(cipherName)),
      };
    }
  }
  assert.ok(ciphers !== null, 'the handshake finished');
}

function replayAll(vectors: readonly Vector[]): void {
  for (const vector of vectors)
    try {
      replay(vector);
    } catch (error) {
      throw new Error(`${vector.protocol_name ?? vector.name ?? ''}: ${String(error)}`, { cause: error });
    }
}

test('the engine reproduces every vector of our own oracle', () => {
  const { vectors } = readOwn<{ vectors: readonly Vector[] }>('noise/own');
  assert.equal(vectors.length, 33);
  replayAll(vectors);
});

if (publishedOnly !== null) publishedVectors(publishedOnly.read);

function publishedVectors(read: <T>(path: string) => T): void {
  for (const [file, count] of [
    ['cacophony-25519-chachapoly', 118],
    ['cacophony-25519-other-suites', 24],
    ['snow-25519-chachapoly-sha256', 19],
    ['noise-c-hfs-25519+448', 8],
    ['snow-hfs-25519+mlkem768', 33],
  ] as const)
    test(`the engine reproduces every vector of ${file}`, () => {
      const { vectors } = read<{ vectors: readonly Vector[] }>(`noise/${file}`);
      assert.equal(vectors.length, count);
      replayAll(vectors);
    });

  test('the engine reproduces the XXhfs vectors of libp2p, keys and all', () => {
    const file = read<Libp2pFile>('noise/libp2p-xxhfs-25519+mlkem768');
    for (const vector of file.vectors) replayLibp2p(file.protocol_name, vector);
  });
}

interface Libp2pVector {
  readonly static_i_private: string;
  readonly static_r_private: string;
  readonly ephemeral_dh_i_private: string;
  readonly ephemeral_dh_r_private: string;
  readonly kem_i_seed_d_z: string;
  readonly encap_seed_m: string;
  readonly msg_a_bytes: number;
  readonly msg_b_bytes: number;
  readonly msg_c: string;
  readonly handshake_hash: string;
  readonly cs1_k: string;
  readonly cs2_k: string;
}

interface Libp2pFile {
  readonly protocol_name: string;
  readonly vectors: readonly Libp2pVector[];
}

function replayLibp2p(protocolName: string, vector: Libp2pVector): void {
  const common = { protocol_name: protocolName, init_prologue: '', resp_prologue: '', messages: [] };
  const whole: Vector = {
    ...common,
    init_static: vector.static_i_private,
    resp_static: vector.static_r_private,
    init_ephemeral: vector.ephemeral_dh_i_private,
    resp_ephemeral: vector.ephemeral_dh_r_private,
    init_kem_seed_d_z: vector.kem_i_seed_d_z,
    resp_kem_m: vector.encap_seed_m,
  };
  const initiator = side(whole, 'initiator');
  const responder = side(whole, 'responder');
  const a = initiator.write(nothing)._unsafeUnwrap();
  responder.read(a)._unsafeUnwrap();
  const b = responder.write(nothing)._unsafeUnwrap();
  initiator.read(b)._unsafeUnwrap();
  const c = initiator.write(nothing)._unsafeUnwrap();
  responder.read(c)._unsafeUnwrap();
  assert.deepEqual([a.length, b.length], [vector.msg_a_bytes, vector.msg_b_bytes]);
  assert.equal(hexOf(c), vector.msg_c);
  const outcome = initiator.finish();
  assert.equal(hexOf(outcome.transcriptHash), vector.handshake_hash);
  assert.deepEqual([hexOf(outcome.sendKey), hexOf(outcome.receiveKey)], [vector.cs1_k, vector.cs2_k]);
  const other = responder.finish();
  assert.deepEqual([hexOf(other.receiveKey), hexOf(other.sendKey)], [vector.cs1_k, vector.cs2_k]);
}
