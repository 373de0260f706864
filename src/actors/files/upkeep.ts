/** The remains of transfers on disk that nobody needs: unfinished files, manifests, spools, folders without a record. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { offers as limits } from '../../chat/files/limits.js';
import type { TransferRecord } from '../../chat/files/record.js';
import { PartTree } from './tree.js';
import type { TransferFolder } from './store.js';

/** Removes all of a transfer but its record. Throws errors of the system. */
export async function removeRemains(folder: TransferFolder, record: TransferRecord): Promise<void> {
  const { direction, directory, id, spool } = record;
  if (direction === 'in' && directory !== '') await new PartTree(directory, id).removeLeft();
  if (spool !== '') await rm(spool, { recursive: true, force: true });
  await folder.dropManifest();
  await folder.dropChunks();
}

/** Removes all of a transfer. Throws errors of the system. */
export async function forget(folder: TransferFolder, record: TransferRecord): Promise<void> {
  if (record.hasRemains) await removeRemains(folder, record);
  await folder.remove();
}

/**
 * Removes the spools of no transfer that a killed program has left. A young one may be written just now. Throws errors
 * of the system.
 */
export async function removeLostSpools(
  root: string,
  records: readonly TransferRecord[],
  wallMs: number,
): Promise<void> {
  const known = new Set(records.map(({ spool }) => spool));
  const spools = join(root, 'spool');
  for (const name of await readdir(spools).catch(() => [])) {
    const path = join(spools, name);
    if (known.has(path)) continue;
    const { mtimeMs } = await stat(path);
    if (wallMs - mtimeMs > limits.remainsSeconds * 1_000) await rm(path, { recursive: true, force: true });
  }
}
