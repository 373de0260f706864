/**
 * The received files of one transfer, below `.parlance-part/ID/` in the directory that the user chose, until all of them
 * are whole. Nothing outside is written or read: no link is followed, files are made new (O_EXCL), and the folder above
 * each file is checked to be the one that this program made.
 */
import { mkdir, realpath, rm, rmdir, symlink, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSafeTarget, numbered, type PlacedEntry, type SafeNames } from '../../chat/files/names.js';
import { boundedTime } from '../../chat/files/manifest.js';
import { errnoOf } from '../../system-errors.js';
import type { MessageId } from '../../ids.js';
import { BriefJobs, sideBySide } from './brief-jobs.js';
import { files as limits } from './limits.js';
import {
  checkFolderNow,
  ExchangedError,
  isFree,
  lengthNow,
  LostPartError,
  moved,
  openKnown,
  openNew,
  setTime,
  statOf,
  writeNow,
} from './part-files.js';
import { closing, syncDirectory, writeRuns } from './store.js';
import { syncFiles } from './sync-many.js';

/** Folder of unfinished transfers. */
export const partFolder = '.parlance-part';
/** The record of a transfer could not be written, so the step that relies on it is not taken. */
export class UnkeptError extends Error {
  constructor() {
    super('the home cannot be written');
    this.name = 'UnkeptError';
  }
}

/** A file of which every byte is here. */
export interface WholeFile {
  /** The number of the entry. */
  readonly at: number;
  readonly entry: PlacedEntry;
  readonly bytes: Uint8Array[];
}

/** The unfinished files of one transfer. */
export class PartTree {
  readonly #id: MessageId;
  readonly #directory: string;
  #root = '';
  readonly #open = new Map<number, FileHandle>();
  /** Files that are written, closed and not synced. */
  #dirty = new Set<string>();
  /** Indexes of files that need nothing more but a sync. */
  readonly #settled = new Set<number>();
  /** Folders that were found to be in place since the last sync. */
  readonly #checked = new Set<string>();
  readonly #made = new Set<string>();
  readonly #jobs = new BriefJobs();
  /** Indexes of the entries whose files have bytes: none is made a second time. */
  readonly begun = new Set<number>();

  constructor(directory: string, id: MessageId) {
    this.#directory = directory;
    this.#id = id;
  }

  /** Makes the folders where they are missing. Throws errors of the system, and `ExchangedError`. */
  async prepare(): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    const base = await realpath(this.#directory);
    this.#root = join(base, partFolder, this.#id);
    for (const path of [join(base, partFolder), this.#root, this.#tree]) await this.#folder(path);
  }

  get #tree(): string {
    return join(this.#root, 'tree');
  }

  /** Opens a file for writing; it is made where it is missing. */
  async open(at: number, entry: PlacedEntry): Promise<FileHandle> {
    const known = this.#open.get(at);
    if (known !== undefined) return known;
    if (this.#open.size >= limits.openMax) await this.sync();
    const { handle } = await this.#opened(at, entry);
    this.#open.set(at, handle);
    return handle;
  }

  async #opened(at: number, { parts }: PlacedEntry): Promise<{ handle: FileHandle; path: string }> {
    const parent = await this.#parentOf(parts);
    const path = join(parent, parts.at(-1) ?? '');
    const handle = await (this.begun.has(at) ? openKnown(path) : openNew(path));
    this.begun.add(at);
    // Between the check and the opening somebody may have exchanged the folder.
    if (!this.#checked.has(parent)) await this.#check(parent);
    return { handle, path };
  }

  /** Writes a part of a file. */
  async write(at: number, entry: PlacedEntry, bytes: Uint8Array[], offset: number): Promise<void> {
    await writeRuns(await this.open(at, entry), bytes, offset);
  }

  /** Writes files as a whole, and completes them. */
  async writeWholes(files: readonly WholeFile[]): Promise<void> {
    for (const parent of parentsOf(files)) await this.#parentOf(parent);
    await this.#jobs.run(files, {
      quick: (file) => this.#writeNow(file),
      patient: (file) => this.#writeWhole(file),
    });
  }

  async #writeWhole({ at, entry, bytes }: WholeFile): Promise<void> {
    const known = this.#open.get(at);
    if (known !== undefined) return writeRuns(known, bytes, 0);
    const { handle, path } = await this.#opened(at, entry);
    await closing(handle, async () => {
      await writeRuns(handle, bytes, 0);
      const time = boundedTime(entry.mtimeMs) / 1_000;
      await handle.utimes(time, time);
    });
    this.#written(at, entry, path);
  }

  #writeNow({ at, entry, bytes }: WholeFile): boolean {
    if (this.begun.has(at)) return false;
    const parent = join(this.#tree, ...entry.parts.slice(0, -1));
    // A sync meanwhile asks for another look.
    if (!this.#checked.has(parent)) checkFolderNow(parent);
    this.#checked.add(parent);
    const path = join(parent, entry.parts.at(-1) ?? '');
    if (!writeNow(path, bytes, entry.mtimeMs, () => this.begun.add(at))) return false;
    this.#written(at, entry, path);
    return true;
  }

  #written(at: number, { isExecutable }: PlacedEntry, path: string): void {
    this.#dirty.add(path);
    if (!isExecutable) this.#settled.add(at);
  }

  /** Returns the bytes of a file; 0: it is not there. */
  async lengthOf({ parts }: PlacedEntry): Promise<number> {
    const found = await statOf(join(this.#tree, ...parts));
    return found?.isFile() === true ? found.size : 0;
  }

  /** Syncs every written file. Those that are open stay so, unless they are many. */
  async sync(): Promise<void> {
    const [handles, dirty] = [[...this.#open.values()], this.#dirty];
    this.#dirty = new Set();
    this.#checked.clear();
    if (handles.length < limits.openMax) {
      await Promise.all(handles.map((handle) => handle.datasync()));
      return syncFiles(this.#tree, [...dirty]);
    }
    this.#open.clear();
    await syncFiles(this.#tree, [...dirty]);
    const done = await Promise.allSettled(handles.map((handle) => closing(handle, () => handle.datasync())));
    for (const each of done) if (each.status === 'rejected') throw each.reason;
  }

  /** Closes every open file, and loses what is not synced. */
  async close(): Promise<void> {
    const handles = [...this.#open.values()];
    this.#open.clear();
    this.#dirty.clear();
    await Promise.allSettled(handles.map((handle) => handle.close()));
  }

  /**
   * Completes the tree: empty files, folders, times, at last the links. Returns what was left out. Throws errors of the
   * system.
   */
  async complete({ entries, implied }: SafeNames, keepsMode: boolean): Promise<readonly string[]> {
    const notes: string[] = [];
    this.#checked.clear();
    for (const parts of implied) await this.#parentOf([...parts, '']);
    for (const entry of entries) if (entry.kind === 'directory') await this.#parentOf([...entry.parts, '']);
    await this.close();
    const files = [...entries.entries()].filter(([, { kind }]) => kind === 'file');
    await this.#jobs.run(files, {
      quick: ([at, entry]) => {
        if (!this.#settled.has(at)) return false;
        if (lengthNow(join(this.#tree, ...entry.parts)) !== entry.bytes) throw lost(entry);
        return true;
      },
      patient: async ([at, entry]) => {
        if (!this.#settled.has(at)) return this.#settle(entry, keepsMode);
        if ((await this.lengthOf(entry)) !== entry.bytes) throw lost(entry);
      },
    });
    for (const entry of entries) {
      if (entry.kind !== 'link') continue;
      const isMade = isSafeTarget(entry.target, entry.parts.length - 1) && (await this.#link(entry));
      if (!isMade) notes.push(`left out: the link ${entry.parts.join('/')}`);
    }
    const folders = entries.filter(({ kind }) => kind === 'directory').toReversed();
    for (const { parts, mtimeMs } of folders) await setTime(join(this.#tree, ...parts), mtimeMs);
    await sideBySide([...this.#made], syncDirectory);
    await syncDirectory(this.#tree);
    return notes;
  }

  /** Returns the places that the received things will get, as far as nobody takes them before. */
  async planned(tops: readonly string[], replaces: boolean): Promise<readonly string[]> {
    const base = await realpath(this.#directory);
    const places = new Set<string>();
    for (const top of tops) {
      const found = await statOf(join(this.#tree, top));
      let to = join(base, top);
      for (let count = 1; places.has(to) || !isFree(found, await statOf(to), replaces); count += 1)
        to = join(base, numbered(top, count));
      places.add(to);
    }
    return [...places];
  }

  /**
   * Moves everything to its planned place in the directory of the user, or to the next free one. `replaces`: a file
   * takes the place of another file; a folder is never replaced. Returns the places.
   */
  async place(
    tops: readonly string[],
    planned: readonly string[],
    replaces: boolean,
  ): Promise<readonly string[]> {
    const base = await realpath(this.#directory);
    // A folder that was checked before may have been exchanged since.
    this.#checked.clear();
    await this.#check(this.#tree);
    // One thing never replaces another one of the same transfer.
    const places = new Set<string>();
    for (const [nth, top] of tops.entries()) {
      const from = join(this.#tree, top);
      const found = await statOf(from);
      let to = planned[nth] ?? join(base, top);
      // The directory may be another one than before a restart.
      if (dirname(to) !== base) to = join(base, top);
      // A thing that is not in the tree any more was moved before a crash.
      if (found === null) {
        places.add(to);
        continue;
      }
      for (let count = 1; ; count += 1) {
        const there = await statOf(to);
        // A crash came between the two steps of a move.
        const isMoved = there?.isFile() === true && there.ino === found.ino && there.dev === found.dev;
        if (isMoved) await unlink(from);
        const mayMove = isFree(found, there, replaces && !places.has(to));
        if (isMoved || (mayMove && (await moved(from, to, found, replaces)))) break;
        to = join(base, numbered(top, count));
      }
      places.add(to);
    }
    await syncDirectory(base);
    await this.remove();
    return [...places];
  }

  /** Removes what an earlier run has left, without making anything. */
  async removeLeft(): Promise<void> {
    const base = await realpath(this.#directory).catch(() => null);
    if (base === null) return;
    this.#root = join(base, partFolder, this.#id);
    await this.remove();
  }

  /** Removes the unfinished files. */
  async remove(): Promise<void> {
    await this.close();
    if (this.#root === '') return;
    const above = join(this.#root, '..');
    // Never through a link that somebody put in the place of the folder.
    if ((await statOf(above))?.isDirectory() !== true || (await realpath(above)) !== above) return;
    await rm(this.#root, { recursive: true, force: true });
    await rmdir(above).catch(() => undefined);
  }

  /** Makes the folder of a file, one level after the other, and checks each. */
  async #parentOf(parts: readonly string[]): Promise<string> {
    let path = this.#tree;
    for (const part of parts.slice(0, -1)) {
      await this.#check(path);
      path = join(path, part);
      if (!this.#made.has(path)) await this.#folder(path);
      this.#made.add(path);
    }
    await this.#check(path);
    return path;
  }

  async #folder(path: string): Promise<void> {
    await mkdir(path, { mode: 0o700 }).catch((cause: unknown) => {
      if (errnoOf(cause) !== 'EEXIST') throw cause;
    });
    await this.#check(path);
  }

  async #check(path: string): Promise<void> {
    if (this.#checked.has(path)) return;
    const found = await statOf(path);
    if (found?.isDirectory() !== true || (await realpath(path)) !== path) throw new ExchangedError(path);
    this.#checked.add(path);
  }

  async #settle(entry: PlacedEntry, keepsMode: boolean): Promise<void> {
    const parent = await this.#parentOf(entry.parts);
    const path = join(parent, entry.parts.at(-1) ?? '');
    const handle = await (entry.bytes > 0 ? openKnown(path) : openNew(path));
    try {
      if (entry.bytes > 0 && (await handle.stat()).size !== entry.bytes) throw new LostPartError(path);
      // Before the time is set, since this changes it.
      if (entry.bytes === 0) await handle.truncate(0);
      if (entry.isExecutable && keepsMode) await handle.chmod(0o700);
      const at = boundedTime(entry.mtimeMs) / 1_000;
      await handle.utimes(at, at);
    } finally {
      await handle.close();
    }
  }

  async #link(entry: PlacedEntry): Promise<boolean> {
    const path = join(await this.#parentOf(entry.parts), entry.parts.at(-1) ?? '');
    try {
      if ((await statOf(path))?.isSymbolicLink() !== true) await symlink(entry.target, path);
      return true;
    } catch (cause) {
      // Windows asks for a right that few users have.
      if (['EPERM', 'EACCES', 'ENOSYS', 'ENOTSUP'].includes(errnoOf(cause))) return false;
      throw cause;
    }
  }
}

/** The folders of files, each once, with the name of one file in it. */
function parentsOf(files: readonly WholeFile[]): Iterable<readonly string[]> {
  return new Map(files.map(({ entry: { parts } }) => [parts.slice(0, -1).join('/'), parts])).values();
}

const lost = ({ parts }: PlacedEntry): LostPartError => new LostPartError(parts.join('/'));
