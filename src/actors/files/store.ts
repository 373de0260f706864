/**
 * The state of transfers on disk, in a folder of the home for each: its record, its manifest, and a log of its good
 * chunks. They lie beside the history and not in it: a manifest may have 256 MiB, and no progress of a file may hold
 * up, or take the last bytes of the disk from, the acknowledgement of a message.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, mkdir, open, readdir, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { TransferRecord } from '../../chat/files/record.js';
import { parseMessageId, type MessageId } from '../../ids.js';
import { ByteReader, ByteWriter, concat, isSame } from '../../wire/bytes.js';
import { decodeRecord, encodeRecord } from './stored-record.js';

const recordFile = 'record.json';
const manifestFile = 'manifest';
const logFile = 'chunks';
const hashBytes = 32;
const checkBytes = 4;
const logEntryBytes = 4 + hashBytes + checkBytes;

/** A chunk whose bytes are on disk. */
export interface LoggedChunk {
  readonly chunk: number;
  readonly hash: Uint8Array;
}

/** The folder of one transfer. */
export class TransferFolder {
  readonly path: string;
  #log: FileHandle | null = null;
  #saved: Promise<void> = Promise.resolve();

  constructor(root: string, id: MessageId) {
    this.path = join(root, id);
  }

  /** Replaces the record as a whole, and syncs it, after earlier ones. Throws errors of the system. */
  save(record: TransferRecord): Promise<void> {
    this.#saved = this.#saved.catch(() => undefined).then(() => this.#save(record));
    return this.#saved;
  }

  async #save(record: TransferRecord): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    // Whatever the umask.
    for (const each of [join(this.path, '..'), this.path]) await chmod(each, 0o700);
    const temporary = join(this.path, `${recordFile}.new`);
    const handle = await open(temporary, 'w', 0o600);
    try {
      await handle.writeFile(encodeRecord(record));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, join(this.path, recordFile));
    await syncDirectory(this.path);
  }

  /** Keeps the manifest, or a part of it from the offset on. */
  async keepManifest(bytes: Uint8Array, offset = 0): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    const handle = await open(join(this.path, manifestFile), constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      await writeAll(handle, bytes, offset);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** Reads the manifest; empty where none is kept. */
  readManifest = (): Promise<Uint8Array> => readOrEmpty(join(this.path, manifestFile));

  async dropManifest(): Promise<void> {
    await rm(join(this.path, manifestFile), { force: true });
  }

  /** Appends chunks to the log. `isSynced`: the log is on disk when this settles. */
  async logChunks(entries: readonly LoggedChunk[], isSynced: boolean): Promise<void> {
    this.#log ??= await open(join(this.path, logFile), 'a', 0o600);
    const writer = new ByteWriter(entries.length * logEntryBytes);
    for (const { chunk, hash } of entries) {
      const at = writer.length;
      writer.u32(chunk).bytes(hash);
      writer.bytes(checkOf(writer.view().subarray(at)));
    }
    // All of it, or the reason why not: a part of an entry would hide all later ones.
    await this.#log.appendFile(writer.view());
    if (isSynced) await this.#log.datasync();
  }

  /** Reads the log. An entry that a crash has cut, and all behind it, are left out and removed. */
  async readChunks(): Promise<readonly LoggedChunk[]> {
    const bytes = await readOrEmpty(join(this.path, logFile));
    const found: LoggedChunk[] = [];
    let at = 0;
    for (; at + logEntryBytes <= bytes.length; at += logEntryBytes) {
      const body = bytes.subarray(at, at + 4 + hashBytes);
      if (!isSame(checkOf(body), bytes.subarray(at + 4 + hashBytes, at + logEntryBytes))) break;
      const reader = new ByteReader(body);
      found.push({ chunk: reader.u32(), hash: reader.take(hashBytes) });
    }
    if (at < bytes.length) {
      const handle = await open(join(this.path, logFile), 'r+');
      await closing(handle, () => handle.truncate(at));
    }
    return found;
  }

  /** Forgets which chunks are good. */
  async dropChunks(): Promise<void> {
    await this.close();
    await rm(join(this.path, logFile), { force: true });
  }

  async close(): Promise<void> {
    await this.#log?.close();
    this.#log = null;
  }

  /** Removes all that is kept. */
  async remove(): Promise<void> {
    await this.close();
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Reads the records of all transfers. One that cannot be read is left out and reported. */
export async function readRecords(
  root: string,
  onUnreadable: (folder: string) => void,
): Promise<readonly TransferRecord[]> {
  const records: TransferRecord[] = [];
  const names = await readdir(root).catch((cause: unknown) => {
    // A home without transfers has no folder for them.
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw cause;
  });
  for (const name of names) {
    const id = parseMessageId(name);
    if (id.isErr()) continue;
    const path = join(root, name);
    const bytes = await readOrEmpty(join(path, recordFile));
    if (bytes.length === 0 && (await isWithoutRecord(path))) {
      // A crash came before the first record, so no peer and no user has heard of this transfer.
      await rm(path, { recursive: true, force: true });
      continue;
    }
    const record = decodeRecord(Buffer.from(bytes).toString('utf8'));
    // Its name on disk must be its id.
    if (record?.id === id.value) records.push(record);
    else onUnreadable(name);
  }
  return records.toSorted((a, b) => a.createdAtMs - b.createdAtMs);
}

/** Whether the folder of a transfer has no record, neither a whole nor a damaged one. */
async function isWithoutRecord(path: string): Promise<boolean> {
  return !(await readdir(path)).includes(recordFile);
}

/** Syncs a directory, so that names in it outlive a power cut. Windows cannot, and does not need to. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  await closing(handle, () => handle.sync());
}

/** Closes a file after the last thing that is done with it. */
export async function closing(handle: FileHandle, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    await handle.close();
  }
}

async function readOrEmpty(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return new Uint8Array(0);
    throw cause;
  }
}

const checkOf = (body: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update(body).digest().subarray(0, checkBytes));

/** Writes runs of bytes, one behind the other, at a position of a file. */
export async function writeRuns(handle: FileHandle, runs: Uint8Array[], position: number): Promise<void> {
  const [first] = runs;
  const wanted = runs.reduce((sum, { length }) => sum + length, 0);
  if (first === undefined || wanted === 0) return;
  if (runs.length === 1) return writeAll(handle, first, position);
  const { bytesWritten } = await handle.writev(runs, position);
  if (bytesWritten === wanted) return;
  // A disk that takes a part says why it takes no more with the next write.
  await writeAll(handle, concat(runs).subarray(bytesWritten), position + bytesWritten);
}

/** Writes all bytes at a position of a file. */
export async function writeAll(
  handle: {
    write(bytes: Uint8Array, at: number, length: number, position: number): Promise<{ bytesWritten: number }>;
  },
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}
