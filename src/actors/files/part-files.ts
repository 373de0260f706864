/**
 * Single things in the folder of an unfinished transfer, and their way to their places. Nothing is opened through a link,
 * and nothing is replaced unless the user wishes it.
 */
import {
  closeSync,
  constants,
  futimesSync,
  lstatSync,
  openSync,
  realpathSync,
  writeSync,
  type Stats,
} from 'node:fs';
import {
  copyFile,
  link,
  lstat,
  open,
  readlink,
  rename,
  symlink,
  unlink,
  utimes,
  type FileHandle,
} from 'node:fs/promises';
import { boundedTime } from '../../chat/files/manifest.js';
import { errnoOf } from '../../system-errors.js';
import { concat } from '../../wire/bytes.js';
import { closing } from './store.js';

/** Links are refused, and a pipe in the place of a file does not hold the thread. */
const noFollow = process.platform === 'win32' ? 0 : constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The folder of a transfer was exchanged for something else: nothing more is written. */
export class ExchangedError extends Error {
  constructor(path: string) {
    super(`${path} is not the folder that was made`);
    this.name = 'ExchangedError';
  }
}

/** Bytes that were written are not there any more: somebody has removed their file. */
export class LostPartError extends Error {
  constructor(path: string) {
    super(`${path} is not there any more`);
    this.name = 'LostPartError';
  }
}

/** Opens a file of this transfer for writing: a new one, or the one that was made before. Links are refused. */
export async function openNew(path: string): Promise<FileHandle> {
  const { O_RDWR, O_CREAT, O_EXCL } = constants;
  try {
    return await open(path, O_RDWR | O_CREAT | O_EXCL | noFollow, 0o600);
  } catch (cause) {
    if (errnoOf(cause) !== 'EEXIST') throw cause;
  }
  return openKnown(path);
}

/** Opens a file of this transfer that was made before. */
export async function openKnown(path: string): Promise<FileHandle> {
  const found = await statOf(path);
  if (found === null) throw new LostPartError(path);
  // A second name of the file may be anywhere.
  if (!found.isFile() || found.nlink > 1) throw new ExchangedError(path);
  const handle = await open(path, constants.O_RDWR | noFollow, 0o600);
  const opened = await handle.stat();
  if (opened.isFile() && opened.ino === found.ino && opened.dev === found.dev) return handle;
  await handle.close();
  throw new ExchangedError(path);
}

/** Whether a thing may get this place: nothing is there, or a file that may be replaced. */
export function isFree(found: Stats | null, there: Stats | null, replaces: boolean): boolean {
  if (there === null) return true;
  return replaces && found?.isFile() === true && (there.isFile() || there.isSymbolicLink());
}

/** Moves one thing to a free name. False: the name was taken meanwhile. */
export async function moved(from: string, to: string, found: Stats, replaces: boolean): Promise<boolean> {
  try {
    if (found.isDirectory() || (replaces && found.isFile())) await rename(from, to);
    else if (found.isSymbolicLink()) {
      await symlink(await readlink(from), to);
      await unlink(from);
    } else {
      await linked(from, to);
      await unlink(from);
    }
    return true;
  } catch (cause) {
    if (['EEXIST', 'ENOTEMPTY', 'ENOTDIR', 'EISDIR'].includes(errnoOf(cause))) return false;
    throw cause;
  }
}

/** Gives a file a second name, which never replaces one; a copy where the file system has no such names. */
async function linked(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (cause) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV', 'EMLINK'].includes(errnoOf(cause)))
      throw cause;
    await copyFile(from, to, constants.COPYFILE_EXCL);
    const handle = await open(to, 'r+');
    await closing(handle, () => handle.sync());
  }
}

export async function statOf(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return null;
    throw cause;
  }
}

export async function setTime(path: string, mtimeMs: number): Promise<void> {
  const at = boundedTime(mtimeMs) / 1_000;
  await utimes(path, at, at);
}

/** Throws unless the path is a folder that no link leads to. */
export function checkFolderNow(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() !== true || realpathSync.native(path) !== path) throw new ExchangedError(path);
}

/** Returns the bytes of a file; 0: it is not there. */
export function lengthNow(path: string): number {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true ? found.size : 0;
}

/** Writes a new file as a whole. False: there is one. `onMade`: the file is there, though it may not be whole. */
export function writeNow(path: string, runs: Uint8Array[], mtimeMs: number, onMade: () => void): boolean {
  const { O_RDWR, O_CREAT, O_EXCL } = constants;
  let file: number;
  try {
    file = openSync(path, O_RDWR | O_CREAT | O_EXCL | noFollow, 0o600);
  } catch (cause) {
    if (errnoOf(cause) === 'EEXIST') return false;
    throw cause;
  }
  onMade();
  try {
    writeRunsNow(file, runs);
    const time = boundedTime(mtimeMs) / 1_000;
    futimesSync(file, time, time);
    return true;
  } finally {
    closeSync(file);
  }
}

function writeRunsNow(file: number, runs: Uint8Array[]): void {
  const [first] = runs;
  const bytes = runs.length === 1 && first !== undefined ? first : concat(runs);
  // A disk that takes a part says why it takes no more with the next write.
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, bytes.length - at, at);
}
