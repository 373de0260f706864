/** Offers that no honest sender makes, and lists of files that are not what was agreed to. Pure. */
import type { FileOffer } from '../../dialects/files.js';
import { manifest as limits } from './limits.js';
import { sumsOf, type ManifestEntry } from './manifest.js';
import { snippetName } from './offer-name.js';
import { isChunkSize } from './tree.js';

/** Bytes of the shortest entry of a manifest: its fixed fields, and a name of one byte. */
const entryBytesMin = 17;

/** Whether the numbers of an offer can be those of a manifest. */
export function isPossible(offer: FileOffer): boolean {
  const { files, directories, bytes, manifestBytes, chunkBytes } = offer;
  const entries = files + directories;
  if (entries === 0 || entries > limits.entriesMax) return false;
  if (manifestBytes > limits.bytesMax || manifestBytes < entries * entryBytesMin) return false;
  return isChunkSize(chunkBytes, bytes);
}

/** Whether a manifest is the one that its offer describes to the user: its counts, its size, its name. */
export function isAsOffered(entries: readonly ManifestEntry[], offer: FileOffer): boolean {
  const { files, directories, bytes } = sumsOf(entries);
  if (files !== offer.files || directories !== offer.directories || bytes !== offer.bytes) return false;
  const tops = new Set(entries.map(({ path }) => path.split('/', 1)[0] ?? ''));
  return snippetName([...tops]) === offer.name;
}
