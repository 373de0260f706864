/**
 * The home: one directory with the identity key, the settings and the history of one person, and the lock that lets
 * one node at a time use it. Shell code of the root; used before any actor runs.
 */
import { readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { err, ok, type Result } from 'neverthrow';
import { ensureDirectory } from './directory.js';
import type { HomeError } from './errors.js';
import { homeLock as limits } from './limits.js';
import { lockFile, type FileLock } from './lock.js';
import { writePrivate } from './private-file.js';

/** An open home, whose lock this process holds. */
export interface Home {
  readonly directory: string;
  readonly identityFile: string;
  /** The private key of the next identity. Its user may move it to a safer place. */
  readonly nextIdentityFile: string;
  readonly historyFile: string;
  /** Whether the directory still has its name: false once it was removed, renamed or replaced by another one. */
  isThere(): boolean;
  /** Shows processes that wait for this home that its holder goes on with its start or end, until it is stopped. */
  showProgress(): { readonly stop: () => void };
  /** Frees the lock. Idempotent. */
  release(): void;
}

/**
 * Makes the directory where it is missing (0700), checks whether it may be a home, takes the lock and notes our pid beside it.
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
  let isReleased = false;
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
    showProgress() {
      const timer = setInterval(() => sign(pidFile), limits.signEveryMs);
      return { stop: () => clearInterval(timer) };
    },
    release() {
      if (isReleased) return;
      isReleased = true;
      rmSync(pidFile, { force: true });
      locked.value.release();
    },
  });
}

function lock(directory: string): Result<FileLock, HomeError> {
  const file = join(directory, 'lock.db');
  return lockFile(file).mapErr((error): HomeError => {
    if (error.type === 'held') return { code: 'home/in-use', home: directory, pid: pidOfHolder(directory) };
    return { code: 'home/unusable', home: directory, reason: error.reason };
  });
}

function sign(pidFile: string): void {
  try {
    const now = new Date();
    utimesSync(pidFile, now, now);
  } catch {
    // The home is gone, which another check reports.
  }
}

/** Changes with each sign of progress of the process that holds the home; `null`: it has given none. */
export function holderSign(directory: string): number | null {
  try {
    return statSync(join(resolve(directory), 'node.pid')).mtimeMs;
  } catch {
    return null;
  }
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
