/** The offer of what a user wants to send. */
import { constants, type Stats } from 'node:fs';
import { cp, lstat, mkdir, rm } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { err, ok, type Result } from 'neverthrow';
import type { FileError } from '../../../chat/errors.js';
import { offers as limits } from '../../../chat/files/limits.js';
import { encodingManifest, sumsOf } from '../../../chat/files/manifest.js';
import { snippetName } from '../../../chat/files/offer-name.js';
import type { Source } from '../../../chat/files/record.js';
import { chunkBytesOf, manifestHashOf } from '../../../chat/files/tree.js';
import type { FileOffer } from '../../../dialects/files.js';
import { reasonOf } from '../../../system-errors.js';
import { toHex } from '../../../wire/bytes.js';
import { inSlices } from '../brief-jobs.js';
import type { FilesArgs, OfferRequest } from '../protocol.js';
import { scan } from './scan.js';

/** An offer with all that is kept for it. */
export interface OwnOffer {
  readonly offer: FileOffer;
  readonly manifest: Uint8Array;
  readonly sources: readonly Source[];
  readonly notes: readonly string[];
  /** A folder of the home that holds the sources, and goes with the transfer; empty: they are the user's own. */
  readonly spool: string;
}

/** Reads the sources and makes an offer of them. Errors: `files/no-source`, `files/too-large`, `files/io` (a snapshot). */
export async function offerOf(
  { id, paths, comment, spool: given, wishes }: OfferRequest,
  { folder }: Pick<FilesArgs, 'folder'>,
): Promise<Result<OwnOffer, FileError>> {
  const isFollowing = wishes.follow === true;
  let spool = ownSpool(folder, given);
  let scanned = await scan(paths, isFollowing);
  if (scanned.isOk() && wishes.snapshot === true && spool === '') {
    spool = join(folder, 'spool', id);
    const { sources } = scanned.value;
    try {
      scanned = await scan(await snapshotOf(sources, spool, isFollowing), false);
    } catch (cause) {
      await rm(spool, { recursive: true, force: true });
      return err({ code: 'files/io', reason: reasonOf(cause) });
    }
  }
  if (scanned.isErr()) return err(scanned.error);
  const { entries, sources, notes } = scanned.value;
  // Others are what links led to.
  const named = sources.filter(({ name }) => !name.includes('/'));
  const encoded = await inSlices(encodingManifest(entries));
  if (encoded.isErr()) return err({ code: 'files/too-large', detail: encoded.error });
  const manifest = encoded.value;
  const sums = sumsOf(entries);
  const chunkBytes = chunkBytesOf(sums.bytes);
  if (chunkBytes === null) return err({ code: 'files/too-large', detail: 'more than 16 TiB' });
  const offer: FileOffer = {
    ...sums,
    name: snippetName(named.map(({ name }) => name)),
    manifestBytes: manifest.length,
    manifestHash: toHex(manifestHashOf(manifest)),
    chunkBytes,
    isFolder: named.length > 1 || entries[0]?.kind === 'directory',
    root: null,
    expiresSeconds: limits.expiresSecondsDefault,
    comment,
  };
  return ok({ offer, manifest, sources, notes, spool });
}

/** Copies sources, where the file system can without their bytes. Returns the copies. Throws errors of the system. */
async function snapshotOf(
  sources: readonly Source[],
  spool: string,
  isFollowing: boolean,
): Promise<readonly string[]> {
  await mkdir(spool, { recursive: true, mode: 0o700 });
  const copies: string[] = [];
  for (const { name, path } of sources.filter((each) => !each.name.includes('/'))) {
    const to = join(spool, name);
    await cp(path, to, {
      recursive: true,
      mode: constants.COPYFILE_FICLONE,
      preserveTimestamps: true,
      dereference: isFollowing,
      verbatimSymlinks: true,
      // Pipes and devices do not travel.
      filter: async (from) => isCopied(await lstat(from)),
    });
    copies.push(to);
  }
  return copies;
}

const isCopied = (stats: Stats): boolean => stats.isFile() || stats.isDirectory() || stats.isSymbolicLink();

/** Returns the folder if it is one of this home, since it is removed after its transfer; otherwise nothing. */
function ownSpool(folder: string, spool: string): string {
  const inside = relative(join(folder, 'spool'), spool);
  return spool !== '' && inside !== '' && !inside.startsWith('..') && !isAbsolute(inside) ? spool : '';
}
