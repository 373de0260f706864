import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { withSeeds } from '../support/seeds.js';
import { entry, start, temporaryHome, asidesOf } from './driver.js';
import { allEntries, confirmed, killing, writer } from './killed-writer.js';

// Fault D1
test('whatever the moment of a kill, what was confirmed is there, and seq has no gap', async (t) => {
  await withSeeds(t, async (seed) => {
    t.diagnostic(`12 kills, ${await killing(seed, 12)} confirmed, 0 lost`);
  });
});

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
    const refused = await history.call('append', { entries: [entry(1)] });
    assert.equal(refused._unsafeUnwrapErr().code, 'store/full', 'full from the start');
    rmSync(ballast);
    await history.idle(() => 'store' in history.state.opened);
    const kept: number[] = [];
    const text = 'x'.repeat(3_000);
    let code = '';
    for (let i = 2; code === ''; i += 1) {
      const answer = await history.call('append', { entries: [entry(i, { text })] });
      if (answer.isOk()) kept.push(i);
      else code = answer.error.code;
    }
    assert.equal(code, 'store/full');
    assert.ok(kept.length > 20);
    assert.ok((await history.call('append', { entries: [entry(5_000, { text })] })).isErr(), 'still full');
    const page = (await history.call('page', { limit: 1_000 }))._unsafeUnwrap();
    assert.equal(page.length, kept.length, 'reading goes on');
    spawnSync('mount', ['-o', 'remount,size=8m', home]);
    if ('closedBy' in history.state.opened) await history.idle(() => 'store' in history.state.opened);
    const { seqs, duplicates } = (await history.call('append', { entries: [entry(5_001)] }))._unsafeUnwrap();
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
    const entries = await allEntries(history);
    for (const [seq, number] of confirmed(run.stdout))
      assert.equal(entries.get(seq), `message ${String(number)}`);
    await history.stop();
  } finally {
    remove();
  }
});
