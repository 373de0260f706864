/**
 * Opens the history's file: modes, version, damage, migrations, in that order, so that a file of a newer program is
 * left untouched and a damaged one is recognised before anything is written to it.
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

export type OpenError = StoreError | { readonly code: 'damaged'; readonly reason: string };

/**
 * Errors: `store/unusable` (directory or file cannot be used as they are), `store/newer-schema`, `store/full`,
 * `store/io`, and `damaged`, which the caller answers by setting the file aside.
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

/** The fault of the layer for a trouble that is not damage; damage met where it cannot be healed is `store/io`. */
export function storeError(file: string, trouble: SqlTrouble): StoreError {
  if (trouble.kind === 'full') return { code: 'store/full', file };
  return { code: 'store/io', file, reason: trouble.message };
}

/** As above, before the file is in use: damage is told apart, since it can be set aside. */
export const openError = (file: string, trouble: SqlTrouble): OpenError =>
  trouble.kind === 'damaged' ? { code: 'damaged', reason: trouble.message } : storeError(file, trouble);

const privateFile = 0o600;
const privateDirectory = 0o700;
const canMode = process.platform !== 'win32';

/** Makes the file and gives all its parts mode 0600, whatever the umask; SQLite copies that mode to WAL and index. */
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

/** Versions rise by one with each release that needs it: a leap of thousands is a flipped bit, not a newer program. */
const plausibleVersionsAhead = 1_000;

function refuseNewer(file: string, found: number): Result<void, StoreError> | null {
  const known = migrations.length;
  if (found <= known || found > known + plausibleVersionsAhead) return null;
  return err({ code: 'store/newer-schema', file, found, known });
}

/** Returns a refusal or null. Throws `SqlTrouble`. */
function prepareTables(sql: Sql, file: string): StoreError | null {
  const newer = refuseNewer(file, schemaVersion(sql));
  if (newer?.isErr() === true) return newer.error;
  if (schemaVersion(sql) > migrations.length) throw new SqlTrouble('damaged', 'impossible schema version');
  sql.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -${String(limits.cacheKib)};
    PRAGMA wal_autocheckpoint = ${String(limits.checkpointBackstopPages)};
    PRAGMA journal_size_limit = ${String(limits.walBytesMax)};`);
  if (statSync(file).size <= limits.checkBytesMax) checkTables(sql);
  migrate(sql);
  checkColumns(sql);
  // After a failed sync the WAL may hold what the disk does not. Folding it into the file, with its own syncs, makes
  // both true again; if that fails too, the file is not used.
  sql.prepare('PRAGMA wal_checkpoint(TRUNCATE)').rows([]);
  return null;
}

/** Table by table, leaving out the search index: checking that takes long, and it can be built again. */
function checkTables(sql: Sql): void {
  for (const table of ['line', 'delivery', 'peer', 'span', 'contact', 'setting', 'progress', 'tally']) {
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

/** A schema that lost a table or column fails here with an SQL error that is no bug but damage. */
function checkColumns(sql: Sql): void {
  const wanted: readonly (readonly [string, number])[] = [
    ['line', 15],
    ['delivery', 4],
    ['peer', 2],
    ['span', 3],
    ['contact', 17],
    ['tally', 4],
    ['setting', 2],
    ['progress', 3],
    ['line_text', 2],
  ];
  for (const [table, columns] of wanted) {
    const found = sql.integer('SELECT count(*) FROM pragma_table_info(?)', [table]);
    if (found !== columns) throw new SqlTrouble('damaged', `table ${table} is not whole`);
  }
  for (const index of ['line_id', 'line_peer', 'delivery_waits'])
    if (sql.integer("SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND name = ?", [index]) !== 1)
      throw new SqlTrouble('damaged', `index ${index} is missing`);
}
