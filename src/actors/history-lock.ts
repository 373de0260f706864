/**
 * A lock on a file that the kernel frees when its holder dies, however it dies. Node has no `flock`; SQLite's
 * exclusive lock is one, on every platform, and SQLite is here already.
 */
import { chmodSync } from 'node:fs';
import Database from 'libsql';
import { err, ok, type Result } from 'neverthrow';
import { reasonOf } from '../errors.js';

export interface FileLock {
  release(): void;
}

export type LockError = { readonly type: 'held' } | { readonly type: 'unusable'; readonly reason: string };

/** Errors: `held` by another process, or by this one; `unusable` in the system's words. */
export function lockFile(file: string): Result<FileLock, LockError> {
  let database: Database.Database | null = null;
  try {
    database = new Database(file, { timeout: 0 });
    chmodSync(file, 0o600);
    database.exec('PRAGMA journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
    const held = database;
    return ok({ release: () => held.close() });
  } catch (error) {
    database?.close();
    const reason = reasonOf(error);
    return err(/locked|busy/i.test(reason) ? { type: 'held' } : { type: 'unusable', reason });
  }
}
