/** The files that a user sends: those of the offer alone, whatever takes their place meanwhile. Cases F2 and F6. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { scan } from '../../src/actors/files/sending/scan.js';
import { SourceError, SourceFiles } from '../../src/actors/files/sending/sources.js';
import { temporaryHome } from '../support/program.js';

/** Small files are read whole, at once; parts of large ones are read by the pool of Node. */
const ways = ['whole', 'parts'] as const;

async function scanned(
  context: TestContext,
  { isFollowing = false, way = 'whole' }: { isFollowing?: boolean; way?: (typeof ways)[number] } = {},
) {
  const root = temporaryHome(context);
  const folder = join(root, 'trip');
  mkdirSync(join(folder, 'sub'), { recursive: true });
  writeFileSync(join(folder, 'sub', 'a'), 'inside');
  const secret = join(root, 'elsewhere');
  mkdirSync(secret);
  writeFileSync(join(secret, 'a'), 'secret');
  symlinkSync(secret, join(folder, 'way'));
  symlinkSync('..', join(folder, 'sub', 'round'));
  const found = (await scan([folder], isFollowing))._unsafeUnwrap();
  const sources = new SourceFiles(found.sources);
  context.after(() => sources.close());
  const read = async (path: string): Promise<string> => {
    const at = found.entries.findIndex((entry) => entry.path === path);
    const entry = found.entries[at];
    assert.ok(entry !== undefined, path);
    const target = new Uint8Array(entry.bytes);
    const half = way === 'whole' ? 0 : target.length >> 1;
    const parts = [
      { at, entry, target: target.subarray(0, half), offset: 0 },
      { at, entry, target: target.subarray(half), offset: half },
    ];
    await sources.read(parts.slice(half === 0 ? 1 : 0));
    return Buffer.from(target).toString();
  };
  return { folder, secret, found, read };
}

const refused = (reason: SourceError['reason']) => (error: unknown) =>
  error instanceof SourceError && error.reason === reason;

test('a folder that became a link to another one sends nothing of that', async (context) => {
  for (const way of ways) {
    const { folder, secret, read } = await scanned(context, { way });
    const { mtime } = statSync(join(folder, 'sub', 'a'));
    utimesSync(join(secret, 'a'), mtime, mtime);
    renameSync(join(folder, 'sub'), join(folder, 'was'));
    symlinkSync(secret, join(folder, 'sub'));
    await assert.rejects(read('trip/sub/a'), refused('changed'));
  }
});

test(
  'a pipe in the place of a file ends the transfer, and holds no thread',
  { skip: process.platform === 'win32' && 'Windows has no such pipes' },
  async (context) => {
    for (const way of ways) {
      const { folder, read } = await scanned(context, { way });
      rmSync(join(folder, 'sub', 'a'));
      assert.equal(spawnSync('mkfifo', [join(folder, 'sub', 'a')]).status, 0);
      await assert.rejects(read('trip/sub/a'), refused('changed'));
    }
  },
);

test('a file that is shorter, longer or of another time than offered is not sent', async (context) => {
  for (const content of ['short', 'much longer', 'INSIDE']) {
    const { folder, read } = await scanned(context);
    assert.equal(await read('trip/sub/a'), 'inside');
    writeFileSync(join(folder, 'sub', 'a'), content);
    utimesSync(join(folder, 'sub', 'a'), 1, 1);
    await assert.rejects(read('trip/sub/a'), refused('changed'));
  }
});

test('links travel as links, or where the user wishes as what they point to, each folder once', async (context) => {
  const plain = await scanned(context);
  const kinds = plain.found.entries.map(({ kind, path }) => `${kind} ${path}`);
  assert.ok(kinds.includes('link trip/way') && kinds.includes('link trip/sub/round'));
  const { found, read } = await scanned(context, { isFollowing: true });
  assert.equal(await read('trip/way/a'), 'secret');
  assert.ok(found.entries.every(({ kind }) => kind !== 'link'));
  assert.match(found.notes.join(), /trip\/sub\/round .*travels already/);
});
