/**
 * Opens the file of the history. It checks modes, version and damage, then migrates, so that a file of a newer
 * program stays untouched and a damaged one is recognised before it is written to.
 */
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  openSync,
  readSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { err, ok, type Result } from 'neverthrow';
import { reasonOf } from '../../system-errors.js';
import type { StoreError } from '../../chat/errors.js';
import { history as limits } from './limits.js';
import { migrate, migrations, schemaVersion } from './schema.js';
import { attempt, attemptDoubtful, bytesOf, openSql, SqlTrouble, type Sql } from './sql.js';

/** Failures of opening the file. `damaged`: the caller sets the file aside. */
export type OpenError = StoreError | { readonly code: 'damaged'; readonly reason: string };

/**
 * Opens, checks and migrates the file. Errors: `store/unusable` (directory or file cannot be used as they are),
 * `store/newer-schema`, `store/full`, `store/io`, `damaged`.
 */
export function openFile(file: string): Result<Sql, OpenError> {
  return prepareFile(file)
    .andThen(() => refuseNewerHeader(file))
    .andThen(() =>
      attemptDoubtful(() => openSql(file))
        .mapErr((trouble) => openError(file, trouble))
        .andThen((sql) =>
          attemptDoubtful(() => prepareTables(sql, file))
            .mapErr((trouble) => openError(file, trouble))
            .andThen((refusal) => (refusal === null ? ok(sql) : err(refusal)))
            .orTee(() => attempt(() => sql.close())),
        ),
    );
}

/** Translates trouble into a failure of the store. Damage becomes `store/io`, since it cannot be repaired here. */
export function storeError(file: string, trouble: SqlTrouble): StoreError {
  if (trouble.kind === 'full') return { code: 'store/full', file };
  return { code: 'store/io', file, reason: trouble.message };
}

/** Translates trouble while the file is opened: damage stays `damaged`, since the file can be set aside. */
export const openError = (file: string, trouble: SqlTrouble): OpenError =>
  trouble.kind === 'damaged' ? { code: 'damaged', reason: trouble.message } : storeError(file, trouble);

const privateFile = 0o600;
const privateDirectory = 0o700;
const canMode = process.platform !== 'win32';

/**
 * Creates the file and gives all its parts mode 0600, whatever the umask. SQLite copies the mode to WAL and index.
 */
function prepareFile(file: string): Result<void, StoreError> {
  const directory = dirname(file);
  const unusable = (reason: string) => err<void, StoreError>({ code: 'store/unusable', file, reason });
  try {
    const mode = statSync(directory).mode & 0o777;
    if (canMode && mode !== privateDirectory)
      return unusable(`${directory} has mode ${mode.toString(8)}, it must be 700`);
    const descriptor = openSync(file, constants.O_RDWR | constants.O_CREAT, privateFile);
    if (canMode) fchmodSync(descriptor, privateFile);
    closeSync(descriptor);
    for (const part of [`${file}-wal`, `${file}-shm`])
      if (canMode && existsSync(part)) chmodSync(part, privateFile);
    return ok();
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC')
      return err({ code: 'store/full', file });
    return unusable(reasonOf(cause));
  }
}

/** Bytes 60 to 63 of the file are `user_version`: read without SQLite, which would fold a WAL into the file. */
function refuseNewerHeader(file: string): Result<void, StoreError> {
  const header = Buffer.alloc(100);
  try {
    const descriptor = openSync(file, 'r');
    const got = readSync(descriptor, header, 0, header.length, 0);
    closeSync(descriptor);
    if (got < header.length || header.toString('latin1', 0, 15) !== 'SQLite format 3') return ok();
  } catch (cause) {
    return err({ code: 'store/unusable', file, reason: reasonOf(cause) });
  }
  return refuseNewer(file, header.readUInt32BE(60)) ?? ok();
}

/** Versions rise by one with a release that needs it: a leap of thousands is a flipped bit, not a newer program. */
const plausibleVersionsAhead = 1_000;

function refuseNewer(file: string, found: number): Result<void, StoreError> | null {
  const known = migrations.length;
  if (found <= known || found > known + plausibleVersionsAhead) return null;
  return err({ code: 'store/newer-schema', file, found, known });
}

/** Checks and migrates the tables. Returns a refusal or null. Throws `SqlTrouble`. */
function prepareTables(sql: Sql, file: string): StoreError | null {
  const newer = refuseNewer(file, schemaVersion(sql));
  if (newer?.isErr() === true) return newer.error;
  if (schemaVersion(sql) > migrations.length) throw new SqlTrouble('damaged', 'impossible schema version');
  sql.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -${String(limits.cacheKib)};
    PRAGMA wal_autocheckpoint = ${String(limits.checkpointBackstopPages)};
    PRAGMA journal_size_limit = ${String(limits.walBytesMax)};`);
  if (statSync(file).size <= limits.checkBytesMax) checkTables(sql);
  migrate(sql);
  checkColumns(sql);
  // After a failed sync the WAL may hold data that the disk lacks. A checkpoint, with its own syncs, makes both
  // agree; if it fails too, the file is not used.
  sql.prepare('PRAGMA wal_checkpoint(TRUNCATE)').rows([]);
  return null;
}

/** Checks table by table. The search index is left out: its check takes long, and it can be rebuilt. */
function checkTables(sql: Sql): void {
  for (const table of [
    'line',
    'delivery',
    'peer',
    'span',
    'contact',
    'setting',
    'progress',
    'tally',
    'op',
    'timer',
  ]) {
    const present = sql.integer("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?", [
      table,
    ]);
    if (present === 0 && schemaVersion(sql) < migrations.length) continue;
    const [found] =
      sql.prepare(`SELECT CAST(quick_check AS BLOB) FROM pragma_quick_check('${table}')`).row([]) ?? [];
    const verdict = Buffer.from(bytesOf(found)).toString('utf8');
    if (verdict !== 'ok') throw new SqlTrouble('damaged', `${table}: ${verdict}`);
  }
}

/** Checks that tables, columns and indexes exist. A missing one is damage, not a bug. */
function checkColumns(sql: Sql): void {
  const wanted: readonly (readonly [string, number])[] = [
    ['line', 23],
    ['op', 11],
    ['delivery', 4],
    ['peer', 2],
    ['span', 3],
    ['contact', 19],
    ['tally', 6],
    ['timer', 4],
    ['setting', 2],
    ['progress', 3],
    ['line_text', 2],
  ];
  for (const [table, columns] of wanted) {
    const found = sql.integer('SELECT count(*) FROM pragma_table_info(?)', [table]);
    if (found !== columns) throw new SqlTrouble('damaged', `table ${table} is not whole`);
  }
  for (const index of ['line_id', 'line_peer', 'line_expires', 'delivery_waits', 'op_target', 'op_waits'])
    if (sql.integer("SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND name = ?", [index]) !== 1)
      throw new SqlTrouble('damaged', `index ${index} is missing`);
}
