/**
 * JSON from strangers: size, depth, number of keys and doubled keys are checked by one pass over the text before
 * `JSON.parse` builds anything. Objects come without a prototype, so no key means more than its value.
 */
import { err, ok, type Result } from 'neverthrow';
import type { WireError } from '../errors.js';
import { JsonScanner } from './scanner.js';
import { json as defaults } from '../limits.js';

/** A value that JSON can express. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
/** An object without a prototype: `__proto__` and `constructor` are keys like any other. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

/** Bounds that are checked before anything is built. */
export interface JsonBounds {
  /** Bytes of the UTF-8 text. */
  readonly bytesMax: number;
  readonly depthMax: number;
  /** Keys of all objects of the text together. */
  readonly keysMax: number;
}

/**
 * Parses the one value in `source`. Lone surrogates in its strings become U+FFFD. Errors: `wire/frame-too-large`
 * (more than `bytesMax`), `wire/malformed` (not JSON, not UTF-8, too deep, too many keys, a key twice in one object,
 * a number beyond the range of a double).
 */
export function parseBoundedJson(
  source: Uint8Array | string,
  bounds: Partial<JsonBounds> = {},
): Result<JsonValue, WireError> {
  const { bytesMax, depthMax, keysMax } = { ...defaults, ...bounds };
  // A string is never longer in UTF-16 units than in bytes, so the cheap test comes first.
  const isLong =
    source.length > bytesMax || (typeof source === 'string' && Buffer.byteLength(source) > bytesMax);
  if (isLong)
    return err({ code: 'wire/frame-too-large', limitBytes: bytesMax, gotBytes: Buffer.byteLength(source) });
  const text = typeof source === 'string' ? source : decodeUtf8(source);
  if (text === null) return malformed('not UTF-8');
  const objection = inspect(text, depthMax, keysMax);
  if (objection !== null) return malformed(objection);
  try {
    // Typed by the grammar of JSON itself; `revive` gives objects their null prototype.
    const value: JsonValue = JSON.parse(text, revive);
    return ok(value);
  } catch (error) {
    return malformed(error instanceof NumberTooLarge ? 'number too large' : 'not JSON');
  }
}

/** Whether the value is an object, as opposed to an array or a scalar. */
export const isJsonObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const malformed = (detail: string) =>
  err<never, WireError>({ code: 'wire/malformed', detail: `json: ${detail}` });

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

class NumberTooLarge extends Error {}

function revive(this: unknown, _key: string, value: unknown): unknown {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new NumberTooLarge();
    return value;
  }
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  // Without a prototype there is no `__proto__` setter: every key becomes an own property.
  const bare: Record<string, unknown> = Object.create(null);
  return Object.assign(bare, value);
}

/** Walks the brackets and strings of `text` without building values. Returns the objection to it, or `null`. */
function inspect(text: string, depthMax: number, keysMax: number): string | null {
  const scanner = new JsonScanner();
  // For each open bracket: the keys of the object so far, or null for an array.
  const open: (Set<string> | null)[] = [];
  let keys = 0;
  let stringAt = 0;
  let stringEnd = 0;
  for (let at = 0; at < text.length; at += 1) {
    const step = scanner.step(text.charCodeAt(at));
    if (step === 'object' || step === 'array') {
      if (open.length >= depthMax) return 'too deep';
      open.push(step === 'object' ? new Set() : null);
    } else if (step === 'close') open.pop();
    else if (step === 'quote') stringAt = at;
    else if (step === 'unquote') stringEnd = at + 1;
    else if (step === 'colon') {
      const keysHere = open.at(-1);
      if (!keysHere) continue;
      keys += 1;
      if (keys > keysMax) return 'too many keys';
      const key = unescapeKey(text.slice(stringAt, stringEnd));
      if (keysHere.has(key)) return 'a key twice';
      keysHere.add(key);
    }
  }
  return scanner.isInString ? 'unfinished string' : null;
}

/** `"\u0061"` and `"a"` are the same key. An invalid spelling stays as it is: the text is refused later. */
function unescapeKey(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    const key: unknown = JSON.parse(quoted);
    return typeof key === 'string' ? key : quoted;
  } catch {
    return quoted;
  }
}
