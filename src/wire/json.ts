/**
 * JSON from strangers: size, depth, number of keys and doubled keys are checked by one pass over the text before
 * `JSON.parse` builds anything. Objects come without a prototype, so no key means more than its value.
 */
import { err, ok, type Result } from 'neverthrow';
import type { WireError } from './errors.js';
import { json as defaults } from './limits.js';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
/** Has no prototype: `__proto__` and `constructor` are keys like any other. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

export interface JsonBounds {
  /** Of the UTF-8 text. */
  readonly bytesMax: number;
  readonly depthMax: number;
  /** Over all objects of the text. */
  readonly keysMax: number;
}

/**
 * The one value that `source` holds. Lone surrogates in its strings become U+FFFD.
 * Errors: `wire/frame-too-large` (more than `bytesMax`), `wire/malformed` (not JSON, not UTF-8, too deep, too many
 * keys, a key twice in one object, a number beyond what can be held).
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

/** True for an object, as opposed to an array or a scalar. */
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
  if (typeof value === 'string') return value.replace(/\p{Cs}/gu, '\uFFFD');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  // Without a prototype there is no `__proto__` setter: every key becomes an own property.
  const bare: Record<string, unknown> = Object.create(null);
  return Object.assign(bare, value);
}

const quote = 34;
const backslash = 92;

/**
 * Walks the brackets and strings of `text` without building values; what is wrong, or `null`. It need not see every
 * mistake in the grammar (`JSON.parse` does), only never undercount depth or keys of a text that is valid.
 */
function inspect(text: string, depthMax: number, keysMax: number): string | null {
  // For each open bracket: the keys of the object so far, or null for an array.
  const open: (Set<string> | null)[] = [];
  let keys = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 123 || code === 91) {
      if (open.length >= depthMax) return 'too deep';
      open.push(code === 123 ? new Set() : null);
    } else if (code === 125 || code === 93) {
      open.pop();
    } else if (code === quote) {
      const end = endOfString(text, at);
      if (end < 0) return 'unfinished string';
      const keysHere = open.at(-1);
      if (keysHere && isBeforeColon(text, end)) {
        keys += 1;
        if (keys > keysMax) return 'too many keys';
        const key = unescapeKey(text.slice(at, end));
        if (keysHere.has(key)) return 'a key twice';
        keysHere.add(key);
      }
      at = end - 1;
    }
  }
  return null;
}

/** Index after the closing quote of the string that opens at `start`; -1 when it does not close. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) return at + 1;
    if (code === backslash) at += 1;
  }
  return -1;
}

function isBeforeColon(text: string, from: number): boolean {
  let at = from;
  while (at < text.length && isBlank(text.charCodeAt(at))) at += 1;
  return text.charCodeAt(at) === 58;
}

const isBlank = (code: number): boolean => code === 32 || code === 9 || code === 10 || code === 13;

/** `"\u0061"` and `"a"` are the same key. A spelling that is no JSON stays as it is: the text is refused later. */
function unescapeKey(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    const key: unknown = JSON.parse(quoted);
    return typeof key === 'string' ? key : quoted;
  } catch {
    return quoted;
  }
}
