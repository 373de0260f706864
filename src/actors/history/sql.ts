/**
 * The one door to libsql. The binding ends the process, not the statement, when it is given a boolean, a buffer alone,
 * too few parameters or a text that is not UTF-8, and it cuts texts at a NUL when reading. So every value is checked
 * here, parameters always travel in an array, and columns that hold text are BLOBs on both ways.
 *
 * It also ends the process when its thread is ended meanwhile, so each call is a `nativeCall`.
 *
 * Expected trouble is thrown as `SqlTrouble`, since it must unwind a transaction; `attempt` makes it a Result.
 */
import Database from 'libsql';
import { err, ok, type Result } from 'neverthrow';
import { history as limits } from './limits.js';
import { nativeCall } from '../../runtime/thread/native-call.js';

export type SqlValue = number | string | Uint8Array | null;
export type SqlRow = readonly unknown[];

/** `full`: no space. `io`: the disk or the file failed. `damaged`: what is in the file cannot be true. */
export type SqlTroubleKind = 'full' | 'io' | 'damaged';

export class SqlTrouble extends Error {
  readonly kind: SqlTroubleKind;
  constructor(kind: SqlTroubleKind, message: string) {
    super(message);
    this.name = 'SqlTrouble';
    this.kind = kind;
  }
}

export interface Statement {
  /** Returns how many rows changed. */
  run(values: readonly SqlValue[]): number;
  row(values: readonly SqlValue[]): SqlRow | undefined;
  rows(values: readonly SqlValue[]): readonly SqlRow[];
}

export interface Sql {
  /** Fixed statements only: no value is ever written into the text. Prepared once per text. */
  prepare(sql: string): Statement;
  exec(sql: string): void;
  /** First column of the first row, which must be a whole number. */
  integer(sql: string, values?: readonly SqlValue[]): number;
  /** Runs `work` between BEGIN and COMMIT; anything thrown rolls back and goes on upwards. */
  transaction<T>(work: () => T): T;
  close(): void;
}

/** Throws `SqlTrouble`. The file must exist already: who creates it decides on its mode. */
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

/** `SqlTrouble` as a Result; anything else that is thrown is a bug and goes on upwards. */
export function attempt<T>(work: () => T): Result<T, SqlTrouble> {
  try {
    return ok(work());
  } catch (cause) {
    if (cause instanceof SqlTrouble) return err(cause);
    throw cause;
  }
}

/** For files whose schema is not vouched for yet: whatever SQL error they cause is damage, not a bug. */
export function attemptDoubtful<T>(work: () => T): Result<T, SqlTrouble> {
  try {
    return ok(work());
  } catch (cause) {
    if (cause instanceof SqlTrouble) return err(cause);
    if (cause instanceof Database.SqliteError) return err(new SqlTrouble('damaged', cause.message));
    throw cause;
  }
}

/** Throws `SqlTrouble` (damaged) when a column does not hold what only this program writes there. */
export function integerOf(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new SqlTrouble('damaged', 'a whole number was expected');
}

/** Throws `SqlTrouble` (damaged), as above. */
export function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new SqlTrouble('damaged', 'bytes were expected');
}

function statement(database: Database.Database, sql: string): Statement {
  const prepared = guarded(() => database.prepare(sql));
  const arity = sql.split('?').length - 1;
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

/** What libsql can bear. `unknown`, since it is the last line of defence against callers that lie to the compiler. */
function checkValue(value: unknown, sql: string): void {
  if (value === null) return;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return;
  if (value instanceof Uint8Array && value.buffer instanceof ArrayBuffer) return;
  if (typeof value === 'string' && !unsafeText.test(value)) return;
  throw new TypeError(`not a value for the database (${typeof value}): ${sql}`);
}

/** A NUL, or half of a surrogate pair (`\p{Surrogate}` with the flag u matches no whole pair). */
const unsafeText = /\0|\p{Surrogate}/u;

/** Every call of libsql's goes through here. */
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

/** Turns what libsql throws into `SqlTrouble`; what is neither disk nor damage stays as it is: a bug. */
function asTrouble(cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  const { message } = cause;
  if (message.startsWith('ConnectionFailed')) return new SqlTrouble('io', message);
  const code = 'rawCode' in cause && typeof cause.rawCode === 'number' ? cause.rawCode & 0xff : 0;
  // The index of the WAL could not grow: told as an I/O error, but it is the lack of space.
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
    case primary.cannotOpen:
      return new SqlTrouble('io', message);
    default:
      return cause;
  }
}
