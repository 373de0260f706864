/**
 * The home: one directory with the identity key, the settings and the history of one person, and the lock that lets
 * one node at a time use it. Shell code of the root; used before any actor runs.
 */
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { err, ok, type Result } from 'neverthrow';
import type { HomeError } from '../errors.js';
import { lockFile, type FileLock } from './history-lock.js';

export interface Home {
  readonly directory: string;
  readonly identityFile: string;
  readonly historyFile: string;
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
  return ok({
    directory,
    identityFile: join(directory, 'identity.json'),
    historyFile: join(directory, 'history.db'),
    release() {
      rmSync(pidFile, { force: true });
      locked.value.release();
    },
  });
}

/**
 * Replaces a file as a whole: temporary file with mode 0600 whatever the umask, synced, renamed, directory synced.
 * After a power cut there is the old or the new content, never half of one. The error is a reason in words.
 */
export function writePrivate(file: string, content: string): Result<void, string> {
  const temporary = `${file}.${process.pid}.new`;
  try {
    rmSync(temporary, { force: true });
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
    const descriptor = openSync(temporary, flags, 0o600);
    try {
      chmodSync(temporary, 0o600);
      writeFileSync(descriptor, content);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
    syncDirectory(join(file, '..'));
    return ok(undefined);
  } catch (error) {
    rmSync(temporary, { force: true });
    return err(reasonOf(error));
  }
}

/** Reads a file that must be private. `null` where there is none; the error is a reason in words. */
export function readPrivate(file: string): Result<string | null, string> {
  if (!existsSync(file)) return ok(null);
  try {
    const mode = statSync(file).mode & 0o777;
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      return err(`others may read it (mode ${mode.toString(8)}); run: chmod 600 ${file}`);
    }
    return ok(readFileSync(file, 'utf8'));
  } catch (error) {
    return err(reasonOf(error));
  }
}

function ensureDirectory(directory: string): Result<void, HomeError> {
  const unusable = (reason: string) =>
    err<void, HomeError>({ code: 'home/unusable', home: directory, reason });
  try {
    if (!existsSync(directory)) {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
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

function syncDirectory(directory: string): void {
  // Windows cannot sync a directory, and does not need to.
  if (process.platform === 'win32') return;
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The system's words for a failed call, without the stack. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = wordsOfErrno[code];
  return known === undefined ? error.message : `${known} (${code})`;
}

const wordsOfErrno: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is not a directory',
  ENAMETOOLONG: 'the path is too long',
  EIO: 'the disk reports an error',
};
