/** Power cuts while the history is written, checkpointed and upgraded, and while the session key is replaced. */
import assert from 'node:assert/strict';
import { copyFileSync, chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { openSql } from '../../src/actors/history/sql.js';
import { migrations, schemaVersion } from '../../src/actors/history/schema.js';
import { wordsOf } from '../../src/chat/delivery/entry.js';
import { loadIdentity } from '../../src/home/identity-file.js';
import { openHome } from '../../src/home/home.js';
import { start } from '../history/driver.js';
import type { Dice } from '../support/seeds.js';
import { cutAt, printedBefore, record, type Recording } from './power.js';

/** The cut, for the report. */
export interface Cuts {
  readonly cuts: number;
  /** Confirmed messages that had to be there, over all cuts. */
  readonly confirmed: number;
  readonly lost: number;
}

const script = (name: string): string => join(import.meta.dirname, '..', name);
const versionOne = join(import.meta.dirname, '../../../test/history/version-1/alice/history.db');
const versionOneLines = 24;

const temporary = (): string => mkdtempSync(join(tmpdir(), 'parlance-power-'));

/** Cuts at `count` moments, half of them with torn sectors, and runs `check` on what is left. */
async function cutting(
  recording: Recording,
  count: number,
  dice: Dice,
  check: (folder: string, printed: string) => Promise<void>,
): Promise<void> {
  for (let each = 0; each < count; each += 1) {
    // Without a turn of the event loop the report of earlier tests waits until the last one ends.
    await setImmediate();
    const cut = 1 + dice(recording.ops.length);
    const folder = cutAt(recording, cut, { torn: each % 2 === 0 ? null : dice });
    try {
      await check(folder, printedBefore(recording, cut));
    } catch (error) {
      throw new Error(`after operation ${cut} of ${recording.ops.length}`, { cause: error });
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}

/** The lines that the history of a folder holds, by `seq`. */
async function linesIn(folder: string): Promise<ReadonlyMap<number, string>> {
  const history = (await start(join(folder, 'history.db')))._unsafeUnwrap();
  const lines = new Map<number, string>();
  for (let afterSeq = 0; ;) {
    const page = (await history.call('page', { afterSeq, limit: 10_000 }))._unsafeUnwrap();
    for (const { seq, content } of page) lines.set(seq, wordsOf(content) ?? '');
    const last = page.at(-1);
    if (last === undefined) break;
    afterSeq = last.seq;
  }
  assert.ok(!history.log.some((line) => line.includes('damage')), history.log.join('\n'));
  await history.stop();
  return lines;
}

function lostOf(lines: ReadonlyMap<number, string>, printed: string): readonly [number, number] {
  const acks = [...printed.matchAll(/^ack (\d+) (\d+)\n/gm)];
  const lost = acks.filter(([, seq, number]) => lines.get(Number(seq)) !== `message ${String(number)}`);
  return [acks.length, lost.length];
}

/** A process appends messages; enough of them, and the log is checkpointed several times. */
export async function cutWriter(count: number, batches: number, dice: Dice): Promise<Cuts> {
  const folder = temporary();
  const recording = record(folder, [
    script('history/writer.js'),
    join(folder, 'history.db'),
    String(batches),
  ]);
  let [confirmed, lost] = [0, 0];
  await cutting(recording, count, dice, async (left, printed) => {
    const [acks, gone] = lostOf(await linesIn(left), printed);
    confirmed += acks;
    lost += gone;
  });
  rmSync(folder, { recursive: true });
  return { cuts: count, confirmed, lost };
}

/** The teeth: the disk keeps nothing of the log that SQLite synced at a commit, as with `synchronous=NORMAL`. */
export async function cutLyingDisk(dice: Dice): Promise<Cuts> {
  const folder = temporary();
  const recording = record(folder, [script('history/writer.js'), join(folder, 'history.db'), '20']);
  const [cut, torn] = [recording.ops.length - 40, null];
  const left = cutAt(recording, cut, { torn, isSyncIgnored: (file) => file.endsWith('-wal') });
  const [confirmed, lost] = lostOf(await linesIn(left), printedBefore(recording, cut));
  for (const each of [folder, left]) rmSync(each, { recursive: true });
  return { cuts: 1 + dice(1), confirmed, lost };
}

/** A history of version 1.0.0 is upgraded, migration 2 and all later ones. */
export async function cutMigration(count: number, dice: Dice): Promise<Cuts> {
  const folder = temporary();
  const file = join(folder, 'history.db');
  copyFileSync(versionOne, file);
  chmodSync(file, 0o600);
  const recording = record(folder, [script('history/writer.js'), file, '0']);
  await cutting(recording, count, dice, async (left) => {
    const sql = openSql(join(left, 'history.db'));
    const version = schemaVersion(sql);
    sql.close();
    assert.ok(version >= 1 && version <= migrations.length, `version ${version}`);
    assert.equal((await linesIn(left)).size, versionOneLines);
  });
  rmSync(folder, { recursive: true });
  return { cuts: count, confirmed: count * versionOneLines, lost: 0 };
}

/** The session key of a home is replaced again and again: the identity stays, and the serial never goes back. */
export async function cutRotation(count: number, dice: Dice): Promise<Cuts> {
  const folder = temporary();
  const home = openHome(folder)._unsafeUnwrap();
  const { peerId } = loadIdentity(home, Date.now())._unsafeUnwrap();
  home.release();
  const recording = record(folder, [script('faults/key-rotation.js'), folder, '6']);
  let confirmed = 0;
  await cutting(recording, count, dice, (left, printed) => {
    const serials = [...printed.matchAll(/^serial (\d+)\n/gm)].map(([, serial]) => Number(serial));
    const again = openHome(left)._unsafeUnwrap();
    // A calendar of long ago makes no new key.
    const vault = loadIdentity(again, 0)._unsafeUnwrap();
    again.release();
    assert.equal(vault.peerId, peerId);
    assert.ok(vault.certificateSerial >= (serials.at(-1) ?? 0), 'a key that was in use is lost');
    confirmed += serials.length;
    return Promise.resolve();
  });
  rmSync(folder, { recursive: true });
  return { cuts: count, confirmed, lost: 0 };
}
