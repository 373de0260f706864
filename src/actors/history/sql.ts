/**
 * The only user of libsql. The binding ends the process, not the statement, on a boolean, a lone buffer, too few
 * parameters or a text that is not UTF-8, and it cuts texts at a NUL when reading. So every value is checked here,
 * parameters always travel in an array, and columns of text are BLOBs both ways.
 *
 * It ends the process, too, when its thread is ended during a call, so each call is a `nativeCall`.
 *
 * Expected trouble is thrown as `SqlTrouble`, since it must unwind a transaction; `attempt` makes it a Result.
 */
import Database from 'libsql';
import { err, ok, type Result } from 'neverthrow';
import { history as limits } from './limits.js';
import { nativeCall } from '../../runtime/thread/native-call.js';
import { reasonOfUnopened } from '../../system-errors.js';

/** A value that libsql takes. */
export type SqlValue = number | string | Uint8Array | null;
/** A row that libsql returned, unchecked. */
export type SqlRow = readonly unknown[];

/**
 * The kind of trouble. `full`: no space. `io`: the disk or the file failed. `damaged`: the content of the file is
 * impossible.
 */
export type SqlTroubleKind = 'full' | 'io' | 'damaged';

/** Expected trouble of the database. */
export class SqlTrouble extends Error {
  readonly kind: SqlTroubleKind;
  constructor(kind: SqlTroubleKind, message: string) {
    super(message);
    this.name = 'SqlTrouble';
    this.kind = kind;
  }
}

/** A prepared statement. */
export interface Statement {
  /** Returns how many rows changed. */
  run(values: readonly SqlValue[]): number;
  row(values: readonly SqlValue[]): SqlRow | undefined;
  rows(values: readonly SqlValue[]): readonly SqlRow[];
}

/** An open database. */
export interface Sql {
  /** Fixed statements only: no value is ever written into the text. Prepared once per text. */
  prepare(sql: string): Statement;
  exec(sql: string): void;
  /** First column of the first row, which must be a whole number. */
  integer(sql: string, values?: readonly SqlValue[]): number;
  /** Runs `work` between BEGIN and COMMIT. An exception rolls back and is thrown on. */
  transaction<T>(work: () => T): T;
  close(): void;
}

/** Opens an existing file, whose creator decides on its mode. Throws `SqlTrouble`. */
export function openSql(file: string): Sql {
  const database = guarded(() => new Database(file, { timeout: limits.lockWaitMs }));
  const statements = new Map<string, Statement>();
  const exec = (sql: string): void => guarded(() => void database.exec(sql));
  const prepare = (sql: string): Statement => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const made = statement(database, sql);
    statements.set(sql, made);
    return made;
  };
  return {
    exec,
    prepare,
    integer(sql, values = []) {
      return integerOf(prepare(sql).row(values)?.[0]);
    },
    transaction(work) {
      exec('BEGIN IMMEDIATE');
      try {
        const value = work();
        exec('COMMIT');
        return value;
      } catch (cause) {
        // SQLite has rolled back by itself after some failures; a failing ROLLBACK must not hide the cause.
        if (guarded(() => database.inTransaction)) attempt(() => exec('ROLLBACK'));
        throw cause;
      }
    },
    close() {
      statements.clear();
      guarded(() => void database.close());
    },
  };
}

/** Runs `work` and returns `SqlTrouble` as a Result. Any other exception is a bug and is thrown on. */
export function attempt<T>(work: () => T): Result<T, SqlTrouble> {
  try {
    return ok(work());
  } catch (cause) {
    if (cause instanceof SqlTrouble) return err(cause);
    throw cause;
  }
}

/** Runs `work` on a file with an unchecked schema: every SQL error of it is damage, not a bug. */
export function attemptDoubtful<T>(work: () => T): Result<T, SqlTrouble> {
  try {
    return ok(work());
  } catch (cause) {
    if (cause instanceof SqlTrouble) return err(cause);
    if (cause instanceof Database.SqliteError) return err(new SqlTrouble('damaged', cause.message));
    throw cause;
  }
}

/** Returns the whole number in a column. Throws `SqlTrouble` (damaged) on any other value. */
export function integerOf(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new SqlTrouble('damaged', 'a whole number was expected');
}

/** Returns the bytes in a column. Throws `SqlTrouble` (damaged) on any other value. */
export function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new SqlTrouble('damaged', 'bytes were expected');
}

function statement(database: Database.Database, sql: string): Statement {
  const prepared = guarded(() => database.prepare(sql));
  const arity = arityOf(sql);
  const isReader = /^\s*(?:select|pragma|with)\b/i.test(sql) || /\breturning\b/i.test(sql);
  if (isReader) guarded(() => prepared.raw());
  const checked = (values: readonly SqlValue[]): readonly SqlValue[] => {
    if (values.length !== arity)
      throw new TypeError(`${String(arity)} parameters expected, got ${String(values.length)}: ${sql}`);
    for (const value of values) checkValue(value, sql);
    return values;
  };
  return {
    run: (values) => {
      const given = checked(values);
      return guarded(() => prepared.run(given)).changes;
    },
    row: (values) => {
      const given = checked(values);
      const row = guarded(() => prepared.get(given));
      return Array.isArray(row) ? row : undefined;
    },
    rows: (values) => {
      const given = checked(values);
      return guarded(() => prepared.all(given)).filter((row): row is unknown[] => Array.isArray(row));
    },
  };
}

/** Counts the parameters of a statement, which are all numbered (`?1`) or all plain. */
function arityOf(sql: string): number {
  const numbers = [...sql.matchAll(/\?(\d+)/g)].map(([, number]) => Number(number));
  return numbers.length === 0 ? sql.split('?').length - 1 : Math.max(...numbers);
}

/**
 * Checks a value before libsql gets it. Its type is `unknown`, since a wrong value ends the process, whatever the
 * compiler believes.
 */
function checkValue(value: unknown, sql: string): void {
  if (value === null) return;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return;
  if (value instanceof Uint8Array && value.buffer instanceof ArrayBuffer) return;
  if (typeof value === 'string' && !unsafeText.test(value)) return;
  throw new TypeError(`not a value for the database (${typeof value}): ${sql}`);
}

/** A NUL, or half of a surrogate pair (`\p{Surrogate}` with the flag u matches no whole pair). */
const unsafeText = /\0|\p{Surrogate}/u;

/** Runs a call of libsql, and translates its exceptions. */
function guarded<T>(work: () => T): T {
  try {
    return nativeCall(work);
  } catch (cause) {
    throw asTrouble(cause);
  }
}

const primary = {
  io: 10,
  locked: 6,
  busy: 5,
  readOnly: 8,
  full: 13,
  cannotOpen: 14,
  corrupt: 11,
  notADatabase: 26,
};

const walIndexFull = 10 | (19 << 8);

/**
 * Translates an exception of libsql into `SqlTrouble`. One that comes from neither disk nor damage stays as it is: a
 * bug.
 */
function asTrouble(cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  const { message } = cause;
  if (message.startsWith('ConnectionFailed')) return new SqlTrouble('io', reasonOfUnopened(message));
  const code = 'rawCode' in cause && typeof cause.rawCode === 'number' ? cause.rawCode & 0xff : 0;
  // The index of the WAL could not grow: an I/O error by code, a lack of space by cause.
  if ('rawCode' in cause && cause.rawCode === walIndexFull) return new SqlTrouble('full', message);
  switch (code) {
    case primary.full:
      return new SqlTrouble('full', message);
    case primary.corrupt:
    case primary.notADatabase:
      return new SqlTrouble('damaged', message);
    case primary.io:
    case primary.locked:
    case primary.busy:
    case primary.readOnly:
      return new SqlTrouble('io', message);
    case primary.cannotOpen:
      return new SqlTrouble('io', reasonOfUnopened(message));
    default:
      return cause;
  }
}
