/**
 * The way of received bytes to disk: gathered, so that each turn of the thread writes many of them, and synced beside
 * the writing. A chunk is logged as good only once its bytes are synced.
 */
import type { Layout } from '../../chat/files/manifest.js';
import type { SafeNames } from '../../chat/files/names.js';
import { files as limits } from './limits.js';
import type { LoggedChunk, TransferFolder } from './store.js';
import type { PartTree, WholeFile } from './tree.js';

/** The files of a transfer and their places in its stream. */
export interface Parts {
  readonly names: SafeNames;
  readonly layout: Layout;
}

/** Writes, syncs and logs the bytes of one transfer. */
export class PartWriter {
  readonly #tree: PartTree;
  readonly #folder: TransferFolder;
  /** Bytes that follow each other in the stream and are not written yet. */
  #gathered: Uint8Array[] = [];
  #from = 0;
  #gatheredBytes = 0;
  #parts: Parts | null = null;
  /** Good chunks whose bytes may be gathered still, and those whose bytes are written. */
  #good: LoggedChunk[] = [];
  #written: LoggedChunk[] = [];
  #unsyncedBytes = 0;
  #syncedAtMs = performance.now();
  #syncing: Promise<void> | null = null;
  /** Why a sync failed; null: none did since the last `drop`. */
  #failure: { readonly cause: unknown } | null = null;

  constructor(tree: PartTree, folder: TransferFolder) {
    this.#tree = tree;
    this.#folder = folder;
  }

  /** Takes bytes from a place of the stream on. Throws errors of the system, and those of the tree. */
  async write(parts: Parts, from: number, bytes: Uint8Array): Promise<void> {
    if (from !== this.#from + this.#gatheredBytes) await this.flush();
    if (this.#gatheredBytes === 0) this.#from = from;
    this.#parts = parts;
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
    if (this.#gatheredBytes >= limits.writeBytes) await this.flush();
  }

  /** Writes what is gathered. Small files are written some at a time. */
  async flush(): Promise<void> {
    const [parts, gathered, from, length] = [this.#parts, this.#gathered, this.#from, this.#gatheredBytes];
    const good = this.#good;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#good = [];
    if (parts !== null && length > 0) await this.#writeOut(parts, gathered, from, length);
    this.#written.push(...good);
  }

  async #writeOut(
    { names, layout }: Parts,
    gathered: readonly Uint8Array[],
    from: number,
    length: number,
  ): Promise<void> {
    this.#unsyncedBytes += length;
    const bytes = new Cut(gathered);
    const writes = layout.segments(from, length).map(({ at, offset, bytes: count }) => ({
      at,
      offset,
      count,
      bytes: bytes.take(count),
      entry: names.entries[at],
    }));
    const wholes: WholeFile[] = [];
    for (const { at, entry, offset, count, bytes: some } of writes) {
      if (entry === undefined) continue;
      if (entry.bytes === count) wholes.push({ at, entry, bytes: some });
      else await this.#tree.write(at, entry, some, offset);
    }
    await this.#tree.writeWholes(wholes);
  }

  /** Notes that a chunk is good. Its bytes may still be gathered. */
  good(chunk: LoggedChunk): void {
    this.#good.push(chunk);
  }

  isSyncDue(nowMs: number): boolean {
    if (this.#syncing !== null) return false;
    const isLate =
      this.#good.length + this.#written.length > 0 && nowMs - this.#syncedAtMs >= limits.syncEveryMs;
    return isLate || this.#unsyncedBytes >= limits.syncBytes;
  }

  /**
   * Syncs all that `flush` has written, and logs the chunks that were good before. After a failure each further sync
   * fails until `drop`: a system tells of lost bytes once, and calls the next sync of their file good.
   */
  async sync(): Promise<void> {
    await this.#syncing?.catch(() => undefined);
    if (this.#failure !== null) throw this.#failure.cause;
    this.#syncing = this.#sync()
      .catch((cause: unknown) => {
        this.#failure = { cause };
        throw cause;
      })
      .finally(() => (this.#syncing = null));
    return this.#syncing;
  }

  async #sync(): Promise<void> {
    const entries = this.#written;
    this.#written = [];
    this.#unsyncedBytes = 0;
    this.#syncedAtMs = performance.now();
    await this.#tree.sync();
    if (entries.length > 0) await this.#folder.logChunks(entries, true);
  }

  /** Forgets all that is not on disk, after a failure. */
  drop(): void {
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#good = [];
    this.#written = [];
    this.#failure = null;
  }
}

/** Several runs of bytes, which are cut at other places. */
class Cut {
  readonly #runs: readonly Uint8Array[];
  #run = 0;
  #at = 0;

  constructor(runs: readonly Uint8Array[]) {
    this.#runs = runs;
  }

  /** Returns the next `count` bytes as views. */
  take(count: number): Uint8Array[] {
    const taken: Uint8Array[] = [];
    for (let left = count; left > 0;) {
      const run = this.#runs[this.#run];
      if (run === undefined) break;
      const some = run.subarray(this.#at, this.#at + left);
      taken.push(some);
      left -= some.length;
      this.#at += some.length;
      if (this.#at < run.length) continue;
      this.#run += 1;
      this.#at = 0;
    }
    return taken;
  }
}
