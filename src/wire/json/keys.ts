/**
 * The keys of a JSON object whose end may not have arrived yet: enough to recognise the dialect of a message without
 * parsing it. Different spellings of one key are made equal here, too. Layer wire; used by `dialects/` and
 * `wire/beacon.ts`.
 */
import { JsonScanner } from './scanner.js';

/**
 * Keys found so far. `other`: the bytes do not begin an object. `open`: the object has not ended. `ended`: all keys
 * are known.
 */
export interface OutermostKeys {
  readonly state: 'other' | 'open' | 'ended';
  /** In order of appearance, as spelled between the quotes (escapes left as they are). */
  readonly keys: readonly string[];
}

/**
 * Reads the keys of depth 1 of the object that `prefix` begins with, after JSON white space. One pass, no recursion;
 * the caller bounds `prefix`. A longer prefix of the same bytes never changes the keys of a shorter one.
 */
export function outermostKeys(prefix: Uint8Array): OutermostKeys {
  const scanner = new JsonScanner();
  const keys: string[] = [];
  let stringAt = 0;
  let isKeyNext = false;
  for (let at = 0; at < prefix.length; at += 1) {
    const isOutside = scanner.depth === 0;
    const step = scanner.step(prefix[at] ?? 0);
    if (isOutside) {
      if (step === 'blank') continue;
      if (step !== 'object') return { state: 'other', keys: [] };
      isKeyNext = true;
    } else if (step === 'close' && scanner.depth === 0) return { state: 'ended', keys };
    else if (step === 'comma' && scanner.depth === 1) isKeyNext = true;
    else if (step === 'quote') stringAt = at;
    else if (step === 'object' || step === 'array') isKeyNext = false;
    else if (step === 'unquote') {
      if (isKeyNext && scanner.depth === 1)
        keys.push(new TextDecoder().decode(prefix.subarray(stringAt + 1, at)));
      isKeyNext = false;
    }
  }
  return { state: 'open', keys };
}

/** Reduces a key to the form that all spellings share: without blanks, underscores and hyphens, in lower case. */
export const plainKey = (key: string): string => key.replace(/[ _-]/g, '').toLowerCase();
