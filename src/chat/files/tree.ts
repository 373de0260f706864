/**
 * The hashes of a transfer. All files of a manifest stand end to end in one virtual stream, which is cut into chunks of
 * equal size; each chunk is checked by its own hash, and the root binds the chunks to the manifest. Pure.
 *
 *   chunkHash = SHA-256("parlance/1 chunk\0" | index u32 | bytes)
 *   listHash  = SHA-256("parlance/1 chunks\0" | chunkBytes u32 | streamBytes u48 | hashes)
 *   root      = SHA-256("parlance/1 transfer\0" | SHA-256("parlance/1 manifest\0" | manifest) | listHash)
 */
import { createHash, type Hash } from 'node:crypto';
import { ByteWriter } from '../../wire/bytes.js';
import { chunks as limits } from './limits.js';

/** Returns the size of a chunk of a stream; null: the stream is too long. */
export function chunkBytesOf(streamBytes: number): number | null {
  let bytes: number = limits.bytesMin;
  while (bytes < limits.bytesMax && streamBytes > bytes * limits.countWanted) bytes *= 2;
  return streamBytes > bytes * limits.countMax ? null : bytes;
}

/** Whether a peer may choose this size. */
export function isChunkSize(chunkBytes: number, streamBytes: number): boolean {
  const isInRange = chunkBytes >= limits.bytesMin && chunkBytes <= limits.bytesMax;
  if (!isInRange || !Number.isInteger(Math.log2(chunkBytes))) return false;
  return chunkCountOf(streamBytes, chunkBytes) <= limits.countMax;
}

/** Returns the number of chunks. */
export const chunkCountOf = (streamBytes: number, chunkBytes: number): number =>
  Math.ceil(streamBytes / chunkBytes);

/** Returns the length of one chunk; the last one may be shorter. */
export const chunkLengthOf = (index: number, streamBytes: number, chunkBytes: number): number =>
  Math.max(0, Math.min(chunkBytes, streamBytes - index * chunkBytes));

/** Starts the hash of a chunk, whose bytes follow by `update`. */
export function openChunkHash(index: number): Hash {
  const hash = createHash('sha256').update('parlance/1 chunk\0');
  return hash.update(new ByteWriter(4).u32(index).view());
}

/** Hashes a manifest. */
export const manifestHashOf = (manifest: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update('parlance/1 manifest\0').update(manifest).digest());

/** Hashes the list of chunk hashes, which stand end to end in `hashes`. */
export function listHashOf(chunkBytes: number, streamBytes: number, hashes: Uint8Array): Uint8Array {
  const head = new ByteWriter(10).u32(chunkBytes).u48(streamBytes).view();
  return new Uint8Array(
    createHash('sha256').update('parlance/1 chunks\0').update(head).update(hashes).digest(),
  );
}

/** Returns the root of a transfer. */
export const rootOf = (manifestHash: Uint8Array, listHash: Uint8Array): Uint8Array =>
  new Uint8Array(
    createHash('sha256').update('parlance/1 transfer\0').update(manifestHash).update(listHash).digest(),
  );
