import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { peerIdOf, tagCharsAmong, tagOf } from '../../src/chat/people/identity.js';
import {
  addressedId,
  clipBytes,
  invisibleIn,
  resolvePeer,
  parseOwnName,
  sanitiseName,
  taggedName,
  type NamedPeer,
} from '../../src/chat/people/name.js';
import { looksOf, skeletonOf } from '../../src/chat/people/skeleton.js';
import { parsePeerId } from '../../src/ids.js';
import { holds } from '../support/seeds.js';
import { codePoint } from '../support/code-points.js';

const peer = (name: string, fill: number): NamedPeer => ({
  peerId: peerIdOf(new Uint8Array(32).fill(fill)),
  name,
});
const foreign = (name: string, address: string): NamedPeer => ({
  peerId: parsePeerId(address)._unsafeUnwrap(),
  name,
});
const clean = (raw: string): string => sanitiseName(raw)._unsafeUnwrap();

test('a name loses what cannot be seen and keeps what people are called', () => {
  assert.equal(clean('  Jose\u0301   García '), 'José García');
  assert.equal(clean('\u202Ebob\u202C'), 'bob');
  assert.equal(clean('b\u200Bo\uFEFFb\u0007\x1b'), 'bob');
  assert.equal(clean('line\nbreak'), 'line break');
  assert.equal(clean('Ольга 李 سارة'), 'Ольга 李 سارة');
  assert.equal(clean('a\uE000\uD800b'), 'ab');
});

test('a name without a visible character is refused', () => {
  for (const raw of ['', '   ', '\u200B\u2060', '\x00\x1b', '\u3164', '\u2800', '\u0301\u0302']) {
    assert.equal(sanitiseName(raw)._unsafeUnwrapErr().code, 'chat/name-invalid', JSON.stringify(raw));
  }
});

const why = (raw: string): string => {
  const error = parseOwnName(raw)._unsafeUnwrapErr();
  assert.equal(error.code, 'chat/name-invalid');
  return error.detail;
};

test('an own name that would be cut is refused with the reason', () => {
  assert.equal(parseOwnName(` ${'ä'.repeat(64)} `)._unsafeUnwrap(), 'ä'.repeat(64));
  assert.equal(parseOwnName('👩🏽‍🚀'.repeat(15))._unsafeUnwrap(), clean('👩🏽‍🚀'.repeat(15)));
  assert.equal(why('ä'.repeat(65)), 'it has 65 characters, at most 64 are shown');
  assert.equal(why('👩🏽'.repeat(33)), 'it takes 264 bytes, at most 256 are kept');
  assert.equal(why('x'.repeat(2 ** 20)), 'it has 4096 characters, at most 64 are shown');
  assert.equal(why(' '), 'it has no visible character');
});

test('a name cannot bring a tag of its own', () => {
  assert.doesNotMatch(clean('bob#7kq2'), /#/);
  assert.equal(clean('bob #1'), 'bob #1');
});

test('blanks, and a letter and its mark, that a control character held apart become one', () => {
  assert.equal(clean('a\t\u0000\tb'), 'a b');
  assert.equal(clean('e\u0000\u0301'), '\u00E9');
});

test('a clean name stays as it is, and is bounded whatever came', (t) => {
  const any = fc.oneof(
    fc.string({ unit: codePoint, maxLength: 400 }),
    fc.string({ unit: 'grapheme-composite', maxLength: 400 }),
  );
  const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });
  holds(
    t,
    fc.property(any, (raw) => {
      const name = sanitiseName(raw);
      if (name.isErr()) return;
      assert.equal(clean(name.value), name.value);
      assert.ok(Buffer.byteLength(name.value) <= 256);
      assert.ok([...segmenter.segment(name.value)].length <= 64);
      assert.doesNotMatch(
        name.value,
        /(?!\u{200C}|\u{200D}|[\u{180B}-\u{180F}]|[\u{FE00}-\u{FE0F}]|[\u{E0020}-\u{E01EF}])[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]/u,
      );
    }),
    { numRuns: 400 },
  );
});

test('ten thousand marks on one letter and a megabyte of text are names like others', () => {
  assert.ok(Buffer.byteLength(clean(`z${'\u0336'.repeat(10_000)}algo`)) <= 256);
  assert.equal(clean('x'.repeat(2 ** 20)), 'x'.repeat(64));
  assert.ok(Buffer.byteLength(clean('👩🏽‍🚀'.repeat(200))) <= 256);
});

test('clipping to bytes never cuts a code point in two', (t) => {
  holds(
    t,
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.nat(64), (value, bytesMax) => {
      const clipped = clipBytes(value, bytesMax);
      assert.ok(Buffer.byteLength(clipped) <= bytesMax && value.startsWith(clipped));
      assert.doesNotMatch(clipped, /\p{Cs}/u);
    }),
  );
});

test('names that look alike have one skeleton, others have their own', () => {
  const alike: readonly (readonly [string, string])[] = [
    ['paypal', 'раураl'],
    ['Bob', 'ΒоЬ'],
    ['alice', 'аlісе'],
    ['alice', 'a1ice'],
    ['Ivan', 'lvan'],
    ['modern', 'modem'],
    ['root', 'r00t'],
    ['admin', 'ａｄｍｉｎ'],
    ['josé', 'jose'],
    ['Helen', 'Неlеn'],
    ['walter', 'vvalter'],
  ];
  for (const [a, b] of alike) assert.equal(skeletonOf(a), skeletonOf(b), `${a} ${b}`);
  for (const [a, b] of [
    ['bob', 'rob'],
    ['anna', 'hanna'],
    ['李', '王'],
    ['иван', 'петр'],
  ] as const) {
    assert.notEqual(skeletonOf(a), skeletonOf(b), `${a} ${b}`);
  }
});

test('a name of two identities is shown with its tag', () => {
  const [one, two] = [peer('bob', 1), peer('Bob', 2)];
  assert.equal(taggedName(one, [one, two]), `bob#${tagOf(one.peerId, 8)}`);
  assert.equal(resolvePeer(taggedName(two, [one, two]), [one, two])._unsafeUnwrap().type, 'peer');
});

test('a word finds its peer by name, tag or id, in that spelling or another', () => {
  const [bob, otherBob, zoe] = [peer('bob', 1), peer('bob', 2), peer('Zoë', 3)];
  const peers = [bob, otherBob, zoe];
  const found = (word: string) => {
    const target = resolvePeer(word, peers)._unsafeUnwrap();
    return target.type === 'peer' ? target.peerId : null;
  };
  assert.equal(found('zoë'), zoe.peerId);
  assert.equal(found('Zoe\u0308'), zoe.peerId);
  assert.equal(found(taggedName(otherBob)), otherBob.peerId);
  assert.equal(found(bob.peerId.toLowerCase().replaceAll('-', '')), bob.peerId);
  const nobody = peerIdOf(new Uint8Array(32).fill(9));
  assert.equal(found(nobody), nobody, 'a full id needs no roster');
});

// Cases P12, S11
test('the id under which messages to an address wait names that address', () => {
  for (const [host, port, shown] of [
    ['127.0.0.9', 1, '127.0.0.9:1'],
    ['::1', 6_001, '[::1]:6001'],
    ['localhost', 59_998, 'localhost:59998'],
  ] as const) {
    const id = addressedId({ host, port });
    assert.equal(id, `native://${shown}`);
    assert.deepEqual(resolvePeer(id ?? '', [])._unsafeUnwrap(), { type: 'address', host, port });
  }
  assert.equal(resolvePeer('native://bob', [peer('bob', 1)])._unsafeUnwrapErr().code, 'chat/unknown-peer');
});

test('an unknown and an ambiguous name are distinguished, with the labels to choose from', () => {
  const peers = [peer('bob', 1), peer('bob', 2)];
  assert.equal(resolvePeer('carol', peers)._unsafeUnwrapErr().code, 'chat/unknown-peer');
  assert.equal(resolvePeer('', peers)._unsafeUnwrapErr().code, 'chat/unknown-peer');
  assert.deepEqual(resolvePeer('bob', peers)._unsafeUnwrapErr(), {
    code: 'chat/ambiguous-peer',
    peer: 'bob',
    candidates: peers.map((each) => taggedName(each, peers)),
  });
});

test('exact case wins over another case', () => {
  const peers = [peer('bob', 1), peer('Bob', 2)];
  assert.deepEqual(resolvePeer('Bob', peers)._unsafeUnwrap(), { type: 'peer', peerId: peers[1]?.peerId });
  assert.ok(resolvePeer('BOB', peers).isErr());
});

test('the peer of an older program takes no name from a native one', () => {
  const peers = [foreign('bob', 'cmp2204://10.0.0.7'), peer('bob', 1)];
  assert.deepEqual(resolvePeer('bob', peers)._unsafeUnwrap(), { type: 'peer', peerId: peers[1]?.peerId });
  const spelt = [foreign('bob', 'cmp2204://10.0.0.7'), peer('Bob', 1)];
  assert.deepEqual(resolvePeer('bob', spelt)._unsafeUnwrap(), { type: 'peer', peerId: spelt[1]?.peerId });
});

// Case S11
test('localhost and an IP address mean the usual port, unless a peer is called so', () => {
  for (const host of ['localhost', '10.0.0.9', '::1'])
    assert.deepEqual(resolvePeer(host, [])._unsafeUnwrap(), { type: 'address', host, port: 6001 });
  const peers = [peer('localhost', 1)];
  assert.equal(resolvePeer('localhost', peers)._unsafeUnwrap().type, 'peer');
  assert.ok(resolvePeer('0x7f000001', []).isErr());
});

test('addresses are addresses, even when somebody is called so', () => {
  const peers = [peer('10.0.0.7:6001', 1)];
  assert.deepEqual(resolvePeer('10.0.0.7:6001', peers)._unsafeUnwrap(), {
    type: 'address',
    host: '10.0.0.7',
    port: 6001,
  });
  assert.deepEqual(resolvePeer('[fe80::1%eth0]:7000', [])._unsafeUnwrap(), {
    type: 'address',
    host: 'fe80::1%eth0',
    port: 7000,
  });
  for (const word of [
    'host:0',
    'host:70000',
    'ho st:80',
    'ftp://10.0.0.7',
    'synergy://10.0.0.7',
    'synergy://',
  ]) {
    assert.equal(resolvePeer(word, [])._unsafeUnwrapErr().code, 'chat/unknown-peer', word);
  }
});

test('an address of an older program has one id, whether its usual port is named or not', () => {
  for (const word of ['cmp2204://10.0.0.7', 'CMP2204://10.0.0.7:6001', 'cmp2204://10.0.0.7/']) {
    assert.deepEqual(resolvePeer(word, [])._unsafeUnwrap(), {
      type: 'foreign',
      peerId: 'cmp2204://10.0.0.7',
      dialect: 'cmp2204',
      host: '10.0.0.7',
      port: 6001,
    });
  }
  const v6 = resolvePeer('cmp2204://[fe80::7]:6001', [])._unsafeUnwrap();
  assert.ok(v6.type === 'foreign');
  assert.deepEqual([v6.peerId, v6.host], ['cmp2204://[fe80::7]', 'fe80::7']);
  assert.deepEqual(resolvePeer('synergy://10.0.0.7:8080', [])._unsafeUnwrap(), {
    type: 'foreign',
    peerId: 'synergy://10.0.0.7:8080',
    dialect: 'synergy',
    host: '10.0.0.7',
    port: 8080,
  });
});

// Case P15
test('a name keeps the joiners and selectors that its letters and emoji need', () => {
  for (const name of [
    'می\u200Cخواهم',
    'क्\u200Dष',
    'ශ්\u200Dරී',
    'ക്\u200Cഷ',
    '👩\u200D👩\u200D👧 Familie',
    'Ada ❤\uFE0F',
    'No 1\uFE0F\u20E3',
    '邉\u{E0100}さん',
    '🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}',
  ]) {
    assert.equal(clean(name), name.normalize('NFC'), JSON.stringify(name));
    assert.deepEqual(invisibleIn(name), []);
  }
});

// Case P15
test('a needless joiner is removed from a name, and its removal is visible to the caller', () => {
  for (const [raw, name, removed] of [
    ['pay\u200Dpal', 'paypal', ['U+200D']],
    ['pay\u200Cpal', 'paypal', ['U+200C']],
    ['a\uFE0Fb', 'ab', ['U+FE0F']],
    ['1\uFE0F2', '12', ['U+FE0F']],
    ['سلام\u200C', 'سلام', ['U+200C']],
    ['\u{E0067}\u{E007F}x', 'x', ['U+E0067', 'U+E007F']],
    ['b\u200Bo\u202Eb', 'bob', ['U+200B', 'U+202E']],
  ] as const) {
    assert.equal(clean(raw), name);
    assert.deepEqual(invisibleIn(raw), removed);
  }
});

// Case P21
test('signs and marks of trust are folded, and a name with a false tag looks like its owner', () => {
  for (const fake of [
    'Bob＃qv4v',
    'Bob♯qv4v',
    'Bob﹟qv4v',
    'Воb #\uFE0F\u20E3abcd',
    'Bob ✓',
    'Bob (verified)',
  ]) {
    assert.ok(looksOf(fake).includes(skeletonOf('Bob')), fake);
  }
  assert.ok(!looksOf('C#').includes(skeletonOf('C')));
  assert.equal(skeletonOf('Jean–Luc'), skeletonOf('Jean-Luc'));
});

// Case P3
test('a tag of namesakes has at least eight characters, and an ambiguous prefix names both', () => {
  const peers = [peer('bob', 1), peer('bob', 2)];
  const [first, second] = peers.map(({ peerId }) => peerId);
  assert.ok(first !== undefined && second !== undefined);
  assert.equal(tagOf(first), first.slice(0, 4).toLowerCase());
  assert.equal(tagCharsAmong(first, [second]), 8);
  const twin = parsePeerId(`${first.slice(0, 13)}${second.slice(13)}`)._unsafeUnwrap();
  const chars = tagCharsAmong(first, [twin]);
  assert.ok(chars > 8 && tagOf(first, chars) !== tagOf(twin, chars));
  const twins = [
    { peerId: first, name: 'bob' },
    { peerId: twin, name: 'Bob' },
  ];
  const found = resolvePeer(`bob#${tagOf(first)}`, twins)._unsafeUnwrapErr();
  assert.ok(found.code === 'chat/ambiguous-peer');
  assert.deepEqual(
    found.candidates,
    twins.map((each) => taggedName(each, twins)),
  );
  for (const candidate of found.candidates) assert.ok(resolvePeer(candidate, twins).isOk(), candidate);
});

const foundAmong = (word: string, peers: readonly NamedPeer[]) => {
  const target = resolvePeer(word, peers)._unsafeUnwrap();
  return target.type === 'peer' ? target.peerId : null;
};

// Case P16
test('a former name finds its bearer, unless another peer bears it now', () => {
  const renamed = { ...peer('David', 1), formerNames: ['Dave'] };
  assert.equal(foundAmong('dave', [renamed]), renamed.peerId);
  assert.equal(foundAmong(`dave#${tagOf(renamed.peerId)}`, [renamed]), renamed.peerId);
  const other = peer('Dave', 2);
  assert.equal(foundAmong('Dave', [renamed, other]), other.peerId);
});
