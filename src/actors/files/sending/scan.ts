/**
 * The files and folders that a user wants to send, as a manifest. Links are sent as links and never followed, except
 * those that the user names. Entries that cannot be read, or cannot travel, are left out and listed.
 */
import { accessSync, constants, lstatSync, type Dirent, type Stats } from 'node:fs';
import { access, lstat, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';
import { err, ok, type Result } from 'neverthrow';
import type { FileError } from '../../../chat/errors.js';
import { boundedTime, type ManifestEntry } from '../../../chat/files/manifest.js';
import { manifest as manifestLimits } from '../../../chat/files/limits.js';
import { numbered, splitPath } from '../../../chat/files/names.js';
import type { Source } from '../../../chat/files/record.js';
import { reasonOf } from '../../../system-errors.js';
import { BriefJobs } from '../brief-jobs.js';
import { files as limits } from '../limits.js';

/** The entries of the sources. */
export interface Scanned {
  readonly entries: readonly ManifestEntry[];
  readonly sources: readonly Source[];
  /** Left-out entries, in words. */
  readonly notes: readonly string[];
}

/**
 * Reads the sources. `isFollowing`: links in folders count as what they point to. Errors: `files/no-source` (a path that
 * the user named cannot be read), `files/too-large`.
 */
export async function scan(
  paths: readonly string[],
  isFollowing: boolean,
): Promise<Result<Scanned, FileError>> {
  const scanning = new Scanning(isFollowing);
  for (const path of paths) {
    const failure = await scanning.add(resolve(path));
    if (failure !== null) return err(failure);
    if (scanning.entries.length > manifestLimits.entriesMax)
      return err({ code: 'files/too-large', detail: `more than ${String(manifestLimits.entriesMax)} files` });
  }
  const { entries, sources, notes } = scanning;
  return ok({ entries, sources, notes: notes.slice(0, limits.notesMax) });
}

/** One found thing: its place in the manifest, and on disk. */
interface Found {
  readonly path: string;
  readonly place: string;
  readonly stats: Stats;
}

class Scanning {
  readonly entries: ManifestEntry[] = [];
  readonly sources: Source[] = [];
  readonly notes: string[] = [];
  readonly #jobs = new BriefJobs();
  readonly #names = new Set<string>();
  readonly #isFollowing: boolean;
  /** Folders that links led to: each travels once, so that no circle of links is walked for ever. */
  readonly #followed = new Set<string>();

  constructor(isFollowing: boolean) {
    this.#isFollowing = isFollowing;
  }

  /** Adds one path of the user with all below it. Returns the failure; null: it was added. */
  async add(named: string): Promise<FileError | null> {
    const failed = (reason: string): FileError => ({ code: 'files/no-source', path: named, reason });
    try {
      const path = await realpath(named);
      const stats = await stat(path);
      if (!stats.isFile() && !stats.isDirectory()) return failed('it is neither a file nor a folder');
      await access(path, constants.R_OK);
      const name = this.#free(basename(named));
      if (name === '' || splitPath(name).isErr()) return failed('its name cannot travel');
      this.sources.push({ name, path });
      await this.#walk({ path, place: name, stats });
      return null;
    } catch (cause) {
      return failed(reasonOf(cause));
    }
  }

  #free(wanted: string): string {
    let name = wanted;
    for (let count = 2; this.#names.has(name); count += 1) name = numbered(wanted, count);
    this.#names.add(name);
    return name;
  }

  /** Walks a folder without recursion: a tree may be deep. */
  async #walk(top: Found): Promise<void> {
    const waiting = [top];
    for (let found = waiting.pop(); found !== undefined; found = waiting.pop()) {
      await this.#entry(found);
      if (!found.stats.isDirectory()) continue;
      const below = await this.#below(found);
      waiting.push(...below.toReversed());
      if (this.entries.length > manifestLimits.entriesMax) return;
    }
  }

  async #below({ path, place }: Found): Promise<readonly Found[]> {
    let names: Dirent[];
    try {
      names = await readdir(path, { withFileTypes: true });
    } catch (cause) {
      this.#leftOut(place, cause);
      return [];
    }
    const sorted = names.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const found = sorted.map((): Found | null => null);
    const placed = sorted.map(({ name }, at) => ({ at, path: join(path, name), place: `${place}/${name}` }));
    await this.#jobs.run(placed, {
      quick: (each) => {
        try {
          const stats = lstatSync(each.path);
          if (this.#isFollowing && stats.isSymbolicLink()) return false;
          checkKind(stats, each.place);
          if (stats.isFile()) accessSync(each.path, constants.R_OK);
          found[each.at] = { ...each, stats };
        } catch (cause) {
          this.#leftOut(each.place, cause);
        }
        return true;
      },
      patient: async (each) => {
        found[each.at] = await this.#look(each.path, each.place);
      },
    });
    return found.filter((each) => each !== null);
  }

  /** Looks at one thing in a folder; null: it is left out. */
  async #look(path: string, place: string): Promise<Found | null> {
    try {
      const stats = await lstat(path);
      if (this.#isFollowing && stats.isSymbolicLink()) return await this.#follow(path, place);
      checkKind(stats, place);
      if (stats.isFile()) await access(path, constants.R_OK);
      return { path, place, stats };
    } catch (cause) {
      this.#leftOut(place, cause);
      return null;
    }
  }

  #leftOut(place: string, cause: unknown): void {
    // A name that is not Unicode comes with a replacement character, under which nothing is found.
    this.notes.push(`left out: ${place} (${reasonOf(cause)})`);
  }

  /** Takes what a link points to for the link. Throws where that cannot travel. */
  async #follow(link: string, place: string): Promise<Found> {
    const path = await realpath(link);
    const stats = await stat(path);
    if (!stats.isFile() && !stats.isDirectory()) throw new Error('it is neither a file nor a folder');
    const isAround = link.startsWith(`${path}${sep}`) || this.#followed.has(path);
    if (stats.isDirectory() && isAround) throw new Error('the folder that it points to travels already');
    if (this.sources.length >= limits.followedMax) throw new Error('too many links');
    const safe = splitPath(place);
    if (safe.isErr()) throw new Error(safe.error);
    await access(path, constants.R_OK);
    this.#followed.add(path);
    this.sources.push({ name: place, path });
    return { path, place, stats };
  }

  async #entry({ path, place, stats }: Found): Promise<void> {
    const kind = stats.isDirectory() ? 'directory' : stats.isSymbolicLink() ? 'link' : 'file';
    const target = kind === 'link' ? await readlink(path) : '';
    if (Buffer.byteLength(target) > manifestLimits.targetBytesMax) {
      this.notes.push(`left out: ${place} (it points too far)`);
      return;
    }
    this.entries.push({
      kind,
      path: place,
      bytes: kind === 'file' ? stats.size : 0,
      mtimeMs: boundedTime(stats.mtimeMs),
      isExecutable: kind === 'file' && (stats.mode & 0o100) !== 0,
      target,
    });
  }
}

/** Throws where a thing in a folder cannot travel. */
function checkKind(stats: Stats, place: string): void {
  const isKnown = stats.isFile() || stats.isDirectory() || stats.isSymbolicLink();
  if (!isKnown) throw new Error('it is neither a file nor a folder');
  const safe = splitPath(place);
  if (safe.isErr()) throw new Error(safe.error);
}
