/**
 * A process whose actors read from SQLite without end, and lose their threads: `force N` ends N of them amid their
 * work, `heap N` lets N fill their heaps with what they read. Prints why they ended.
 */
import { writeFileSync } from 'node:fs';
import { openSql } from '../../src/actors/history/sql.js';
import { child, startSupervisor } from '../../src/runtime/index.js';
import { runtime as defaults } from '../../src/runtime/limits.js';
import { threadEntry } from '../support/programs.js';
import { temporaryHome } from './driver.js';
import { reader } from './reader.js';

const [what, count] = process.argv.slice(2);
const rounds = Number(count);
const entry = threadEntry('history/reader.worker');
const { file, remove } = temporaryHome();
const seen: string[] = [];
let hasDied: () => void = () => undefined;

writeFileSync(file, '');
const sql = openSql(file);
sql.exec('CREATE TABLE number(n INTEGER PRIMARY KEY)');
sql.exec(
  'WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up LIMIT 2000) INSERT INTO number SELECT n FROM up',
);
sql.close();

const readerAt = (id: string) =>
  child(reader, { id, args: { file }, links: {}, placement: { kind: 'thread', entry } });

const root = (
  await startSupervisor({
    name: 'root',
    strategy: 'one-for-one',
    restartsMax: rounds,
    children: [],
    // A quarter of what a thread may hold by default: filling it costs a quarter of the time.
    limits: {
      workerHeapMbMax: defaults.workerHeapMbMax / 4,
      workerHeapHighBytes: defaults.workerHeapHighBytes / 4,
      workerHeapFullBytes: defaults.workerHeapFullBytes / 4,
    },
    log: (_level, event, { detail }) => {
      if (event === 'stopped-by-force') seen.push('by force');
      if (event === 'thread-died') seen.push(String(detail));
      if (event === 'thread-died') hasDied();
    },
  })
)._unsafeUnwrap();

async function endAmidReading(id: string, times: number): Promise<void> {
  for (let n = 0; n < times; n += 1) {
    const ref = (await root.startChild(readerAt(id)))._unsafeUnwrap();
    (await ref.call('read', null))._unsafeUnwrap();
    (await root.stopChild(id))._unsafeUnwrap();
  }
}

async function fillHeap(id: string): Promise<void> {
  const ref = (await root.startChild(readerAt(id)))._unsafeUnwrap();
  const died = new Promise<void>((resolve) => {
    hasDied = resolve;
  });
  void ref.call('readAndKeep', null);
  await died;
  // Otherwise the next reader would fill its heap with this message.
  (await root.stopChild(id))._unsafeUnwrap();
}

const halves = [Math.ceil(rounds / 2), Math.floor(rounds / 2)];
if (what === 'force') await Promise.all(halves.map((times, lane) => endAmidReading(`reader ${lane}`, times)));
else for (let n = 0; n < rounds; n += 1) await fillHeap(`reader ${n}`);
await root.stop();
remove();
for (const each of new Set(seen.toSorted()))
  process.stdout.write(`${each}: ${seen.filter((one) => one === each).length}\n`);
