/** A process that writes the history and is killed, and what must be there afterwards. Fault D1. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { openSql } from '../../src/actors/history/sql.js';
import { wordsOf } from '../../src/chat/delivery/entry.js';
import { programFile } from '../support/programs.js';
import { dice } from '../support/seeds.js';
import { asidesOf, start, temporaryHome, type Driver } from './driver.js';

/** The script of the process. */
export const writer = programFile('history/writer');

/** Runs the writer and kills it once it has confirmed `acks` entries. Returns what it printed. */
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

/** `seq` → number of the entry, of whole entries only: a kill may cut the last. */
export function confirmed(printed: string): ReadonlyMap<number, number> {
  const acks = printed
    .split('\n')
    .slice(0, -1)
    .filter((text) => text.startsWith('ack '));
  return new Map(acks.map((text) => text.split(' ').slice(1).map(Number) as [number, number]));
}

export async function allEntries(history: Driver): Promise<ReadonlyMap<number, string>> {
  const entries = new Map<number, string>();
  for (let afterSeq = 0; ;) {
    const page = (await history.call('page', { afterSeq, limit: 10_000 }))._unsafeUnwrap();
    for (const { seq, content } of page) entries.set(seq, wordsOf(content) ?? '');
    const last = page.at(-1);
    if (last === undefined) return entries;
    afterSeq = last.seq;
  }
}

/** Kills the writer at random moments. Returns the number of confirmed entries, all of which were there. */
export async function killing(seed: number, kills: number): Promise<number> {
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
    const entries = await allEntries(history);
    for (const [seq, number] of acked) assert.equal(entries.get(seq), `message ${String(number)}`);
    assert.deepEqual(
      [...entries.keys()],
      Array.from({ length: entries.size }, (_, i) => i + 1),
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
    return acked.size;
  } finally {
    remove();
  }
}
