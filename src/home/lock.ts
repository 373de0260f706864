/**
 * A lock on a file that the kernel frees when its holder dies, however it dies. Node has no `flock`; SQLite's
 * exclusive lock is one, on every platform, and SQLite is here already.
 */
import { chmodSync, truncateSync } from 'node:fs';
import Database from 'libsql';
import { err, ok, type Result } from 'neverthrow';
import { reasonOf, reasonOfUnopened } from '../system-errors.js';
import { nativeCall } from '../runtime/thread/native-call.js';

/** A lock that is held. */
export interface FileLock {
  release(): void;
}

/** The reason why a lock was not taken. */
export type LockError = { readonly type: 'held' } | { readonly type: 'unusable'; readonly reason: string };

/**
 * Takes the lock. Errors: `held` (by another process, or by this one), `unusable` (the reason in the system's words).
 */
export function lockFile(file: string): Result<FileLock, LockError> {
  const locked = nativeCall(() => lock(file));
  if (locked.isOk() || locked.error.type !== 'damaged') return locked.mapErr(withoutDamage);
  // The file holds no data, and no process has locked it. It is emptied and not removed, since another process must
  // meet the same file at the same moment.
  truncateSync(file);
  return nativeCall(() => lock(file)).mapErr(withoutDamage);
}

type Trouble = LockError | { readonly type: 'damaged'; readonly reason: string };

const withoutDamage = (trouble: Trouble): LockError =>
  trouble.type === 'damaged' ? { type: 'unusable', reason: trouble.reason } : trouble;

function lock(file: string): Result<FileLock, Trouble> {
  let database: Database.Database | null = null;
  try {
    database = new Database(file, { timeout: 0 });
    chmodSync(file, 0o600);
    database.exec('PRAGMA journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
    const held = database;
    return ok({ release: () => nativeCall(() => void held.close()) });
  } catch (error) {
    database?.close();
    const reason = reasonOf(error);
    if (/locked|busy/i.test(reason)) return err({ type: 'held' });
    const isDamaged = /not a database|malformed|encrypted|unsupported file format/i.test(reason);
    return err({ type: isDamaged ? 'damaged' : 'unusable', reason: reasonOfUnopened(reason) });
  }
}
