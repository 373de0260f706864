/** X25519, Ed25519, ChaCha20-Poly1305 and HKDF as this code calls them, against our oracle and Wycheproof. */
import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { test } from 'node:test';
import { verifySignature } from '../../src/session/certificate.js';
import { isSoundIdKey } from '../../src/wire/identity-key.js';
import { chaChaPoly, hkdf, sha256 } from '../../src/session/noise/cipher.js';
import { dh, generateDhKeyPair } from '../../src/session/noise/dh.js';
import { concat } from '../../src/wire/bytes.js';
import { dhKeyPairFromPrivate } from '../support/dh-key.js';
import { fromHex, hexOf, vectorSets } from '../support/vectors.js';

interface File<Case, Group> {
  readonly testGroups: readonly (Group & {
    readonly tests: readonly (Case & {
      readonly tcId: number;
      readonly result: string;
      readonly flags?: readonly string[];
    })[];
  })[];
}
const nothing = new Uint8Array(0);

for (const set of vectorSets)
  test(`x25519 gives every secret of the vectors, and none for small-order points (${set.name})`, () => {
    const { testGroups } =
      set.read<File<{ public: string; private: string; shared: string }, object>>('prim/x25519');
    let refused = 0;
    for (const vector of testGroups.flatMap((group) => group.tests)) {
      const { privateKey } = dhKeyPairFromPrivate(fromHex(vector.private));
      const secret = dh(privateKey, fromHex(vector.public));
      if (vector.flags?.includes('ZeroSharedSecret') === true) {
        assert.equal(secret, null);
        refused += 1;
      } else {
        assert.equal(hexOf(secret ?? nothing), vector.shared, `case ${String(vector.tcId)}`);
      }
    }
    assert.equal(refused, set.name === 'own' ? 7 : 27);
  });

test('a fresh key pair and one made from its bytes agree on a secret; other lengths are refused', () => {
  const a = generateDhKeyPair();
  const b = dhKeyPairFromPrivate(Uint8Array.from({ length: 32 }, (_, i) => i + 1));
  assert.deepEqual(dh(a.privateKey, b.publicKey), dh(b.privateKey, a.publicKey));
  for (const length of [0, 31, 33]) assert.equal(dh(a.privateKey, new Uint8Array(length).fill(9)), null);
});

for (const set of vectorSets)
  test(`ed25519 accepts and refuses what it should (${set.name})`, () => {
    const { testGroups } =
      set.read<File<{ msg: string; sig: string }, { readonly publicKey: { readonly pk: string } }>>(
        'prim/ed25519',
      );
    for (const group of testGroups)
      for (const vector of group.tests)
        assert.equal(
          verifySignature(fromHex(group.publicKey.pk), fromHex(vector.msg), fromHex(vector.sig)),
          vector.result === 'valid',
          `case ${String(vector.tcId)}`,
        );
  });

test('identity keys of small order, in every encoding, and those not reduced are refused', () => {
  const p = 2n ** 255n - 19n;
  const d = (-121665n * power(121666n, p - 2n, p)) % p;
  // The eight points whose order divides 8, found by their equation rather than copied: x and y with 8P = 0.
  const ofOrderEight = torsionY(p, ((d % p) + p) % p);
  assert.equal(ofOrderEight.length, 2);
  const small = [0n, 1n, p - 1n, ...ofOrderEight];
  for (const y of small)
    for (const sign of [0, 1])
      for (const encoded of [y, y + p].filter((value) => value < 2n ** 255n))
        assert.equal(isSoundIdKey(encode(encoded, sign)), false, `${String(encoded)} ${String(sign)}`);
  for (let y = p; y < 2n ** 255n; y += 1n)
    for (const sign of [0, 1]) assert.equal(isSoundIdKey(encode(y, sign)), false);
  assert.equal(isSoundIdKey(basePoint), true);
  assert.equal(isSoundIdKey(encode(p - 2n, 0)), true);
  assert.equal(isSoundIdKey(new Uint8Array(31).fill(7)), false);
});

test('a key for which one signature would fit every message is refused, whatever OpenSSL says', (t) => {
  const key = encode(1n, 0);
  const signature = concat([key, new Uint8Array(32)]);
  const fooled = ['a', 'b', 'c'].filter((text) => verifySignature(key, Buffer.from(text), signature));
  // Older ones take it for all three messages, newer ones for none.
  t.diagnostic(`verified with the neutral point as key: ${String(fooled.length)} of 3`);
  assert.equal(isSoundIdKey(key), false);
});

for (const set of vectorSets)
  test(`chacha20-poly1305 opens what is valid and gives nothing for the rest (${set.name})`, () => {
    const { testGroups } =
      set.read<
        File<
          { key: string; iv: string; aad: string; msg: string; ct: string; tag: string },
          { readonly ivSize: number }
        >
      >('prim/chacha20-poly1305');
    for (const group of testGroups.filter(({ ivSize }) => ivSize === 96))
      for (const vector of group.tests) {
        const [key, iv] = [fromHex(vector.key), fromHex(vector.iv)];
        const decipher = createDecipheriv('chacha20-poly1305', key, iv, { authTagLength: 16 });
        decipher.setAAD(fromHex(vector.aad), { plaintextLength: vector.ct.length / 2 });
        decipher.setAuthTag(fromHex(vector.tag));
        const opened = decipher.update(fromHex(vector.ct));
        if (vector.result !== 'valid') {
          assert.throws(() => decipher.final(), `case ${String(vector.tcId)}`);
          continue;
        }
        decipher.final();
        assert.equal(hexOf(opened), vector.msg);
        const cipher = createCipheriv('chacha20-poly1305', key, iv, { authTagLength: 16 });
        cipher.setAAD(fromHex(vector.aad), { plaintextLength: opened.length });
        assert.equal(hexOf(concat([cipher.update(opened), cipher.final()])), vector.ct);
        assert.equal(hexOf(cipher.getAuthTag()), vector.tag);
      }
  });

test('a counter makes the nonce of four zero bytes and 64 bits little-endian', () => {
  const key = new Uint8Array(32).fill(3);
  for (const [nonce, hex] of [
    [0, '000000000000000000000000'],
    [1, '000000000100000000000000'],
    [2 ** 32 + 5, '000000000500000001000000'],
    [-1, '00000000ffffffffffffffff'],
  ] as const) {
    const sealed = new Uint8Array(21);
    chaChaPoly.seal(key, nonce, nothing, Buffer.from('hello'), sealed, 0);
    const cipher = createCipheriv('chacha20-poly1305', key, fromHex(hex), { authTagLength: 16 });
    assert.equal(
      hexOf(sealed),
      hexOf(concat([cipher.update(Buffer.from('hello')), cipher.final(), cipher.getAuthTag()])),
    );
    assert.equal(Buffer.from(chaChaPoly.open(key, nonce, nothing, sealed) ?? []).toString(), 'hello');
    assert.equal(chaChaPoly.open(key, nonce, nothing, sealed.subarray(0, 15)), null);
  }
});

for (const set of vectorSets)
  test(`hkdf gives the output of the vectors where the vector has no info (${set.name})`, () => {
    const { testGroups } =
      set.read<File<{ ikm: string; salt: string; info: string; size: number; okm: string }, object>>(
        'prim/hkdf-sha256',
      );
    let tried = 0;
    for (const vector of testGroups.flatMap((group) => group.tests)) {
      if (vector.info !== '' || vector.size > 96 || vector.result !== 'valid') continue;
      const salt = vector.salt === '' ? new Uint8Array(32) : fromHex(vector.salt);
      const okm = concat(hkdf(sha256, salt, fromHex(vector.ikm), 3)).subarray(0, vector.size);
      assert.equal(hexOf(okm), vector.okm);
      tried += 1;
    }
    assert.ok(tried > 0);
  });

function encode(y: bigint, sign: number): Uint8Array {
  const bytes = new Uint8Array(32);
  for (let i = 0, rest = y; i < 32; i += 1, rest >>= 8n) bytes[i] = Number(rest & 255n);
  bytes[31] = (bytes[31] ?? 0) | (sign << 7);
  return bytes;
}

const basePoint = fromHex('5866666666666666666666666666666666666666666666666666666666666666');

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let b = ((base % modulus) + modulus) % modulus, e = exponent; e > 0n; e >>= 1n, b = (b * b) % modulus)
    if (e & 1n) result = (result * b) % modulus;
  return result;
}

/** y of the points of order 8: doubling gives a point of order 4 (y = 0), so y² = -x², and -x² + y² = 1 + d·x²·y². */
function torsionY(p: bigint, d: bigint): bigint[] {
  // With t = y² and x² = -t: 2t = 1 - d·t², so d·t² + 2t - 1 = 0 and t = (-1 ± √(1 + d)) / d.
  const root = squareRoot((1n + d) % p, p);
  const found: bigint[] = [];
  for (const r of root === null ? [] : [root, p - root]) {
    const t = (((r - 1n + p) % p) * power(d, p - 2n, p)) % p;
    const y = squareRoot(t, p);
    // x² = -t must be a square too; -1 is one modulo p.
    if (y !== null) found.push(y, p - y);
  }
  return found;
}

function squareRoot(value: bigint, p: bigint): bigint | null {
  const candidate = power(value, (p + 3n) / 8n, p);
  for (const root of [candidate, (candidate * power(2n, (p - 1n) / 4n, p)) % p])
    if ((root * root) % p === value % p) return root;
  return null;
}
