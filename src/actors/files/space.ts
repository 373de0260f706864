/** Free space on the disks of received files and of the history. */
import { stat, statfs } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import type { FileError } from '../../chat/errors.js';
import { errnoOf, reasonOf } from '../../system-errors.js';
import { files as limits } from './limits.js';

/** The space that a transfer finds. */
export interface Space {
  readonly isEnough: boolean;
  readonly freeBytes: number;
  readonly neededBytes: number;
}

/**
 * Looks whether a directory can take these bytes and keeps some spare ones; where the history lies on the same disk,
 * its share stays free, too. The directory need not exist. Throws errors of the system.
 */
export async function spaceFor(directory: string, bytes: number, home: string): Promise<Space> {
  const there = await existing(directory);
  const { bavail, bsize, blocks } = await statfs(there);
  const freeBytes = bavail * bsize;
  const spare = Math.max(limits.spareBytes, blocks * bsize * limits.spareShare);
  // A small disk has no such spare space; the transfer itself decides there.
  const spareHere = Math.min(spare, (blocks * bsize) / 16);
  const isShared = (await stat(there)).dev === (await stat(await existing(home))).dev;
  const neededBytes = bytes + Math.max(spareHere, isShared ? limits.historySpareBytes : 0);
  return { isEnough: freeBytes >= neededBytes, freeBytes, neededBytes };
}

/** Returns why a directory cannot take these bytes; null: it can. */
export async function refusalOfDirectory(
  directory: string,
  bytes: number,
  home: string,
): Promise<FileError | null> {
  const bad = (reason: string): FileError => ({ code: 'files/bad-directory', directory, reason });
  if (!isAbsolute(directory)) return bad('it is not an absolute path');
  try {
    const found = await stat(directory).catch(() => null);
    if (found !== null && !found.isDirectory()) return bad('it is not a directory');
    const { isEnough, neededBytes, freeBytes } = await spaceFor(directory, bytes, home);
    return isEnough ? null : { code: 'files/no-space', directory, neededBytes, freeBytes };
  } catch (cause) {
    return bad(reasonOf(cause));
  }
}

/** Returns the nearest directory above that exists. */
async function existing(directory: string): Promise<string> {
  let at = directory;
  for (;;) {
    try {
      await stat(at);
      return at;
    } catch (cause) {
      if (errnoOf(cause) !== 'ENOENT' || dirname(at) === at) throw cause;
      at = dirname(at);
    }
  }
}
