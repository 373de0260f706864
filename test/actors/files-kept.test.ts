/** Unfinished files that somebody removes while their transfer waits: their bytes are asked for again, not invented. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { keptChunks } from '../../src/actors/files/kept.js';
import { TransferFolder, writeAll } from '../../src/actors/files/store.js';
import { LostPartError } from '../../src/actors/files/part-files.js';
import { partFolder, PartTree } from '../../src/actors/files/tree.js';
import { Layout, type ManifestEntry } from '../../src/chat/files/manifest.js';
import { safeNames } from '../../src/chat/files/names.js';
import { messageId } from '../history/driver.js';
import { temporaryHome } from '../support/program.js';

const chunkBytes = 262_144;
const sizes = { chunkBytes, streamBytes: 3 * chunkBytes };
const entry = (path: string, bytes: number): ManifestEntry => ({
  kind: 'file',
  path,
  bytes,
  mtimeMs: 1_764_480_000_000,
  isExecutable: false,
  target: '',
});

/** A transfer of two files whose three chunks are on disk and logged. The second chunk spans both files. */
async function received(context: TestContext) {
  const [home, directory] = [temporaryHome(context), temporaryHome(context)];
  const folder = new TransferFolder(home, messageId(1));
  await folder.keepManifest(new Uint8Array(1));
  const entries = [entry('a', 1.5 * chunkBytes), entry('b', 1.5 * chunkBytes)];
  const parts = {
    tree: new PartTree(directory, messageId(1)),
    names: safeNames(entries)._unsafeUnwrap(),
    layout: new Layout(entries),
  };
  await parts.tree.prepare();
  for (const [at, placed] of parts.names.entries.entries())
    await writeAll(await parts.tree.open(at, placed), new Uint8Array(placed.bytes).fill(7), 0);
  await parts.tree.sync();
  // The files of a transfer that waits are closed.
  await parts.tree.close();
  await folder.logChunks(
    [0, 1, 2].map((chunk) => ({ chunk, hash: new Uint8Array(32).fill(chunk) })),
    true,
  );
  context.after(() => folder.close());
  return { folder, parts, pathOf: (name: string) => join(directory, partFolder, messageId(1), 'tree', name) };
}

test('chunks of a file that was removed while its transfer waited are asked for again', async (context) => {
  const { folder, parts, pathOf } = await received(context);
  assert.equal((await keptChunks(folder, parts, sizes)).isComplete, true);
  rmSync(pathOf('b'));
  const receiving = await keptChunks(folder, parts, sizes);
  assert.deepEqual([0, 1, 2].map(receiving.has), [true, false, false]);
  assert.deepEqual(receiving.pulls(0), [{ first: 1, count: 2 }]);
  assert.deepEqual(
    (await folder.readChunks()).map(({ chunk }) => chunk),
    [0],
  );
});

test('a file that was removed is not made again with a hole, and not completed as empty', async (context) => {
  const { parts, pathOf } = await received(context);
  rmSync(pathOf('a'));
  const [first] = parts.names.entries;
  assert.ok(first !== undefined);
  await assert.rejects(parts.tree.open(0, first), LostPartError);
  await assert.rejects(parts.tree.complete(parts.names, false), LostPartError);
});
