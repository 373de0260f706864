/**
 * The chunks that an earlier run has logged as good, as far as their files are still there. A user may have emptied the
 * folder of unfinished transfers, or its disk may be away.
 */
import { chunks } from '../../chat/files/limits.js';
import type { Layout } from '../../chat/files/manifest.js';
import type { SafeNames } from '../../chat/files/names.js';
import { Receiving } from '../../chat/files/receiving.js';
import { chunkLengthOf } from '../../chat/files/tree.js';
import type { FileWords } from '../../dialects/files.js';
import { copy } from '../../wire/bytes.js';
import type { LoggedChunk, TransferFolder } from './store.js';
import type { PartTree } from './tree.js';

/** The files of a transfer and where they lie. */
interface Parts {
  readonly tree: PartTree;
  readonly names: SafeNames;
  readonly layout: Layout;
}

/** Returns the chunks that are good on disk; the log forgets the others. Throws errors of the system. */
export async function keptChunks(
  folder: TransferFolder,
  { tree, names, layout }: Parts,
  sizes: { readonly chunkBytes: number; readonly streamBytes: number },
): Promise<Receiving> {
  const receiving = new Receiving(sizes);
  const kept: LoggedChunk[] = [];
  const lengths = new Map<number, number>();
  tree.begun.clear();
  const logged = await folder.readChunks();
  for (const each of logged) {
    const length = chunkLengthOf(each.chunk, sizes.streamBytes, sizes.chunkBytes);
    const segments = layout.segments(each.chunk * sizes.chunkBytes, length);
    let isThere = true;
    for (const { at, offset, bytes } of segments) {
      const entry = names.entries[at];
      const known = lengths.get(at) ?? (entry === undefined ? 0 : await tree.lengthOf(entry));
      lengths.set(at, known);
      if (known < offset + bytes) isThere = false;
    }
    if (!isThere) continue;
    for (const { at } of segments) tree.begun.add(at);
    receiving.restore(each.chunk, each.hash);
    kept.push(each);
  }
  if (kept.length === logged.length) return receiving;
  await folder.dropChunks();
  if (kept.length > 0) await folder.logChunks(kept, true);
  return receiving;
}

/** The things that lie in the directory of the user at the end. */
export const topsOf = ({ entries }: SafeNames): readonly string[] => [
  ...new Set(entries.map(({ parts }) => parts[0] ?? '')),
];

/** The hashes that a sender names, each with its chunk. */
export function* hashesOf({
  first,
  hashes,
}: Extract<FileWords, { readonly type: 'hash' }>): Generator<LoggedChunk> {
  const { hashBytes } = chunks;
  for (let at = 0; at * hashBytes < hashes.length; at += 1)
    yield { chunk: first + at, hash: copy(hashes, at * hashBytes, (at + 1) * hashBytes) };
}
