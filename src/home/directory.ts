/**
 * The directory of a home: which directories may become one, and how it is made. It holds no lock, so that a command can
 * check a directory before anything in it is touched.
 */
import { chmodSync, existsSync, readdirSync, statSync } from 'node:fs';
import { err, ok, type Result } from 'neverthrow';
import { reasonOf } from '../system-errors.js';
import type { HomeError } from './errors.js';
import { makeDirectory } from './private-file.js';

/** Files that stand in homes alone: one of them is enough. */
const marks = ['identity.json', 'history.db', 'lock.db'];

/** Files that may stand in a home before its first node, and in directories of other programs as well. */
const early = [
  'settings.json',
  'identity-next',
  'node.log',
  'node.log.1',
  'node.pid',
  'control.sock',
  'control.path',
  'chat_history.txt',
  'online_peers.txt',
  'hooks',
  'transfers',
  'lost+found',
];

/** Decides whether a directory with these entries is empty or a home. Pure. */
export const isHomeOrEmpty = (entries: readonly string[]): boolean =>
  entries.some((name) => marks.includes(name)) || entries.every((name) => early.includes(name));

/**
 * Makes the directory where it is missing, mode 0700, and closes one that is a home to other users. A directory with
 * files of another program stays as it is. Errors: `home/unusable`.
 */
export function ensureDirectory(directory: string): Result<void, HomeError> {
  const unusable = (reason: string) =>
    err<void, HomeError>({ code: 'home/unusable', home: directory, reason });
  try {
    if (!existsSync(directory)) {
      const made = makeDirectory(directory);
      if (made.isErr()) return unusable(made.error);
      chmodSync(directory, 0o700);
    }
    const found = statSync(directory);
    if (!found.isDirectory()) return unusable('it is not a directory');
    if (process.getuid !== undefined && found.uid !== process.getuid())
      return unusable('it belongs to another user');
    // A directory with the sticky bit is shared by all users, even while it is empty.
    const isShared = process.platform !== 'win32' && (found.mode & 0o1000) !== 0;
    if (isShared || !isHomeOrEmpty(readdirSync(directory)))
      return unusable('it is not a profile of Parlance and not empty, so nothing was changed there');
    if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) chmodSync(directory, 0o700);
    return ok(undefined);
  } catch (error) {
    return unusable(reasonOf(error));
  }
}
