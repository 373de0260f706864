/** The way of received bytes to disk: no chunk is logged before its bytes are written. Case F1. */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { PartWriter } from '../../src/actors/files/part-writer.js';
import { TransferFolder } from '../../src/actors/files/store.js';
import { partFolder, PartTree } from '../../src/actors/files/tree.js';
import { Layout, type ManifestEntry } from '../../src/chat/files/manifest.js';
import { safeNames } from '../../src/chat/files/names.js';
import { messageId } from '../history/driver.js';
import { dice, withSeeds } from '../support/seeds.js';
import { temporaryHome } from '../support/program.js';

const mtimeMs = 1_764_480_000_000;

async function writer(context: TestContext, sizes: readonly number[]) {
  const [home, directory] = [temporaryHome(context), temporaryHome(context)];
  const folder = new TransferFolder(home, messageId(1));
  await folder.keepManifest(new Uint8Array(1));
  const entries = sizes.map((bytes, nth): ManifestEntry => {
    const path = `file-${String(nth)}`;
    return { kind: 'file', path, bytes, mtimeMs, isExecutable: false, target: '' };
  });
  const tree = new PartTree(directory, messageId(1));
  await tree.prepare();
  context.after(async () => {
    await tree.close();
    await folder.close();
  });
  const parts = { names: safeNames(entries)._unsafeUnwrap(), layout: new Layout(entries) };
  const pathOf = (nth: number): string =>
    join(directory, partFolder, messageId(1), 'tree', `file-${String(nth)}`);
  return { writer: new PartWriter(tree, folder), tree, folder, parts, pathOf };
}

test('bytes of large and of many small files are where they belong, however they arrive', (context) =>
  withSeeds(context, async (seed) => {
    const random = dice(seed);
    const sizes = Array.from({ length: 50 }, () => [0, 1, 700, 3_000, 200_000][random(5)] ?? 0);
    const { writer: own, tree, parts, pathOf } = await writer(context, sizes);
    const stream = Buffer.alloc(parts.layout.bytes).map((_, at) => (at * 31 + seed) % 251);
    for (let at = 0; at < stream.length;) {
      const some = stream.subarray(at, at + 1 + random(65_000));
      await own.write(parts, at, new Uint8Array(some));
      at += some.length;
      if (random(8) === 0) {
        await own.flush();
        await own.sync();
      }
    }
    await own.flush();
    await own.sync();
    assert.deepEqual(await tree.complete(parts.names, false), []);
    let start = 0;
    for (const [nth, size] of sizes.entries()) {
      assert.ok(
        readFileSync(pathOf(nth)).equals(stream.subarray(start, start + size)),
        `file ${String(nth)}`,
      );
      assert.equal(statSync(pathOf(nth)).mtimeMs, mtimeMs);
      start += size;
    }
  }));

test('a chunk whose bytes are still gathered is not in the log', async (context) => {
  const { writer: own, folder, parts } = await writer(context, [10, 10]);
  await own.write(parts, 0, new Uint8Array(10));
  own.good({ chunk: 0, hash: new Uint8Array(32) });
  await own.sync();
  assert.deepEqual(await folder.readChunks(), []);
  await own.flush();
  await own.sync();
  assert.deepEqual(
    (await folder.readChunks()).map(({ chunk }) => chunk),
    [0],
  );
});

test('a sync that failed beside the writing is not made good by the next one', async (context) => {
  const { folder, tree } = await writer(context, [10]);
  const failures = [new Error('EIO')];
  tree.sync = () => {
    const failure = failures.shift();
    return failure === undefined ? Promise.resolve() : Promise.reject(failure);
  };
  const own = new PartWriter(tree, folder);
  await assert.rejects(own.sync(), /EIO/u);
  await assert.rejects(own.sync(), /EIO/u);
  own.drop();
  await own.sync();
});
