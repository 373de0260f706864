/**
 * Names of received files. A peer chooses them, a contact included, so none is used as it came: a path that leaves its
 * folder refuses the whole offer, and a part that some system cannot hold, or that deceives its reader, is repaired. The
 * rules of all systems apply on each of them, so that a folder can be passed on unharmed. Pure.
 */
import { err, ok, type Result } from 'neverthrow';
import type { ManifestEntry } from './manifest.js';
import { manifest as limits } from './limits.js';
import { atOnce, sliceEntries, type Slices } from './slices.js';

/** An entry and the place that it gets below the directory of the transfer. */
export interface PlacedEntry extends ManifestEntry {
  readonly parts: readonly string[];
  /** Whether the place differs from the path that the sender wrote. */
  readonly isRepaired: boolean;
}

/** The entries of a manifest with safe places. */
export interface SafeNames {
  readonly entries: readonly PlacedEntry[];
  /** Directories that no entry names, although a path goes through them; parents first. */
  readonly implied: readonly (readonly string[])[];
}

/** Splits a path into its parts as they came. Errors (in words): a path that no honest sender writes. */
export function splitPath(path: string): Result<readonly string[], string> {
  if (path === '') return err('an empty path');
  if (path.includes('\0')) return err('a NUL in a path');
  if (path.includes('\\')) return err('a backslash in a path');
  if (path.startsWith('/')) return err('an absolute path');
  if (/^[A-Za-z]:/.test(path)) return err('a path with a drive');
  if (/\p{Surrogate}/u.test(path)) return err('a path that is not Unicode');
  if (bytesOf(path) > limits.pathBytesMax) return err('a path that is too long');
  const parts = path.split('/');
  if (parts.length > limits.levelsMax) return err('a path with too many levels');
  for (const part of parts) {
    if (part === '') return err('an empty part of a path');
    if (part === '.' || part === '..') return err('a path that leaves its folder');
    if (bytesOf(part) > limits.partBytesMax) return err('a part of a path that is too long');
  }
  return ok(parts);
}

/** Repairs one part of a path. `isTop`: it stands in the user's own folder, where nothing may be hidden. */
export function safePart(part: string, isTop = false): string {
  const seen = plain.test(part) ? part : part.normalize('NFC').replace(removed, '');
  let safe = seen.replace(forbidden, '_');
  const end = endOf(safe);
  safe = (safe.slice(0, end) + '_'.repeat(safe.length - end)).replace(/^ +/u, '');
  if (safe === '') safe = '_';
  const [stem = ''] = safe.split('.');
  if (reserved.test(stem.trimEnd())) safe = `_${safe}`;
  if (safe.startsWith('-')) safe = `_${safe}`;
  if (isTop && safe.startsWith('.')) safe = `_${safe}`;
  return shortened(safe, '');
}

/**
 * Gives every entry a place. Two paths that one system takes for the same get different places: the later one a number.
 * Errors (in words): a path that no honest sender writes, or the same path twice.
 */
export const safeNames = (entries: readonly ManifestEntry[]): Result<SafeNames, string> =>
  atOnce(namingSafely(entries));

/** The same in slices. */
export function* namingSafely(entries: readonly ManifestEntry[]): Slices<Result<SafeNames, string>> {
  const places = new Map<string, Place>();
  const taken: Taken = { names: new Set(), counts: new Map() };
  const implied: (readonly string[])[] = [];
  const placed: PlacedEntry[] = [];

  const placeOf = (raw: readonly string[], kind: Place['kind']): Result<Place, string> => {
    const key = raw.join('/');
    const known = places.get(key);
    if (known !== undefined) return ok(known);
    let parent: readonly string[] = [];
    let parentNth = 0;
    if (raw.length > 1) {
      const above = placeOf(raw.slice(0, -1), 'implied');
      if (above.isErr()) return above;
      if (above.value.kind === 'file') return err('a file that is a folder, too');
      parent = above.value.parts;
      parentNth = above.value.nth;
    }
    const name = freeName(parentNth, safePart(raw.at(-1) ?? '', raw.length === 1), taken);
    const place: Place = { kind, parts: [...parent, name], nth: places.size + 1 };
    places.set(key, place);
    if (kind === 'implied') implied.push(place.parts);
    return ok(place);
  };

  for (const [nth, entry] of entries.entries()) {
    if (nth % sliceEntries === 0) yield;
    const raw = splitPath(entry.path);
    if (raw.isErr()) return err(raw.error);
    if (places.has(entry.path)) return err('the same path twice, or a folder after its content');
    const place = placeOf(raw.value, entry.kind === 'directory' ? 'directory' : 'file');
    if (place.isErr()) return err(place.error);
    const { parts } = place.value;
    placed.push({ ...entry, parts, isRepaired: parts.join('/') !== entry.path });
  }
  return ok({ entries: placed, implied });
}

interface Place {
  readonly kind: 'file' | 'directory' | 'implied';
  readonly parts: readonly string[];
  /** Number of the place; 0 stands for the directory of the transfer. */
  readonly nth: number;
}

/** The names that are taken, and the numbers to try next for names of one form. */
interface Taken {
  readonly names: Set<string>;
  readonly counts: Map<string, number>;
}

/** Finds a name that nothing else in the folder has on any system, and takes it. */
function freeName(parentNth: number, name: string, { names, counts }: Taken): string {
  const keyOf = (each: string): string => `${String(parentNth)}/${fold(each)}`;
  if (!names.has(keyOf(name))) {
    names.add(keyOf(name));
    return name;
  }
  // A million equal names must not cost a million looks each. Long names that are cut for their number are equal, too.
  const form = keyOf(numbered(name, limits.entriesMax));
  for (let count = counts.get(form) ?? 2; ; count += 1) {
    const candidate = numbered(name, count);
    const key = keyOf(candidate);
    if (names.has(key)) continue;
    names.add(key);
    counts.set(form, count + 1);
    return candidate;
  }
}

/** Puts a number before the ending of a name: `report (2).pdf`. */
export function numbered(name: string, count: number): string {
  const suffix = ` (${String(count)})`;
  const dot = name.lastIndexOf('.');
  const [stem, ending] = dot <= 0 ? [name, ''] : [name.slice(0, dot), name.slice(dot)];
  return shortened(stem, `${suffix}${ending}`);
}

/** Two names with equal folds may be one file somewhere: simple case folding of NFC, with one dotless i for both. */
export function fold(name: string): string {
  // Most names: a folder may hold a million of them.
  if (plain.test(name)) return name.toLowerCase();
  let folded = '';
  for (const character of name.normalize('NFC')) {
    const upper = character.toUpperCase();
    const lower = (isOne(upper) ? upper : character).toLowerCase();
    folded += character === '\u0130' ? 'i' : isOne(lower) ? lower : character;
  }
  return folded;
}

/**
 * Whether a link may be made: relative, and staying below the folder of the transfer whatever other links point to, so
 * that `..` stands at its beginning alone. `depth`: number of folders above the link.
 */
export function isSafeTarget(target: string, depth: number): boolean {
  if (target === '' || bytesOf(target) > limits.targetBytesMax) return false;
  if (/[\0\\\p{Surrogate}]/u.test(target) || target.startsWith('/') || /^[A-Za-z]:/.test(target))
    return false;
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const firstDown = parts.findIndex((part) => part !== '..');
  const up = firstDown < 0 ? parts.length : firstDown;
  return up <= depth && !parts.slice(up).includes('..');
}

const bytesOf = (text: string): number => Buffer.byteLength(text);
const isOne = (text: string): boolean => Array.from(text).length === 1;

/** Cuts the beginning of a name at whole characters, so that it fits with its ending. */
function shortened(stem: string, ending: string): string {
  if (bytesOf(stem) + bytesOf(ending) <= limits.partBytesMax) return stem + ending;
  if (ending === '') {
    const dot = stem.lastIndexOf('.');
    if (dot > 0 && bytesOf(stem.slice(dot)) < 32) return shortened(stem.slice(0, dot), stem.slice(dot));
  }
  let kept = '';
  for (const character of stem) {
    if (bytesOf(kept) + bytesOf(character) + bytesOf(ending) > limits.partBytesMax) break;
    kept += character;
  }
  const end = endOf(kept);
  return `${kept.slice(0, end)}${end < kept.length ? '_' : ''}${ending}`;
}

/** Returns where the dots and blanks at the end of a name begin, which Windows drops. */
function endOf(name: string): number {
  let end = name.length;
  while (end > 0 && (name[end - 1] === '.' || name[end - 1] === ' ')) end -= 1;
  return end;
}

/** Characters that are one and the same in each form of Unicode, and are seen. */
const plain = /^[\x20-\x7E]*$/;
/**
 * Characters that are not seen, or that turn the order of others around: controls, bidi, zero width, tags. The selectors
 * that choose between a coloured and a plain sign stay.
 */
const removed =
  /(?![\uFE0E\uFE0F])[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\uFFF9-\uFFFB]/gu;
/** Characters that Windows cannot hold in a name. */
const forbidden = /[<>:"|?*/\\]/gu;
/** Names of devices on Windows, with or without an ending. */
const reserved = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00B9\u00B2\u00B3])$/iu;
