/**
 * The keys of a JSON object whose end may not have arrived yet: enough to tell whose message begins here, without
 * parsing anything. And which spellings of a key are one. Layer wire; used by `dialects/` and `wire/beacon.ts`.
 */

/** `other`: these bytes begin no object. `open`: the object has not ended yet. `ended`: all its keys are known. */
export interface OutermostKeys {
  readonly state: 'other' | 'open' | 'ended';
  /** In order of appearance, as spelled between the quotes (escapes left as they are). */
  readonly keys: readonly string[];
}

/**
 * Reads the keys of depth 1 of the object that `prefix` begins with, after JSON white space. One pass, no recursion;
 * the caller bounds `prefix`. A longer prefix of the same bytes never changes the keys that were told before.
 */
export function outermostKeys(prefix: Uint8Array): OutermostKeys {
  let at = 0;
  while (at < prefix.length && isBlank(prefix[at])) at += 1;
  if (at === prefix.length) return { state: 'open', keys: [] };
  if (prefix[at] !== ascii.braceOpen) return { state: 'other', keys: [] };

  const keys: string[] = [];
  let depth = 0;
  let isKeyNext = false;
  for (; at < prefix.length; at += 1) {
    const byte = prefix[at];
    if (byte === ascii.quote) {
      const end = endOfString(prefix, at);
      if (end < 0) break;
      if (depth === 1 && isKeyNext) keys.push(new TextDecoder().decode(prefix.subarray(at + 1, end)));
      isKeyNext = false;
      at = end;
    } else if (byte === ascii.braceOpen || byte === ascii.bracketOpen) {
      depth += 1;
      isKeyNext = depth === 1;
    } else if (byte === ascii.braceClose || byte === ascii.bracketClose) {
      depth -= 1;
      if (depth === 0) return { state: 'ended', keys };
    } else if (byte === ascii.comma && depth === 1) {
      isKeyNext = true;
    }
  }
  return { state: 'open', keys };
}

/** A key as the answers to one assignment spell it differently: blanks, underscores, hyphens and case do not count. */
export const plainKey = (key: string): string => key.replace(/[ _-]/g, '').toLowerCase();

const ascii = {
  quote: 0x22,
  backslash: 0x5c,
  comma: 0x2c,
  braceOpen: 0x7b,
  braceClose: 0x7d,
  bracketOpen: 0x5b,
  bracketClose: 0x5d,
} as const;

const isBlank = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Where the string that opens at `start` has its closing quote; -1 when it has not arrived. */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; at < bytes.length; at += 1) {
    if (bytes[at] === ascii.backslash) at += 1;
    else if (bytes[at] === ascii.quote) return at;
  }
  return -1;
}
