/** Files and directories that only their user may read, and that a power cut leaves whole. */
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { err, ok, type Result } from 'neverthrow';
import { shellWord } from '../shell-word.js';
import { reasonOf } from '../system-errors.js';

/**
 * Makes the directory and those above it that are missing, mode 0700; content with what is there. One by one, since
 * Node's own `recursive` tries for ever where the system refuses with ENOENT (below /proc). The error is a reason in
 * words.
 */
export function makeDirectory(directory: string): Result<void, string> {
  const missing: string[] = [];
  for (let at = resolve(directory); !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.push(at);
  for (const each of missing.toReversed()) {
    try {
      mkdirSync(each, { mode: 0o700 });
    } catch (cause) {
      // Somebody else made it in between: whether it is any good shows when it is used.
      if (!existsSync(each)) return err(reasonOf(cause));
    }
  }
  return ok(undefined);
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
      return err(`others may read it (mode ${mode.toString(8)}); run: chmod 600 ${shellWord(file)}`);
    }
    return ok(readFileSync(file, 'utf8'));
  } catch (error) {
    return err(reasonOf(error));
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
