import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  fingerprintDigits,
  isSameSafetyNumber,
  parseNativeId,
  peerIdOf,
  safetyNumber,
  tagOf,
} from '../../src/chat/people/identity.js';
import { parsePeerId } from '../../src/ids.js';
import { holds } from '../support/seeds.js';
import { vectorSets } from '../support/vectors.js';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });

for (const set of vectorSets)
  test(`the spellings of one id are one id, and bad ones are refused (${set.name})`, () => {
    const vector = set.read<{
      formatted: string;
      accept_as_same: string[];
      reject: string[];
    }>('identity/device-id');
    for (const spelling of [vector.formatted, ...vector.accept_as_same]) {
      assert.equal(parseNativeId(spelling)._unsafeUnwrap(), vector.formatted);
    }
    for (const spelling of vector.reject) assert.ok(parseNativeId(spelling).isErr(), spelling);
  });

for (const set of vectorSets)
  test(`the known answer comes out of the general fingerprint (${set.name})`, () => {
    const vector = set.read<{
      iterations: number;
      version_bytes: string;
      parties: { identity_key: string; stable_id: string }[];
      displayable: string;
    }>('identity/safety-number');
    const halves = vector.parties.map((party) =>
      fingerprintDigits({
        version: Buffer.from(vector.version_bytes, 'hex'),
        key: Buffer.from(party.identity_key, 'hex'),
        stableId: party.stable_id,
        iterations: vector.iterations,
      }),
    );
    assert.equal(halves.toSorted().join(''), vector.displayable);
  });

test('an id reads back from lower case, without dashes and with the usual mistypings', (t) => {
  holds(
    t,
    fc.property(key, (idKey) => {
      const id = peerIdOf(idKey);
      assert.match(id, /^[A-Z2-7]{7}(-[A-Z2-7]{7}){7}$/);
      for (const spelling of [
        id.toLowerCase(),
        id.replaceAll('-', ''),
        id.replaceAll('-', ' '),
        id.replaceAll('O', '0').replaceAll('I', '1').replaceAll('B', '8'),
      ]) {
        assert.equal(parseNativeId(spelling)._unsafeUnwrap(), id);
      }
      assert.equal(tagOf(id), id.slice(0, 4).toLowerCase());
    }),
  );
});

test('one wrong character in an id is noticed', () => {
  const id = peerIdOf(new Uint8Array(32).fill(7));
  for (let at = 0; at < id.length; at += 1) {
    if (id[at] === '-') continue;
    for (const other of 'AHQZ27') {
      if (id[at] === other) continue;
      const typo = id.slice(0, at) + other + id.slice(at + 1);
      assert.ok(parseNativeId(typo).isErr(), typo);
    }
  }
});

test('ids of different keys differ, and the id is what it always was', () => {
  assert.notEqual(peerIdOf(new Uint8Array(32)), peerIdOf(new Uint8Array(32).fill(1)));
  // Frozen: a change here would give every existing home another id.
  assert.equal(
    peerIdOf(new Uint8Array(32)),
    'J47FEF7-B4FATLO-3J35ICL-NP7ZW26-4KYR6PK-DLZCKTC-QBQSBDO-JXXE3QB',
  );
});

test('the safety number is the same on both sides, sixty digits in groups of five', () => {
  const [a, b, c] = [1, 2, 3].map((fill) => new Uint8Array(32).fill(fill));
  assert.ok(a && b && c);
  const number = safetyNumber(a, b);
  assert.match(number, /^\d{5}( \d{5}){11}$/);
  assert.equal(number, safetyNumber(b, a));
  assert.notEqual(number, safetyNumber(a, c));
  assert.equal(number, '55828 61336 63370 77062 28030 57864 64047 84894 24202 58444 12302 73870');
});

test('safety numbers are compared without regard to blanks, and digit by digit', () => {
  const number = safetyNumber(new Uint8Array(32), new Uint8Array(32).fill(1));
  assert.ok(isSameSafetyNumber(number, number.replaceAll(' ', '')));
  assert.ok(isSameSafetyNumber(` ${number.replaceAll(' ', '\n')}\t`, number));
  assert.ok(!isSameSafetyNumber(number, number.slice(0, -1)));
  assert.ok(!isSameSafetyNumber('', ''));
  const last = number.endsWith('1') ? '2' : '1';
  assert.ok(!isSameSafetyNumber(number, number.slice(0, -1) + last));
});

test("a peer of an older program has a tag of the same form, made from its address's hash", () => {
  const tags = ['synergy://10.0.0.7:8080', 'synergy://10.0.0.8:8080'].map((address) =>
    tagOf(parsePeerId(address)._unsafeUnwrap()),
  );
  for (const tag of tags) assert.match(tag, /^[a-z2-7]{4}$/);
  assert.notEqual(tags[0], tags[1]);
});
