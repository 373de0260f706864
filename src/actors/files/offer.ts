/** The offer of what a user wants to send. */
import { isAbsolute, join, relative } from 'node:path';
import { err, ok, type Result } from 'neverthrow';
import type { FileError } from '../../chat/errors.js';
import { offers as limits } from '../../chat/files/limits.js';
import { encodeManifest, sumsOf } from '../../chat/files/manifest.js';
import { snippetName } from '../../chat/files/offer-name.js';
import type { Source } from '../../chat/files/record.js';
import { chunkBytesOf, manifestHashOf } from '../../chat/files/tree.js';
import type { FileOffer } from '../../dialects/files.js';
import { toHex } from '../../wire/bytes.js';
import { scan } from './scan.js';

/** An offer with all that is kept for it. */
export interface OwnOffer {
  readonly offer: FileOffer;
  readonly manifest: Uint8Array;
  readonly sources: readonly Source[];
  readonly notes: readonly string[];
}

/** Reads the sources and makes an offer of them. Errors: `files/no-source`, `files/too-large`. */
export async function offerOf(
  paths: readonly string[],
  comment: string,
): Promise<Result<OwnOffer, FileError>> {
  const scanned = await scan(paths);
  if (scanned.isErr()) return err(scanned.error);
  const { entries, sources, notes } = scanned.value;
  const encoded = encodeManifest(entries);
  if (encoded.isErr()) return err({ code: 'files/too-large', detail: encoded.error });
  const manifest = encoded.value;
  const sums = sumsOf(entries);
  const chunkBytes = chunkBytesOf(sums.bytes);
  if (chunkBytes === null) return err({ code: 'files/too-large', detail: 'more than 16 TiB' });
  const offer: FileOffer = {
    ...sums,
    name: snippetName(sources.map(({ name }) => name)),
    manifestBytes: manifest.length,
    manifestHash: toHex(manifestHashOf(manifest)),
    chunkBytes,
    isFolder: sources.length > 1 || entries[0]?.kind === 'directory',
    root: null,
    expiresSeconds: limits.expiresSecondsDefault,
    comment,
  };
  return ok({ offer, manifest, sources, notes });
}

/** Returns the folder if it is one of this home, since it is removed after its transfer; otherwise nothing. */
export function ownSpool(folder: string, spool: string): string {
  const inside = relative(join(folder, 'spool'), spool);
  return spool !== '' && inside !== '' && !inside.startsWith('..') && !isAbsolute(inside) ? spool : '';
}
