/**
 * The check that the database still has its name. A file that was removed, renamed or replaced while it is open takes
 * every write, and loses all of them with the end of the process: nothing may be acknowledged then.
 */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';

/** The identity of a file: equal device and inode mean one file, whatever its name. */
interface Entry {
  readonly dev: bigint;
  readonly ino: bigint;
}

const sameEntry = (one: Entry, other: Entry): boolean => one.dev === other.dev && one.ino === other.ino;

/** The file and its directory as they were when the file was opened. */
export interface Names {
  readonly file: Entry;
  readonly home: Entry;
}

/** Reads the identities of the file and its directory. Throws the error of the system where one is missing. */
export const namesOf = (file: string): Names => ({
  file: statSync(file, { bigint: true }),
  home: statSync(dirname(file), { bigint: true }),
});

/** Returns the loss in words; null: both still have their names. */
export function lossOf(file: string, names: Names): string | null {
  try {
    const now = namesOf(file);
    if (!sameEntry(now.home, names.home)) return 'its directory was replaced by another one';
    return sameEntry(now.file, names.file) ? null : 'it was replaced by another file';
  } catch {
    return 'it was removed or renamed, or its directory was';
  }
}
