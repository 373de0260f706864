/**
 * The manifest of a transfer: every file, directory and link, in the order of the virtual stream. Bytes of a stranger
 * are read here, so every length is checked before it is used. Pure.
 *
 *   entry = type u8 (0 file, 1 directory, 2 link) | size u48 | mtimeMs u48 | flags u8 (bit 0: executable)
 *           | nameLen u16 | path, "/" between parts [| targetLen u16 | target]
 */
import { err, ok, type Result } from 'neverthrow';
import { ByteReader, ByteWriter } from '../../wire/bytes.js';
import { manifest as limits } from './limits.js';
import { atOnce, sliceEntries, type Slices } from './slices.js';
import { decodeUtf8 } from '../../wire/utf8.js';

/** One thing of a manifest. */
export interface ManifestEntry {
  readonly kind: 'file' | 'directory' | 'link';
  /** Exactly as its sender wrote it. */
  readonly path: string;
  /** Bytes of a file; otherwise 0. */
  readonly bytes: number;
  readonly mtimeMs: number;
  readonly isExecutable: boolean;
  /** Target of a symbolic link; empty: the entry is of another kind. */
  readonly target: string;
}

const kinds = ['file', 'directory', 'link'] as const;
const executableBit = 1;

/** Encodes entries. Errors (in words): more entries or bytes than a manifest may have. */
export const encodeManifest = (entries: readonly ManifestEntry[]): Result<Uint8Array<ArrayBuffer>, string> =>
  atOnce(encodingManifest(entries));

/** The same in slices. */
export function* encodingManifest(
  entries: readonly ManifestEntry[],
): Slices<Result<Uint8Array<ArrayBuffer>, string>> {
  if (entries.length > limits.entriesMax) return err(`more than ${String(limits.entriesMax)} entries`);
  const writer = new ByteWriter(64 + entries.length * 64);
  for (const [nth, entry] of entries.entries()) {
    if (nth % sliceEntries === 0) yield;
    const path = encoder.encode(entry.path);
    writer
      .u8(kinds.indexOf(entry.kind))
      .u48(entry.bytes)
      .u48(boundedTime(entry.mtimeMs))
      .u8(entry.isExecutable ? executableBit : 0)
      .u16(path.length)
      .bytes(path);
    if (entry.kind === 'link') {
      const target = encoder.encode(entry.target);
      writer.u16(target.length).bytes(target);
    }
    if (writer.length > limits.bytesMax) return err(`more than ${String(limits.bytesMax)} bytes of names`);
  }
  return ok(writer.finish());
}

/** Decodes a manifest. Errors (in words): anything that is not one. Names are checked by `names.ts`. */
export const decodeManifest = (bytes: Uint8Array): Result<readonly ManifestEntry[], string> =>
  atOnce(decodingManifest(bytes));

/** The same in slices. */
export function* decodingManifest(bytes: Uint8Array): Slices<Result<readonly ManifestEntry[], string>> {
  if (bytes.length > limits.bytesMax) return err('the manifest is too long');
  const reader = new ByteReader(bytes);
  const entries: ManifestEntry[] = [];
  let streamBytes = 0;
  while (reader.remaining > 0) {
    if (entries.length >= limits.entriesMax) return err('the manifest has too many entries');
    if (entries.length % sliceEntries === 0) yield;
    const kind = kinds[reader.u8()];
    const size = reader.u48();
    const mtimeMs = reader.u48();
    const flags = reader.u8();
    const path = decodeUtf8(reader.take(reader.u16())).unwrapOr(null);
    const target = kind === 'link' ? decodeUtf8(reader.take(reader.u16())).unwrapOr(null) : '';
    if (reader.isShort || kind === undefined) return err('the manifest is not whole');
    if (path === null || target === null) return err('a name is not UTF-8');
    if (kind !== 'file' && size > 0) return err('something other than a file has a size');
    streamBytes += size;
    if (!Number.isSafeInteger(streamBytes)) return err('the sizes are impossible');
    const isExecutable = kind === 'file' && (flags & executableBit) !== 0;
    entries.push({ kind, path, bytes: size, mtimeMs, isExecutable, target });
  }
  return ok(entries);
}

/** Counts of a manifest. */
export interface ManifestSums {
  readonly files: number;
  readonly directories: number;
  readonly bytes: number;
}

/** Sums a manifest up. */
export function sumsOf(entries: readonly ManifestEntry[]): ManifestSums {
  let [files, directories, bytes] = [0, 0, 0];
  for (const entry of entries) {
    if (entry.kind === 'directory') directories += 1;
    else files += 1;
    bytes += entry.bytes;
  }
  return { files, directories, bytes };
}

/** A part of one file that a range of the stream covers. */
export interface Segment {
  /** Index of the entry in the manifest. */
  readonly at: number;
  readonly offset: number;
  readonly bytes: number;
}

/** The place of each file in the virtual stream. */
export class Layout {
  /** Indexes of the entries with bytes, and where each begins. */
  readonly #entries: number[] = [];
  readonly #starts: number[] = [];
  readonly bytes: number;

  constructor(entries: readonly Pick<ManifestEntry, 'bytes'>[]) {
    let start = 0;
    for (const [at, { bytes }] of entries.entries()) {
      if (bytes === 0) continue;
      this.#entries.push(at);
      this.#starts.push(start);
      start += bytes;
    }
    this.bytes = start;
  }

  /** Returns the parts of files that a range of the stream covers, in order. */
  segments(from: number, bytes: number): readonly Segment[] {
    const end = Math.min(this.bytes, from + bytes);
    const found: Segment[] = [];
    let place = this.#placeOf(from);
    for (let at = from; at < end; place += 1) {
      const entry = this.#entries[place];
      const start = this.#starts[place];
      if (entry === undefined || start === undefined) break;
      const until = Math.min(end, this.#starts[place + 1] ?? this.bytes);
      found.push({ at: entry, offset: at - start, bytes: until - at });
      at = until;
    }
    return found;
  }

  /** Binary search: the last file that begins at or before the position. */
  #placeOf(position: number): number {
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** 1980 to 2107, which every file system can hold. */
const [timeMin, timeMax] = [315_532_800_000, 4_354_819_198_000];
/** Bounds a time of a file, and drops parts of a millisecond. */
export const boundedTime = (ms: number): number =>
  Math.floor(Math.min(Math.max(Number.isNaN(ms) ? timeMin : ms, timeMin), timeMax));

const encoder = new TextEncoder();
