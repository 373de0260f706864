/**
 * Syncs many small files at once. A sync of each costs milliseconds, so ten thousand files would take half a minute; on
 * Linux one call syncs the whole file system, by the program `sync` of every distribution.
 */
import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { files as limits } from './limits.js';

/** Syncs the file system of a directory. False: this system, or this machine, cannot. */
async function syncFileSystem(directory: string): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  return new Promise((resolve) => {
    const options = { timeout: limits.syncAllMs };
    execFile('sync', ['-f', directory], options, (error) => resolve(error === null));
  });
}

/** Syncs closed files. Throws errors of the system. */
export async function syncFiles(directory: string, paths: readonly string[]): Promise<void> {
  if (paths.length > limits.syncEachMax && (await syncFileSystem(directory))) return;
  for (let at = 0; at < paths.length; at += limits.sideBySide)
    await Promise.all(paths.slice(at, at + limits.sideBySide).map(syncFile));
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}
