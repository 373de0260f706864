/**
 * The files of the user that are sent. Each is opened so that it cannot hold the thread (a pipe in its place would wait
 * for ever), and checked on every reading to be the regular file of the offer, at the place of the offer.
 */
import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync, type Stats } from 'node:fs';
import { lstat, open, realpath, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { boundedTime, type ManifestEntry } from '../../../chat/files/manifest.js';
import type { Source } from '../../../chat/files/record.js';
import { BriefJobs } from '../brief-jobs.js';

/** A source that is not what it was, or cannot be read. */
export class SourceError extends Error {
  readonly reason: 'changed' | 'gone' | 'io';
  constructor(reason: SourceError['reason'], message: string) {
    super(message);
    this.name = 'SourceError';
    this.reason = reason;
  }
}

const { O_RDONLY } = constants;
const noFollow = process.platform === 'win32' ? 0 : constants.O_NOFOLLOW;
const noWait = process.platform === 'win32' ? 0 : constants.O_NONBLOCK;

/** A part of a file, and the memory that it fills. */
export interface Reading {
  /** The number of the entry. */
  readonly at: number;
  readonly entry: ManifestEntry;
  readonly target: Uint8Array;
  readonly offset: number;
}

/** The sources of one transfer. One file is open at a time. */
export class SourceFiles {
  /** Paths of the things that the user named, and of those that links led to, by their names in the manifest. */
  readonly #sources: ReadonlyMap<string, string>;
  #file: { readonly at: number; readonly handle: FileHandle } | null = null;
  readonly #jobs = new BriefJobs();

  constructor(sources: readonly Source[]) {
    this.#sources = new Map(sources.map(({ name, path }) => [name, path]));
  }

  /**
   * Fills the targets, which follow each other in the stream. Small files are read some at a time. Throws `SourceError`
   * and errors of the system.
   */
  async read(readings: readonly Reading[]): Promise<void> {
    const isWhole = ({ at, entry, target, offset }: Reading): boolean =>
      offset === 0 && target.length === entry.bytes && this.#file?.at !== at;
    // Both lists are made first: reading a part opens and closes files, on which the answer depends.
    const parts = readings.filter((reading) => !isWhole(reading));
    await this.#jobs.run(readings.filter(isWhole), {
      quick: (reading) => this.#readNow(reading),
      patient: (reading) => this.#readWhole(reading),
    });
    for (const reading of parts) await this.#readPart(reading);
  }

  async #readPart({ at, entry, target, offset }: Reading): Promise<void> {
    if (this.#file?.at !== at) {
      await this.close();
      this.#file = { at, handle: await this.#open(entry) };
    }
    await fill(this.#file.handle, entry, target, offset);
  }

  /** Reads a small file; several can be read at once. */
  async #readWhole({ entry, target }: Reading): Promise<void> {
    const handle = await this.#open(entry);
    try {
      await fill(handle, entry, target, 0);
    } finally {
      await handle.close();
    }
  }

  /** Reads a small file at once. False: the system does not name the place of an open file. */
  #readNow({ entry, target }: Reading): boolean {
    if (process.platform !== 'linux') return false;
    const path = this.#pathOf(entry);
    const file = openSync(path, O_RDONLY | noFollow | noWait);
    try {
      checkSame(fstatSync(file), entry);
      const place = placeOf(file);
      if (place === null) return false;
      if (place !== path) throw changed(entry);
      for (let filled = 0; filled < target.length;) {
        const bytesRead = readSync(file, target, filled, target.length - filled, filled);
        if (bytesRead === 0) throw changed(entry);
        filled += bytesRead;
      }
      checkSame(fstatSync(file), entry);
      return true;
    } finally {
      closeSync(file);
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.handle.close().catch(() => undefined);
  }

  async #open(entry: ManifestEntry): Promise<FileHandle> {
    const path = this.#pathOf(entry);
    const handle = await open(path, O_RDONLY | noFollow | noWait);
    try {
      checkSame(await handle.stat(), entry);
      await checkPlace(handle, path, entry);
      return handle;
    } catch (cause) {
      await handle.close().catch(() => undefined);
      throw cause;
    }
  }

  #pathOf({ path }: ManifestEntry): string {
    const parts = path.split('/');
    for (let count = parts.length; count > 0; count -= 1) {
      const source = this.#sources.get(parts.slice(0, count).join('/'));
      if (source !== undefined) return join(source, ...parts.slice(count));
    }
    throw new SourceError('gone', `${path} is not known`);
  }
}

async function fill(
  handle: FileHandle,
  entry: ManifestEntry,
  target: Uint8Array,
  offset: number,
): Promise<void> {
  for (let filled = 0; filled < target.length;) {
    const { bytesRead } = await handle.read(target, filled, target.length - filled, offset + filled);
    if (bytesRead === 0) throw changed(entry);
    filled += bytesRead;
  }
  checkSame(await handle.stat(), entry);
}

/** Checks that the file is regular, and has the size and the time of the offer. */
function checkSame(found: Stats, entry: ManifestEntry): void {
  const isSameFile = found.isFile() && found.size === entry.bytes;
  if (!isSameFile || boundedTime(found.mtimeMs) !== entry.mtimeMs) throw changed(entry);
}

/**
 * Checks that no folder above the file was exchanged for a link, which would send a file that the user never named. The
 * system names the place of an open file on Linux; elsewhere two looks must agree.
 */
async function checkPlace(handle: FileHandle, path: string, entry: ManifestEntry): Promise<void> {
  const place = process.platform === 'linux' ? placeOf(handle.fd) : null;
  if (place !== null) {
    if (place !== path) throw changed(entry);
    return;
  }
  const [there, open] = await Promise.all([lstat(path), handle.stat()]);
  const isThere = there.ino === open.ino && there.dev === open.dev;
  if (!isThere || (await realpath(dirname(path))) !== dirname(path)) throw changed(entry);
}

/** The place of an open file, which the kernel knows without a look at a disk; null: it does not say. */
function placeOf(fd: number): string | null {
  try {
    return readlinkSync(`/proc/self/fd/${String(fd)}`);
  } catch {
    return null;
  }
}

const changed = ({ path }: ManifestEntry): SourceError =>
  new SourceError('changed', `${path} was changed after the offer`);
