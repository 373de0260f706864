/**
 * A source of 100 GB, most of it holes, goes to a receiver that hashes and writes nothing: memory stays flat.
 * `PARLANCE_FILE_GB` sets another size.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Receiving } from '../../src/chat/files/receiving.js';
import { listHashOf, openChunkHash, rootOf } from '../../src/chat/files/tree.js';
import type { FileWords } from '../../src/dialects/files.js';
import { fromHex, toHex } from '../../src/wire/bytes.js';
import { outgoingId, outgoingScene } from '../support/outgoing-scene.js';
import { temporaryHome } from '../support/program.js';

const gigabytes = Number(process.env['PARLANCE_FILE_GB'] ?? 100);
const memoryAddedMax = 64 * 2 ** 20;

test(`a file of ${String(gigabytes)} GB is sent and checked with flat memory`, async (context) => {
  const path = join(temporaryHome(context), 'large.bin');
  writeFileSync(path, 'some bytes before a hole');
  truncateSync(path, gigabytes * 1e9);
  const { outgoing, work, own: offered, logged } = await outgoingScene(context, [path]);
  const { offer } = offered;
  const id = outgoingId;
  const receiving = new Receiving({ chunkBytes: offer.chunkBytes, streamBytes: offer.bytes });
  const sink = new Sink(receiving);
  const memory: number[] = [];
  const ask = (): void => {
    for (const pull of receiving.pulls(performance.now())) outgoing.asked({ type: 'pull', id, ...pull });
    if (receiving.isComplete && sink.root === null)
      outgoing.asked({ type: 'pull', id, first: receiving.chunkCount, count: 0 });
  };
  const startedMs = performance.now();
  for (let nth = 0; sink.root === null; nth += 1) {
    ask();
    await work(sink.take);
    assert.deepEqual(logged, []);
    if (nth % 64 === 0) memory.push(process.memoryUsage.rss());
  }
  const own = rootOf(
    fromHex(offer.manifestHash),
    listHashOf(offer.chunkBytes, offer.bytes, receiving.hashList),
  );
  assert.equal(toHex(sink.root), toHex(own));
  const warm = memory.slice(Math.ceil(memory.length / 20));
  const addedBytes = Math.max(...warm) - (warm[0] ?? 0);
  const seconds = (performance.now() - startedMs) / 1_000;
  context.diagnostic(
    `${String(gigabytes)} GB in ${seconds.toFixed(0)} s, resident ${mebibytes(warm[0] ?? 0)} at first, ${mebibytes(Math.max(...warm))} at most`,
  );
  assert.ok(addedBytes <= memoryAddedMax, `${mebibytes(addedBytes)} added`);
});

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

/** A receiver without a disk. */
class Sink {
  readonly #receiving: Receiving;
  #hasher = createHash('sha256');
  root: Uint8Array | null = null;

  constructor(receiving: Receiving) {
    this.#receiving = receiving;
  }

  take = (words: FileWords): void => {
    if (words.type === 'root') this.root = words.root;
    if (words.type === 'data') {
      const { chunk, offset, bytes } = words;
      assert.ok(this.#receiving.take(chunk, offset, bytes.length, performance.now()));
      if (offset === 0) this.#hasher = openChunkHash(chunk);
      this.#hasher.update(bytes);
      if (!this.#receiving.isFilled(chunk)) return;
      this.#receiving.filled(chunk, new Uint8Array(this.#hasher.digest()));
    }
    if (words.type === 'hash') assert.equal(this.#receiving.expected(words.first, words.hashes).type, 'good');
  };
}
