/**
 * The keys of a JSON object whose end may not have arrived yet: enough to tell whose message begins here, without
 * parsing anything. And which spellings of a key are one. Layer wire; used by `dialects/` and `wire/beacon.ts`.
 */
import { JsonScanner } from './scanner.js';

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

/** A key as the answers to one assignment spell it differently: blanks, underscores, hyphens and case do not count. */
export const plainKey = (key: string): string => key.replace(/[ _-]/g, '').toLowerCase();
