import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSql } from '../../src/actors/history/sql.js';
import { unreachable } from '../../src/exhaustive.js';
import { dice, withSeeds, type Dice } from '../support/seeds.js';
import { noChoice, type Contact } from '../../src/chat/people/contact.js';
import { wordsOf } from '../../src/chat/delivery/entry.js';
import { entry, peer, start, temporaryHome, type Driver, asidesOf } from './driver.js';

/** Damage of each kind in one run; every run has a seed of its own. */
const roundsEach = 3;

const kinds = ['flip', 'flips', 'truncate', 'zero page', 'junk page', 'header', 'swap pages'] as const;

function damage(bytes: Buffer, kind: (typeof kinds)[number], roll: Dice): Buffer {
  const pageBytes = 4_096;
  const page = () => roll(Math.floor(bytes.length / pageBytes)) * pageBytes;
  const flip = (at: number) => void (bytes[at] = (bytes[at] ?? 0) ^ (1 << roll(8)));
  switch (kind) {
    case 'flip':
      flip(roll(bytes.length));
      return bytes;
    case 'flips':
      for (let i = 0; i < 200; i += 1) flip(roll(bytes.length));
      return bytes;
    case 'truncate':
      return bytes.subarray(0, roll(bytes.length));
    case 'zero page':
      return bytes.fill(0, page(), page() + pageBytes);
    case 'junk page': {
      const at = page();
      for (let i = at; i < at + pageBytes; i += 1) bytes[i] = roll(256);
      return bytes;
    }
    case 'header':
      flip(roll(100));
      return bytes;
    case 'swap pages': {
      const [one, other] = [page(), page()];
      const kept = Buffer.from(bytes.subarray(one, one + pageBytes));
      bytes.copy(bytes, one, other, other + pageBytes);
      kept.copy(bytes, other);
      return bytes;
    }
    default:
      return unreachable(kind);
  }
}

const fresh = (i: number) => entry(100_000 + i, { text: 'after the damage' });

/** Everything a node does with a history; none of it may throw, and what is confirmed must be there. */
async function exercise(history: Driver): Promise<void> {
  await history.call('page', { limit: 1_000 });
  await history.call('page', { limit: 50, search: 'message' });
  await history.call('contacts', {});
  await history.call('outbox', { peerId: peer(1), afterSeq: 0, entriesMax: 1_000, bytesMax: 2 ** 20 });
  for (let i = 0; i < 3; i += 1) {
    let stored = await history.call('append', { entries: [fresh(i)] });
    // Damage met only now is set aside while this request fails; the next one must succeed.
    if (stored.isErr()) {
      await history.idle();
      stored = await history.call('append', { entries: [fresh(i)] });
    }
    assert.ok(stored.isOk(), JSON.stringify(stored));
  }
  await history.idle();
  const newest = await history.call('page', { limit: 3 });
  if (newest.isErr()) {
    await history.idle();
    return;
  }
  const said = newest.value.filter(({ content }) => wordsOf(content) === 'after the damage');
  assert.equal(said.length, 3, JSON.stringify(history.log));
}

// Fault D13
test('a damaged file never crashes the history, and is set aside rather than written over', async (t) => {
  await withSeeds(t, damaging);
});

async function damaging(seed: number): Promise<void> {
  const roll = dice(seed);
  const original = temporaryHome();
  const counts = { aside: 0, unnoticed: 0, salvaged: 0 };
  try {
    const history = (await start(original.file))._unsafeUnwrap();
    for (let i = 0; i < 2_000; i += 100)
      await history.call('append', {
        entries: Array.from({ length: 100 }, (_, j) =>
          entry(i + j, { peerId: peer(j % 7), text: `message ${'é'.repeat(j)}` }),
        ),
      });
    await history.idle();
    await history.stop();
    for (let round = 0; round < roundsEach * kinds.length; round += 1) {
      const kind = kinds[round % kinds.length] ?? 'flip';
      const home = join(original.home, `case-${String(round)}`);
      mkdirSync(home, { mode: 0o700 });
      const file = join(home, 'history.db');
      copyFileSync(original.file, file);
      writeFileSync(file, damage(readFileSync(file), kind, roll));
      const given = readFileSync(file);
      const opened = await start(file);
      const label = `round ${String(round)}, ${kind}`;
      if (opened.isErr()) {
        assert.equal(opened.error.code, 'store/newer-schema', label);
        assert.deepEqual(readFileSync(file), given, label);
      } else {
        await exercise(opened.value);
        const told = asidesOf(opened.value);
        const asides = readdirSync(home).filter((name) =>
          /^history\.damaged-\d{8}-\d{6}(?:-\d+)?\.db$/.test(name),
        );
        assert.equal(asides.length, told.length, label);
        counts[asides.length > 0 ? 'aside' : 'unnoticed'] += 1;
        if (told.some(({ entries }) => entries !== null && entries > 0)) counts.salvaged += 1;
        assert.ok(
          told.every(({ entries }) => entries !== null),
          label,
        );
        await opened.value.stop();
        assert.ok(!readdirSync(home).some((name) => name.includes('salvage')), label);
        const again = (await start(file))._unsafeUnwrap();
        await again.call('page', { limit: 10 });
        await again.stop();
      }
      rmSync(home, { recursive: true });
    }
    assert.ok(counts.aside > 6 && counts.salvaged > 2, JSON.stringify(counts));
  } finally {
    original.remove();
  }
}

test('a salvage keeps every message outside the damage with its number, and reuses no number', async () => {
  const { home, file, remove } = temporaryHome();
  try {
    const history = (await start(file))._unsafeUnwrap();
    for (let i = 0; i < 5_000; i += 1_000)
      await history.call('append', { entries: Array.from({ length: 1_000 }, (_, j) => entry(i + j)) });
    await history.stop();
    const bytes = readFileSync(file);
    // The page that holds entry 2,500.
    const at = bytes.indexOf('message 2500');
    assert.ok(at > 0);
    bytes.fill(0, at - (at % 4_096), at - (at % 4_096) + 4_096);
    writeFileSync(file, bytes);
    const again = (await start(file))._unsafeUnwrap();
    // On a busy machine the salvage takes more than the slice at the start.
    await again.idle(() => asidesOf(again).every(({ entries }) => entries !== null));
    const [aside] = asidesOf(again);
    assert.ok(aside !== undefined && existsSync(aside.file));
    assert.deepEqual(readFileSync(aside.file), bytes, 'as it was found');
    assert.ok(aside.entries !== null && aside.entries > 4_700, JSON.stringify(aside));
    const [seq] = (await again.call('append', { entries: [entry(9_999)] }))._unsafeUnwrap().seqs;
    assert.ok(seq !== undefined && seq > 5_000);
    const page = (await again.call('page', { limit: 10_000 }))._unsafeUnwrap();
    for (const { seq, content } of page.slice(0, -1))
      assert.equal(wordsOf(content), `message ${String(seq - 1)}`);
    // A search answers from what is indexed by then.
    await again.idle();
    assert.equal((await again.call('page', { limit: 5, search: '4999' }))._unsafeUnwrap().length, 1);
    await again.stop();
    assert.ok(!readdirSync(home).some((name) => name.includes('salvage')));
  } finally {
    remove();
  }
});

test('a damaged search index is rebuilt, and the search that met it is answered', async () => {
  const { home, file, remove } = temporaryHome();
  try {
    const history = (await start(file))._unsafeUnwrap();
    await history.call('append', { entries: Array.from({ length: 3_000 }, (_, i) => entry(i)) });
    assert.equal((await history.call('page', { limit: 9, search: 'message' }))._unsafeUnwrap().length, 9);
    await history.stop();
    const sql = openSql(file);
    sql.exec("UPDATE line_text_data SET block = x'00' WHERE id > 10");
    sql.close();
    const again = (await start(file))._unsafeUnwrap();
    assert.equal((await again.call('page', { limit: 9, search: 'message' }))._unsafeUnwrap().length, 9);
    assert.equal((await again.call('page', { limit: 9, search: '2999' }))._unsafeUnwrap().length, 1);
    assert.ok(again.log.some((text) => text.includes('history-index-rebuilt')));
    assert.ok(!readdirSync(home).some((name) => name.includes('damaged')));
    await again.stop();
  } finally {
    remove();
  }
});

// Case H3
test('a lost database is logged, keeps the pinned keys, and gives no number twice', async (context) => {
  const pinned: Contact = {
    ...noChoice,
    peerId: peer(1),
    name: 'bob',
    idKeyHex: 'ab'.repeat(32),
    trust: 'verified',
    blocked: true,
    certificateSerial: 7,
    wireVersion: 1,
    features: 1,
    nextHex: '',
    address: '10.0.0.7:6001',
    firstSeenMs: 1,
    lastSeenMs: 2,
    alias: 'Bobby',
  };
  for (const isEmpty of [true, false]) {
    const { file, remove } = temporaryHome();
    context.after(remove);
    const before = (await start(file))._unsafeUnwrap();
    await before.call('putContact', pinned);
    await before.call('append', { entries: [entry(1), entry(2)] });
    await before.stop();
    rmSync(file);
    if (isEmpty) writeFileSync(file, '', { mode: 0o600 });
    const after = (await start(file))._unsafeUnwrap();
    assert.ok(after.log.some((line) => line.startsWith('error history-lost')));
    assert.deepEqual((await after.call('contacts', {}))._unsafeUnwrap(), [pinned]);
    const { seqs } = (await after.call('append', { entries: [entry(3)] }))._unsafeUnwrap();
    assert.ok((seqs[0] ?? 0) > 2);
    await after.stop();
    const again = (await start(file))._unsafeUnwrap();
    assert.ok(!again.log.some((line) => line.includes('history-lost')));
    await again.stop();
  }
});
