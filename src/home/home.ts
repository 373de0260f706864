/**
 * The home: one directory with the identity key, the settings and the history of one person, and the lock that lets
 * one node at a time use it. Shell code of the root; used before any actor runs.
 */
import { chmodSync, existsSync, lstatSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { err, ok, type Result } from 'neverthrow';
import { reasonOf } from '../system-errors.js';
import type { HomeError } from './errors.js';
import { lockFile, type FileLock } from './lock.js';
import { makeDirectory, writePrivate } from './private-file.js';

export interface Home {
  readonly directory: string;
  readonly identityFile: string;
  /** The private key of the next identity. Its user may move it to a safer place. */
  readonly nextIdentityFile: string;
  readonly historyFile: string;
  /** Whether the directory still has its name: false once it was removed, renamed or replaced by another one. */
  isThere(): boolean;
  /** Frees the lock. Idempotent. */
  release(): void;
}

/**
 * Makes the directory where it is missing (0700), checks who may read it, takes the lock and notes our pid beside it.
 * Errors: `home/in-use` (with the pid of the first), `home/unusable`.
 */
export function openHome(path: string): Result<Home, HomeError> {
  const directory = resolve(path);
  const checked = ensureDirectory(directory);
  if (checked.isErr()) return err(checked.error);
  const locked = lock(directory);
  if (locked.isErr()) return err(locked.error);
  const pidFile = join(directory, 'node.pid');
  const noted = writePrivate(pidFile, `${process.pid}\n`);
  if (noted.isErr()) {
    locked.value.release();
    return err({ code: 'home/unusable', home: directory, reason: noted.error });
  }
  const opened = statSync(directory, { bigint: true });
  return ok({
    directory,
    identityFile: join(directory, 'identity.json'),
    nextIdentityFile: join(directory, 'identity-next'),
    historyFile: join(directory, 'history.db'),
    isThere() {
      try {
        const now = statSync(directory, { bigint: true });
        return now.dev === opened.dev && now.ino === opened.ino;
      } catch {
        return false;
      }
    },
    release() {
      rmSync(pidFile, { force: true });
      locked.value.release();
    },
  });
}

function ensureDirectory(directory: string): Result<void, HomeError> {
  const unusable = (reason: string) =>
    err<void, HomeError>({ code: 'home/unusable', home: directory, reason });
  try {
    if (!existsSync(directory)) {
      const made = makeDirectory(directory);
      if (made.isErr()) return unusable(made.error);
      chmodSync(directory, 0o700);
    }
    const stat = lstatSync(directory);
    if (!stat.isDirectory() && !statSync(directory).isDirectory()) return unusable('it is not a directory');
    if (process.platform === 'win32') return ok(undefined);
    if (process.getuid !== undefined && statSync(directory).uid !== process.getuid()) {
      return unusable('it belongs to another user');
    }
    if ((statSync(directory).mode & 0o077) !== 0) {
      // A directory made by hand with an ordinary umask: ours to tighten, since it is ours.
      chmodSync(directory, 0o700);
    }
    return ok(undefined);
  } catch (error) {
    return unusable(reasonOf(error));
  }
}

function lock(directory: string): Result<FileLock, HomeError> {
  const file = join(directory, 'lock.db');
  return lockFile(file).mapErr((error): HomeError => {
    if (error.type === 'held') return { code: 'home/in-use', home: directory, pid: pidOfHolder(directory) };
    return { code: 'home/unusable', home: directory, reason: error.reason };
  });
}

/** 0 where the first node has not written it yet. */
function pidOfHolder(directory: string): number {
  try {
    const pid = Number.parseInt(readFileSync(join(directory, 'node.pid'), 'utf8'), 10);
    return Number.isSafeInteger(pid) && pid > 0 ? pid : 0;
  } catch {
    return 0;
  }
}
