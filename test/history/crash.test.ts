import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSql } from '../../src/actors/history/sql.js';
import { wordsOf } from '../../src/chat/delivery/entry.js';
import { dice, withSeeds } from '../support/seeds.js';
import { line, start, temporaryHome, type Driver, asidesOf } from './driver.js';

const writer = join(import.meta.dirname, 'writer.js');

/** Runs the writer and kills it once it has confirmed `acks` lines. Returns what it printed. */
function killAfter(file: string, acks: number, firstId: number): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [writer, file, '1000000', String(firstId)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      if (printed.split('\n').length > acks) child.kill('SIGKILL');
    });
    child.on('close', () => resolve(printed));
  });
}

/** `seq` → number of the line, of whole lines only: a kill may cut the last. */
function confirmed(printed: string): ReadonlyMap<number, number> {
  const acks = printed
    .split('\n')
    .slice(0, -1)
    .filter((text) => text.startsWith('ack '));
  return new Map(acks.map((text) => text.split(' ').slice(1).map(Number) as [number, number]));
}

async function allLines(history: Driver): Promise<ReadonlyMap<number, string>> {
  const lines = new Map<number, string>();
  for (let afterSeq = 0; ;) {
    const page = (await history.call('page', { afterSeq, limit: 10_000 }))._unsafeUnwrap();
    for (const { seq, content } of page) lines.set(seq, wordsOf(content) ?? '');
    const last = page.at(-1);
    if (last === undefined) return lines;
    afterSeq = last.seq;
  }
}

// Fault D1
test('whatever the moment of a kill, what was confirmed is there, and seq has no gap', async (t) => {
  await withSeeds(t, killing);
});

/** Every run has moments of its own. */
const kills = 12;

async function killing(seed: number): Promise<void> {
  const roll = dice(seed);
  const { file, remove } = temporaryHome();
  const acked = new Map<number, number>();
  try {
    for (let round = 0; round < kills; round += 1) {
      const printed = await killAfter(file, 1 + roll(200), round * 1_000_000);
      for (const [seq, number] of confirmed(printed)) {
        assert.ok(!acked.has(seq), `seq ${String(seq)} was given twice`);
        acked.set(seq, number);
      }
    }
    assert.ok(acked.size >= kills);
    const history = (await start(file))._unsafeUnwrap();
    const lines = await allLines(history);
    for (const [seq, number] of acked) assert.equal(lines.get(seq), `message ${String(number)}`);
    assert.deepEqual(
      [...lines.keys()],
      Array.from({ length: lines.size }, (_, i) => i + 1),
    );
    assert.deepEqual(asidesOf(history), []);
    await history.idle();
    await history.stop();
    const sql = openSql(file);
    assert.equal(
      String(sql.prepare('SELECT CAST(integrity_check AS BLOB) FROM pragma_integrity_check').row([])?.[0]),
      'ok',
    );
    sql.close();
  } finally {
    remove();
  }
}

// Fault D10
test('a full disk refuses and confirms nothing unstored, and all works once there is space', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'parlance-full-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=0700', 'tmpfs', home]);
  if (mounted.status !== 0) {
    rmSync(home, { recursive: true });
    t.skip(`a small tmpfs cannot be mounted: ${mounted.error?.message ?? mounted.stderr.toString().trim()}`);
    return;
  }
  chmodSync(home, 0o700);
  const file = join(home, 'history.db');
  try {
    const ballast = join(home, 'ballast');
    writeFileSync(ballast, Buffer.alloc(2 ** 20 - 8_192));
    const history = (await start(file))._unsafeUnwrap();
    const refused = await history.call('append', { lines: [line(1)] });
    assert.equal(refused._unsafeUnwrapErr().code, 'store/full', 'full from the start');
    rmSync(ballast);
    await history.idle(() => 'store' in history.state.opened);
    const kept: number[] = [];
    const text = 'x'.repeat(3_000);
    let code = '';
    for (let i = 2; code === ''; i += 1) {
      const answer = await history.call('append', { lines: [line(i, { text })] });
      if (answer.isOk()) kept.push(i);
      else code = answer.error.code;
    }
    assert.equal(code, 'store/full');
    assert.ok(kept.length > 20);
    assert.ok((await history.call('append', { lines: [line(5_000, { text })] })).isErr(), 'still full');
    const page = (await history.call('page', { limit: 1_000 }))._unsafeUnwrap();
    assert.equal(page.length, kept.length, 'reading goes on');
    spawnSync('mount', ['-o', 'remount,size=8m', home]);
    if ('closedBy' in history.state.opened) await history.idle(() => 'store' in history.state.opened);
    const { seqs, duplicates } = (await history.call('append', { lines: [line(5_001)] }))._unsafeUnwrap();
    assert.deepEqual([seqs, duplicates], [[kept.length + 1], []]);
    assert.deepEqual(asidesOf(history), []);
    await history.stop();
  } finally {
    spawnSync('umount', ['-l', home]);
    rmSync(home, { recursive: true, force: true });
  }
});

// Fault D11
test('a failed sync confirms nothing, and the file is opened afresh', async (t) => {
  const { file, remove } = temporaryHome();
  try {
    const inject = 'inject=fsync,fdatasync:error=EIO:when=30..33';
    const args = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync,fdatasync', '-e', inject];
    const run = spawnSync('strace', [...args, process.execPath, writer, file, '60'], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    if (run.error !== undefined || /ptrace/i.test(run.stderr)) {
      t.skip(`no strace here: ${run.error?.message ?? run.stderr}`);
      return;
    }
    const faults = run.stdout.split('\n').filter((text) => text.startsWith('fault '));
    assert.ok(faults.length > 0 && faults.every((text) => text === 'fault store/io'), run.stdout);
    assert.ok(run.stdout.lastIndexOf('ack') > run.stdout.lastIndexOf('fault'), 'goes on afterwards');
    const history = (await start(file))._unsafeUnwrap();
    const lines = await allLines(history);
    for (const [seq, number] of confirmed(run.stdout))
      assert.equal(lines.get(seq), `message ${String(number)}`);
    await history.stop();
  } finally {
    remove();
  }
});
