/** ML-KEM-768 against vectors of our oracle and of others, with every backend that is here. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { createMlKem768 } from 'mlkem';
import { kem, nativeKem, nobleKem, warmUpKem, type Kem } from '../../src/session/noise/kem.js';
import { concat } from '../../src/wire/bytes.js';
import {
  fromHex,
  hexOf,
  publishedOnly,
  vectorSets,
  type VectorFile,
  type VectorSet,
} from '../support/vectors.js';

interface Wycheproof<Case> {
  readonly testGroups: readonly {
    readonly tests: readonly (Case & { readonly tcId: number; readonly result: string })[];
  }[];
}

const cases = <Case>(set: VectorSet, file: VectorFile) =>
  set.read<Wycheproof<Case>>(file).testGroups.flatMap((group) => group.tests);

/** OpenSSL's from Node 24.7 on. */
const backends: readonly (readonly [string, Kem])[] =
  nativeKem === null
    ? [['JavaScript', nobleKem]]
    : [
        ['JavaScript', nobleKem],
        ['native', nativeKem],
      ];
const given = (bytes: Uint8Array) => () => bytes.slice();

for (const [name, chosen] of backends) {
  for (const set of vectorSets) {
    test(`${name} KEM: decapsulation gives the secret of every vector (${set.name})`, () => {
      for (const vector of cases<{ seed: string; ek?: string; c: string; K: string }>(set, 'kem/decaps')) {
        const seed = fromHex(vector.seed);
        if (seed.length !== 64) continue;
        const { publicKey, privateKey } = chosen.generate(given(seed));
        if (vector.ek !== undefined && vector.ek !== '') assert.equal(hexOf(publicKey), vector.ek);
        const secret = privateKey.decapsulate(fromHex(vector.c));
        if (vector.result === 'valid') assert.equal(hexOf(secret ?? new Uint8Array(0)), vector.K);
        else assert.equal(secret, null, `case ${String(vector.tcId)}`);
      }
    });

    test(`${name} KEM: keys are made from seeds as the vectors say (${set.name})`, () => {
      for (const vector of cases<{ seed: string; ek: string; dk: string }>(set, 'kem/keygen')) {
        assert.equal(hexOf(chosen.generate(given(fromHex(vector.seed))).publicKey), vector.ek);
        assert.equal(hexOf(ml_kem768.keygen(fromHex(vector.seed)).secretKey), vector.dk);
      }
    });
  }

  test(`${name} KEM: a key with any one coefficient that is not reduced modulo q is refused`, () => {
    const { publicKey } = chosen.generate(given(new Uint8Array(64)));
    for (let at = 0; at < coefficients; at += 1)
      for (const value of [q, 4_095])
        assert.equal(
          chosen.encapsulate(withCoefficient(publicKey, at, value), given(new Uint8Array(32))),
          null,
        );
    assert.ok(chosen.encapsulate(withCoefficient(publicKey, 7, q - 1), given(new Uint8Array(32))));
  });

  if (publishedOnly !== null) {
    const keys = publishedOnly.readGzipped('kem/cctv-mlkem768-modulus.txt.gz').trim().split('\n');
    test(`${name} KEM: all 780 published keys that are not reduced modulo q are refused`, () => {
      assert.equal(keys.length, 780);
      for (const key of keys) assert.equal(chosen.encapsulate(fromHex(key), given(new Uint8Array(32))), null);
    });
  }
}

/** Of a public key: three polynomials of 256, twelve bits each. */
const coefficients = 768;
const q = 3_329;

function withCoefficient(publicKey: Uint8Array, at: number, value: number): Uint8Array {
  const changed = publicKey.slice();
  const [low, high] = [Math.floor((at * 12) / 8), Math.floor((at * 12) / 8) + 1];
  const bits = (changed[low] ?? 0) | ((changed[high] ?? 0) << 8);
  const mixed = at % 2 === 0 ? (bits & 0xf000) | value : (bits & 0x000f) | (value << 4);
  changed[low] = mixed & 0xff;
  changed[high] = mixed >> 8;
  return changed;
}

for (const set of vectorSets) {
  test(`JavaScript KEM: encapsulation gives ciphertext and secret of every vector (${set.name})`, () => {
    for (const vector of cases<{ m: string; ek: string; c: string; K: string }>(set, 'kem/encaps')) {
      const sealed = nobleKem.encapsulate(fromHex(vector.ek), given(fromHex(vector.m)));
      if (vector.result === 'valid') {
        assert.ok(sealed);
        assert.deepEqual([hexOf(sealed.ciphertext), hexOf(sealed.sharedSecret)], [vector.c, vector.K]);
      } else {
        assert.equal(sealed, null, `case ${String(vector.tcId)}`);
      }
    }
  });

  test(`expanded keys that do not check are refused (${set.name})`, () => {
    for (const vector of cases<{ dk: string; c: string; K?: string }>(set, 'kem/semi-expanded-decaps')) {
      const decapsulate = () => ml_kem768.decapsulate(fromHex(vector.c), fromHex(vector.dk));
      if (vector.result === 'valid') assert.equal(hexOf(decapsulate()), vector.K);
      else assert.throws(decapsulate);
    }
  });

  test(`a hundred accumulated rounds hash to the value of the vectors (${set.name})`, () => {
    const { go_100 } = set.read<{ go_100: string }>('kem/accumulated');
    assert.equal(accumulated(100), go_100);
  });
}

/** SHAKE128 as a stream: a longer output begins with the shorter one. */
function accumulated(rounds: number): string {
  const stream = createHash('shake128', { outputLength: rounds * (32 * 3 + 1_088) }).digest();
  let at = 0;
  const draw = (bytes: number) => Uint8Array.from(stream.subarray(at, (at += bytes)));
  const absorbed: Uint8Array[] = [];
  for (let i = 0; i < rounds; i += 1) {
    const { publicKey, privateKey } = nobleKem.generate(() => concat([draw(32), draw(32)]));
    const sealed = nobleKem.encapsulate(publicKey, () => draw(32));
    assert.ok(sealed);
    const random = privateKey.decapsulate(draw(1_088));
    assert.ok(random);
    absorbed.push(publicKey, sealed.ciphertext, sealed.sharedSecret, random);
  }
  return createHash('shake128', { outputLength: 32 }).update(concat(absorbed)).digest('hex');
}

test('the backend in use and an independent implementation agree both ways', async () => {
  const other = await createMlKem768();
  for (let i = 0; i < 5; i += 1) {
    const random = (bytes: number) => Uint8Array.from({ length: bytes }, (_, j) => (i * 31 + j * 7) % 256);
    const ours = kem.generate(random);
    const [ciphertext, secret] = other.encap(ours.publicKey);
    assert.deepEqual(Uint8Array.from(ours.privateKey.decapsulate(ciphertext) ?? []), Uint8Array.from(secret));
    const [theirPublic, theirPrivate] = other.generateKeyPair();
    const sealed = kem.encapsulate(theirPublic, random);
    assert.ok(sealed);
    assert.deepEqual(
      Uint8Array.from(other.decap(sealed.ciphertext, theirPrivate)),
      Uint8Array.from(sealed.sharedSecret),
    );
  }
});

test('keys and ciphertexts of another length are refused, and warming up leaves nothing behind', () => {
  for (const [, backend] of backends) {
    assert.equal(backend.encapsulate(new Uint8Array(1_183), given(new Uint8Array(32))), null);
    const { privateKey } = backend.generate(given(new Uint8Array(64)));
    assert.equal(privateKey.decapsulate(new Uint8Array(1_087)), null);
    warmUpKem(backend);
  }
});
