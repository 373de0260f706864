/** Where files of users go, and which are taken without a question. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { FilesArgs } from '../actors/files/protocol.js';
import type { NodeOptions } from './handle.js';

/** Returns the arguments of an actor that reads the transfers of a home. */
export const transfersOf = (home: string): Pick<FilesArgs, 'folder'> => ({ folder: join(home, 'transfers') });

/** Returns the arguments of the actor of files. */
export function filesArgs(home: string, options: NodeOptions): FilesArgs {
  const { filesDir, filesAccept = 'none', filesBytesMax = Number.MAX_SAFE_INTEGER } = options;
  return {
    ...transfersOf(home),
    home,
    directory: filesDir === undefined ? join(downloads(), 'Parlance') : resolve(filesDir),
    policy: { accept: filesAccept, bytesMax: filesBytesMax },
  };
}

/** The folder for downloads of the user of this process. */
const downloads = (): string => process.env.XDG_DOWNLOAD_DIR ?? join(homedir(), 'Downloads');
