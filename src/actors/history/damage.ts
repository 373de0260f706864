/**
 * Damaged files: each is set aside under a dated name and never written to again. Its readable entries are copied
 * into the new file, in slices, with the `seq` that each had. The salvage reads a copy, since SQLite would fold the
 * WAL into a file that it opens. `progress.salvaged` holds its position, so that it goes on after a restart.
 */
import { chmodSync, copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { err, ok, type Result } from 'neverthrow';
import type { Entry } from '../../chat/delivery/entry.js';
import { parsePeerId } from '../../ids.js';
import { reasonOf } from '../../system-errors.js';
import type { StoreError } from '../../chat/errors.js';
import { history as limits } from './limits.js';
import {
  contactColumnsOf,
  contactValues,
  decodeContact,
  decodeEntry,
  encodeEntry,
  entryColumnsWith,
  entryState,
  laterColumnsOf,
} from './rows.js';
import { schemaVersion } from './schema.js';
import {
  attemptDoubtful,
  bytesOf,
  integerOf,
  openSql,
  type Sql,
  type SqlRow,
  type SqlTrouble,
} from './sql.js';
import { decodeText, encodeText } from './text.js';
import type { HistoryStore } from './store.js';

const parts = ['', '-wal', '-shm'] as const;

/**
 * Renames the closed file and its parts to `NAME.damaged-YYYYMMDD-HHMMSS.db` (UTC). Returns the new path.
 * Errors: `store/unusable`.
 */
export function setAside(file: string, nowMs: number): Result<string, StoreError> {
  const stamp = new Date(nowMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const stem = join(dirname(file), `${basename(file, '.db')}.damaged-${stamp}`);
  let aside = `${stem}.db`;
  for (let again = 2; existsSync(aside); again += 1) aside = `${stem}-${String(again)}.db`;
  try {
    for (const part of parts) if (existsSync(file + part)) renameSync(file + part, aside + part);
    return ok(aside);
  } catch (cause) {
    return err({ code: 'store/unusable', file, reason: reasonOf(cause) });
  }
}

/** The position of a salvage, kept in the new file. */
interface Progress {
  readonly damagedFile: string;
  readonly afterSeq: number;
}

/** Notes in the new file that `damagedFile` is to be salvaged, and reserves the numbers of its entries. */
export function planSalvage(
  store: HistoryStore,
  sql: Sql,
  damagedFile: string,
  newestSeqKnown: number,
): void {
  const source = openSource(damagedFile);
  const newest = Math.max(newestSeqKnown, source === null ? 0 : newestSeqOf(source));
  if (source !== null) closeSource(source, damagedFile);
  store.transaction(() => {
    store.raiseSeqFloor(newest);
    writeProgress(sql, { damagedFile, afterSeq: 0 });
  });
}

/** Copies entries from a damaged file, slice by slice. */
export interface Salvage {
  readonly damagedFile: string;
  /** Entries copied in this run. */
  readonly entries: number;
  /** Copies one slice in one transaction. Returns true once all is done. Throws `SqlTrouble` of the new file. */
  step(): boolean;
}

/** Returns the salvage that the file has planned; null: none. */
export function resumeSalvage(store: HistoryStore, sql: Sql): Salvage | null {
  const planned = readProgress(sql);
  if (planned === null) return null;
  const { damagedFile } = planned;
  const source = openSource(damagedFile);
  let { afterSeq } = planned;
  let leaps = 0;
  let entries = 0;
  const finish = (): true => {
    if (source !== null) closeSource(source, damagedFile);
    store.transaction(() => {
      writeProgress(sql, null);
      store.recount();
    });
    // The copied entries lie below the indexed ones.
    store.resetIndex();
    return true;
  };
  return {
    damagedFile,
    get entries() {
      return entries;
    },
    step() {
      if (source === null) return finish();
      const isFirst = afterSeq === 0;
      const read: Entry[] = [];
      let isEnd = false;
      // Where only single entries can be read, many reads share one transaction.
      for (
        let reads = 0;
        reads < limits.salvageReadsMax && read.length < limits.salvageSliceEntries;
        reads += 1
      ) {
        const slice = readSlice(source, afterSeq, leaps);
        leaps = slice.isHole ? leaps + 1 : 0;
        isEnd = slice.isEnd || leaps > limits.salvageLeapsMax;
        if (isEnd) break;
        afterSeq = slice.afterSeq;
        read.push(...slice.entries);
      }
      entries += store.transaction(() => {
        if (isFirst) restoreOthers(store, source);
        const restored = read.filter((entry) => store.restore(entry.seq, encodeEntry(entry)));
        writeProgress(sql, { damagedFile, afterSeq });
        return restored.length;
      });
      if (isEnd) return finish();
      return false;
    },
  };
}

interface Slice {
  readonly entries: readonly Entry[];
  readonly afterSeq: number;
  readonly isHole: boolean;
  readonly isEnd: boolean;
}

/**
 * Reads the next entries. Where a page cannot be read, the slice shrinks to single entries and then leaps 1, 2, 4 …
 * numbers ahead. So a hole of any size costs few attempts, and loses at most as many entries as it is long.
 */
function readSlice(source: Sql, afterSeq: number, leaps: number): Slice {
  const from = leaps === 0 ? afterSeq : afterSeq + 2 ** (leaps - 1);
  for (const entriesMax of [limits.salvageSliceEntries, 16, 1]) {
    const rows = readRows(source, from, entriesMax);
    if (rows.isErr()) continue;
    const last = rows.value.at(-1);
    if (last === undefined) return { entries: [], afterSeq: from, isHole: false, isEnd: true };
    const seq = attemptDoubtful(() => integerOf(last[0]));
    // A damaged index could lead backwards for ever.
    if (seq.isErr() || seq.value <= from) continue;
    const entries = rows.value.flatMap((row) => attemptDoubtful(() => decodeEntry(row)).unwrapOr(null) ?? []);
    return { entries, afterSeq: seq.value, isHole: false, isEnd: false };
  }
  return { entries: [], afterSeq: from, isHole: true, isEnd: false };
}

/** Reads rows with their states; where these cannot be read, with a state that loses no message. */
function readRows(source: Sql, afterSeq: number, entriesMax: number): Result<readonly SqlRow[], SqlTrouble> {
  const read = (columns: string) =>
    attemptDoubtful(() =>
      source
        .prepare(
          `SELECT ${columns} FROM line NOT INDEXED LEFT JOIN peer ON peer.no = line.peer_no
           WHERE seq > ? ORDER BY seq LIMIT ?`,
        )
        .rows([afterSeq, entriesMax]),
    );
  const version = schemaVersion(source);
  if (version === 1) return read(firstColumns);
  const later = laterColumnsOf(version);
  return read(entryColumnsWith(entryState, undefined, later)).orElse(() =>
    read(entryColumnsWith(unreadState, undefined, later)),
  );
}

/** Columns of a file of schema version 1. */
const firstColumns = entryColumnsWith('CAST(line.state AS INTEGER)', '0', laterColumnsOf(1));
/** A native message may be sent again, since its receiver recognises it. A foreign program would show it twice. */
const unreadState = 'CASE WHEN line.direction <> 1 THEN 2 WHEN line.dialect = 0 THEN 0 ELSE 1 END';

function restoreOthers(store: HistoryStore, source: Sql): void {
  const readable = (sql: string): readonly SqlRow[] =>
    attemptDoubtful(() => source.prepare(sql).rows([])).unwrapOr([]);
  for (const row of readable(
    `SELECT ${contactColumnsOf(schemaVersion(source))} FROM contact JOIN peer ON peer.no = contact.peer_no`,
  )) {
    const contact = attemptDoubtful(() => decodeContact(row));
    if (contact.isOk()) store.putContact(contact.value.peerId, contactValues(contact.value));
  }
  restoreMarks(store, source, readable);
}

/** Restores the marks of readers. Where these cannot be read, every message counts as seen. */
function restoreMarks(store: HistoryStore, source: Sql, readable: (sql: string) => readonly SqlRow[]): void {
  const newestSeq = newestSeqOf(source);
  const marked = readable(
    'SELECT CAST(id AS BLOB), CAST(read_seq AS INTEGER) FROM tally JOIN peer ON peer.no = peer_no',
  );
  const rows = marked.length > 0 ? marked : readable('SELECT CAST(id AS BLOB), NULL FROM peer');
  for (const [id, seq] of rows) {
    const peerId = attemptDoubtful(() => decodeText(bytesOf(id))).andThen(parsePeerId);
    if (peerId.isOk()) store.read(peerId.value, typeof seq === 'number' ? seq : newestSeq);
  }
  const emitted = readable("SELECT CAST(number AS INTEGER) FROM progress WHERE name = 'emitted'")[0]?.[0];
  store.raiseEmitted(typeof emitted === 'number' ? emitted : newestSeq);
}

/** Returns the greatest `seq` in any part of the damaged file: table, index and spans lie on different pages. */
function newestSeqOf(source: Sql): number {
  const questions = [
    'SELECT max(seq) FROM line',
    'SELECT max(seq) FROM line INDEXED BY line_peer',
    `SELECT (max(block) + 1) * ${String(limits.spanEntries)} FROM span`,
    "SELECT number FROM progress WHERE name = 'seq-floor'",
  ];
  const answers = questions.map((question) => attemptDoubtful(() => source.integer(question)).unwrapOr(0));
  // A flipped bit can make a number absurd; no history reaches 2^40 entries.
  return Math.max(...answers.filter((seq) => seq > 0 && seq < 2 ** 40), 0);
}

const copyOf = (damagedFile: string): string => `${damagedFile}.salvage`;

/** Opens a copy of the damaged file; null: it cannot be read at all. */
function openSource(damagedFile: string): Sql | null {
  const copy = copyOf(damagedFile);
  if (!existsSync(damagedFile)) return null;
  removeCopy(copy);
  try {
    for (const part of ['', '-wal']) {
      if (!existsSync(damagedFile + part)) continue;
      copyFileSync(damagedFile + part, copy + part);
      chmodSync(copy + part, 0o600);
    }
  } catch {
    // No space for the copy: the damaged file stays whole for a later look.
    removeCopy(copy);
    return null;
  }
  const opened = attemptDoubtful(() => openSql(copy));
  if (opened.isErr()) return null;
  const readable = attemptDoubtful(() => {
    schemaVersion(opened.value);
    return opened.value.integer('SELECT count(*) FROM sqlite_schema');
  });
  if (readable.isOk()) return opened.value;
  closeSource(opened.value, damagedFile);
  return null;
}

function closeSource(source: Sql, damagedFile: string): void {
  attemptDoubtful(() => source.close());
  removeCopy(copyOf(damagedFile));
}

function removeCopy(copy: string): void {
  for (const part of parts) rmSync(copy + part, { force: true });
}

function readProgress(sql: Sql): Progress | null {
  const row = sql
    .prepare("SELECT CAST(number AS INTEGER), CAST(file AS BLOB) FROM progress WHERE name = 'salvaged'")
    .row([]);
  if (row === undefined) return null;
  return { afterSeq: integerOf(row[0]), damagedFile: decodeText(bytesOf(row[1])) };
}

function writeProgress(sql: Sql, progress: Progress | null): void {
  if (progress === null) sql.prepare("DELETE FROM progress WHERE name = 'salvaged'").run([]);
  else
    sql
      .prepare("INSERT OR REPLACE INTO progress VALUES ('salvaged', CAST(? AS INTEGER), ?)")
      .run([progress.afterSeq, encodeText(progress.damagedFile)]);
}
