/** The object that is transferred: manifest, places in the stream, hashes, and the words about it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodeManifest,
  encodeManifest,
  Layout,
  sumsOf,
  type ManifestEntry,
} from '../../../src/chat/files/manifest.js';
import {
  chunkBytesOf,
  chunkCountOf,
  chunkLengthOf,
  isChunkSize,
  listHashOf,
  manifestHashOf,
  openChunkHash,
  rootOf,
} from '../../../src/chat/files/tree.js';
import { decodeFileWords, decodeOffer, encodeFileWords, encodeOffer } from '../../../src/dialects/files.js';
import { native, unpack } from '../../../src/dialects/native.js';
import { messageIdFromBytes } from '../../../src/ids.js';
import { concat, fromHex, toHex } from '../../../src/wire/bytes.js';
import { holds } from '../../support/seeds.js';

const mtimeMs = 1_764_480_000_000;
const file = (path: string, bytes: number): ManifestEntry => ({
  kind: 'file',
  path,
  bytes,
  mtimeMs,
  isExecutable: false,
  target: '',
});

/** The vector of the draft: three files in one stream of three chunks. */
const vector = {
  manifest:
    '00000000000006019ad3342000000005612e74787400000000000000019ad3342000000005656d707479000000000927c0019ad334200000000b6469722f6269672e62696e',
  chunkHashes: [
    '7a4b9a9a6a7535728f40967cf9728ae821ed534a454cf147ccf4c415d97d98a6',
    'f83855618c4de4a18366fce43e645908bbec49c5e242375c8a02060758b56b69',
    '9d331ef6ab6669f326871e9ba47e574a615ada65947d8991c9684b3552962650',
  ],
  manifestHash: '914eaaa899890369ac5de081d46295b061d23f8d78a1b42479cd107104629371',
  listHash: '8a07ed35ffb8acd063cf9c76ff549aba2643c02ba6cb10be1f91cadb49af410c',
  root: 'fbf3da544f69acc44aef2ea072afa3b8a90fbafe96882da1f2d7ed2cce51f2ea',
};

test('manifest, chunks and root equal the vector of the draft', () => {
  const entries = [file('a.txt', 6), file('empty', 0), file('dir/big.bin', 600_000)];
  const manifest = encodeManifest(entries)._unsafeUnwrap();
  assert.equal(toHex(manifest), vector.manifest);
  assert.deepEqual(decodeManifest(manifest)._unsafeUnwrap(), entries);
  const stream = concat([Buffer.from('hello\n'), new Uint8Array(600_000).fill(0x5a)]);
  const chunkBytes = chunkBytesOf(stream.length) ?? 0;
  assert.equal(chunkBytes, 262_144);
  const hashes = Array.from({ length: chunkCountOf(stream.length, chunkBytes) }, (_, at) =>
    openChunkHash(at)
      .update(stream.subarray(at * chunkBytes, (at + 1) * chunkBytes))
      .digest(),
  );
  assert.deepEqual(hashes.map(toHex), vector.chunkHashes);
  const listHash = listHashOf(chunkBytes, stream.length, concat(hashes));
  assert.equal(toHex(manifestHashOf(manifest)), vector.manifestHash);
  assert.equal(toHex(listHash), vector.listHash);
  assert.equal(toHex(rootOf(manifestHashOf(manifest), listHash)), vector.root);
});

test('chunks grow with the stream, so that their list stays short', () => {
  assert.equal(chunkBytesOf(0), 262_144);
  assert.equal(chunkBytesOf(2 ** 31), 262_144);
  assert.equal(chunkBytesOf(2 ** 31 + 1), 524_288);
  assert.equal(chunkBytesOf(2 ** 37), 2 ** 24);
  assert.equal(chunkBytesOf(2 ** 44), 2 ** 24);
  assert.equal(chunkBytesOf(2 ** 44 + 1), null);
  assert.ok(isChunkSize(262_144, 2 ** 31) && isChunkSize(2 ** 20, 5));
  for (const [size, stream] of [
    [0, 1],
    [1, 1],
    [262_143, 1],
    [300_000, 1],
    [2 ** 25, 1],
    [262_144, 2 ** 39],
  ])
    assert.ok(!isChunkSize(size ?? 0, stream ?? 0), String(size));
  assert.equal(chunkLengthOf(2, 600_006, 262_144), 600_006 - 2 * 262_144);
});

const entries = fc.array(
  fc.record({
    kind: fc.constantFrom('file' as const, 'directory' as const, 'link' as const),
    path: fc.string({ unit: 'grapheme', maxLength: 40 }),
    size: fc.nat(1_000),
    isExecutable: fc.boolean(),
    target: fc.string({ unit: 'grapheme', maxLength: 20 }),
  }),
);
const made = entries.map((list) =>
  list.map(({ kind, path, size, isExecutable, target }): ManifestEntry => ({
    kind,
    path,
    bytes: kind === 'file' ? size : 0,
    mtimeMs,
    isExecutable: kind === 'file' && isExecutable,
    target: kind === 'link' ? target : '',
  })),
);

test('a manifest is read as it was written, and its stream has every byte once', (t) => {
  holds(
    t,
    fc.property(made, fc.nat(3_000), fc.integer({ min: 1, max: 3_000 }), (list, from, length) => {
      const read = decodeManifest(encodeManifest(list)._unsafeUnwrap())._unsafeUnwrap();
      assert.deepEqual(read, list);
      const layout = new Layout(read);
      assert.equal(layout.bytes, sumsOf(read).bytes);
      const bytesOfAll = read.flatMap(({ bytes }, at) =>
        Array.from({ length: bytes }, (_, byte) => [at, byte]),
      );
      const covered = layout
        .segments(from, length)
        .flatMap(({ at, offset, bytes }) => Array.from({ length: bytes }, (_, byte) => [at, offset + byte]));
      assert.deepEqual(covered, bytesOfAll.slice(from, from + length));
    }),
  );
});

// Case F7.
test('no bytes make a manifest, an offer or a word throw or grow', (t) => {
  holds(
    t,
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(0, 1, 2), (bytes, kind) => {
      const list = decodeManifest(concat([Uint8Array.of(kind), bytes]));
      if (list.isOk()) assert.ok(list.value.length <= bytes.length);
      decodeOffer(bytes);
      for (const type of ['consent', 'manifest', 'pull', 'hash', 'data', 'root', 'stop', 'stored'] as const)
        decodeFileWords(type, bytes);
    }),
  );
  const sized = { ...file('d', 5), kind: 'directory' as const };
  assert.ok(decodeManifest(encodeManifest([sized])._unsafeUnwrap()).isErr());
});

const id = messageIdFromBytes(Uint8Array.from({ length: 16 }, (_, at) => at + 1));

test('an offer and each word about a transfer are read as they were written', () => {
  const offer = {
    name: 'Fotos 📷',
    files: 3,
    directories: 1,
    bytes: 2 ** 40,
    manifestBytes: 70,
    manifestHash: vector.manifestHash,
    chunkBytes: 2 ** 24,
    isFolder: true,
    root: vector.root,
    expiresSeconds: 604_800,
    comment: 'from Sunday',
  };
  for (const each of [offer, { ...offer, root: null, isFolder: false, comment: '' }]) {
    const utterance = { type: 'offer', id, sentAtMs: mtimeMs, offer: each } as const;
    assert.deepEqual(unpack(native.encode(utterance)._unsafeUnwrap())._unsafeUnwrap(), [utterance]);
  }
  assert.ok(encodeOffer(id, 0, { ...offer, name: 'x'.repeat(257) }).isErr());
  const bytes = fromHex(vector.root);
  const words = [
    { type: 'consent', id, answer: 'decline', reason: 'policy' },
    { type: 'manifest', id, offset: 5, bytes: Uint8Array.of(1, 2) },
    { type: 'manifest', id, offset: 5, bytes: new Uint8Array(0) },
    { type: 'pull', id, first: 7, count: 64 },
    { type: 'hash', id, first: 7, hashes: concat([bytes, bytes]) },
    { type: 'data', id, chunk: 9, offset: 65_000, bytes: new Uint8Array(65_000).fill(3) },
    { type: 'root', id, root: bytes },
    { type: 'stored', id, root: bytes },
    { type: 'stop', id, reason: 'changed' },
  ] as const;
  for (const each of words) {
    const read = decodeFileWords(each.type, encodeFileWords(each))._unsafeUnwrap();
    assert.deepEqual(read, each);
  }
});
