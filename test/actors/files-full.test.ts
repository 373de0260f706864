/** A disk that fills while a file arrives, with the history on it: the file waits visibly, and messages are stored. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { files as limits } from '../../src/actors/files/limits.js';
import { TransferTable } from '../../src/actors/files/table.js';
import type { FileWords } from '../../src/dialects/files.js';
import { entry, peer, start } from '../history/driver.js';
import { outgoingId as id, outgoingScene } from '../support/outgoing-scene.js';
import { temporaryHome } from '../support/program.js';

const mebibyte = 2 ** 20;
const fileBytes = 40 * mebibyte;

/** Mounts a disk in memory. Null: this machine does not let us; the test is skipped with the reason. */
function smallDisk(context: TestContext): string | null {
  const place = mkdtempSync(join(tmpdir(), 'parlance-full-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=120m,mode=0700', 'tmpfs', place]);
  if (mounted.status !== 0) {
    rmSync(place, { recursive: true });
    context.skip(
      `a small disk cannot be mounted: ${mounted.error?.message ?? mounted.stderr.toString().trim()}`,
    );
    return null;
  }
  chmodSync(place, 0o700);
  return place;
}

const freeBytes = (place: string): number => {
  const { bavail, bsize } = statfsSync(place);
  return bavail * bsize;
};

// Case F2 and fault D10.
test('a transfer pauses before it takes the room of the history, and goes on with new space', async (context) => {
  const disk = smallDisk(context);
  if (disk === null) return;
  const source = join(temporaryHome(context), 'large.bin');
  writeFileSync(source, Buffer.alloc(fileBytes, 'some bytes '));
  const sender = await outgoingScene(context, [source]);
  const said: FileWords[] = [];
  const table = new TransferTable(
    { folder: join(disk, 'transfers'), home: disk, directory: disk, policy: { accept: 'none', bytesMax: 0 } },
    {
      onRow: () => undefined,
      onWanted: () => undefined,
      say: (_peerId, words) => void said.push(...words),
      isUp: () => true,
      work: () => undefined,
      log: () => undefined,
    },
  );
  const history = (await start(join(disk, 'history.db')))._unsafeUnwrap();
  context.after(async () => {
    // Both write until they have ended.
    await Promise.all([table.end(), history.stop()]);
    spawnSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true, force: true });
  });
  const offered = { id, peerId: peer(1), offer: sender.own.offer, isTrusted: true, isVerified: false };
  (await table.offered(offered))._unsafeUnwrap();
  (await table.act(id, 'accept', join(disk, 'received')))._unsafeUnwrap();

  /** Carries words to and fro until the receiver is in a state. */
  const carryUntil = async (state: string): Promise<void> => {
    while (table.rows()[0]?.state !== state) {
      for (const words of said.splice(0)) sender.outgoing.asked(words);
      if (!sender.outgoing.hasWork) {
        await setImmediate();
        continue;
      }
      const taken: Promise<void>[] = [];
      await sender.work((words) =>
        taken.push(new Promise((resolve) => table.heard(peer(1), words, resolve))),
      );
      await Promise.all(taken);
    }
  };

  // Another program takes the space that was there at the acceptance.
  const ballast = join(disk, 'ballast');
  const leftBytes = limits.historySpareBytes + fileBytes / 2;
  writeFileSync(ballast, Buffer.alloc(freeBytes(disk) - leftBytes));
  await carryUntil('paused');
  assert.deepEqual(
    table.rows().map(({ state, reason }) => [state, reason]),
    [['paused', 'full']],
  );
  assert.ok(freeBytes(disk) >= limits.historySpareBytes - limits.spaceCheckBytes, 'the room of the history');
  (await history.call('append', { entries: [entry(1, { text: 'x'.repeat(60_000) })] }))._unsafeUnwrap();

  rmSync(ballast);
  (await table.act(id, 'retry', null))._unsafeUnwrap();
  await carryUntil('done');
  assert.equal(table.rows()[0]?.state, 'done');
  assert.ok(readFileSync(join(disk, 'received', 'large.bin')).equals(readFileSync(source)));
  // The last thing that is written.
  const record = join(disk, 'transfers', id, 'record.json');
  while (!readFileSync(record, 'utf8').includes('"hasRemains":false')) await setImmediate();
});
