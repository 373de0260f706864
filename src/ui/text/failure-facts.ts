/** The form of a failure in words, and the facts of failures that words of any language say. */
import { resolvePeer } from '../../index.js';
import type { CliError, CliErrorCode } from '../cli/errors.js';

/** A failure in words: what happened, why, what to do. */
export interface FailureWords {
  readonly what: string;
  readonly why: string;
  readonly remedy: string;
}

/** Makes a failure in words. */
export const say = (what: string, why: string, remedy: string): FailureWords => ({ what, why, remedy });

/** The failure of a code. */
export type Failure<Code extends CliErrorCode> = Extract<CliError, { readonly code: Code }>;

/** One function per code: a code without words does not compile. */
export type FailureTexts = {
  readonly [Code in CliErrorCode]: (error: Failure<Code>) => FailureWords;
};

/** The codes whose first part is one of these. */
export type CodesOf<Layer extends string> = Extract<CliErrorCode, `${Layer}/${string}`>;

/** Returns seconds with at most one digit behind the point. */
export const secondsOf = (ms: number): number => Math.round(ms / 100) / 10;

/** Returns the first characters of an id, as they stand in tags. */
export const shortId = (id: string): string => `#${id.replaceAll('-', '').slice(0, 8).toLowerCase()}`;

/** Returns the meaning of a word that names no peer: an address of a foreign program, a native one, or a name. */
export function kindOfWord(word: string): 'foreign' | 'address' | 'name' {
  if (word.includes('://')) return 'foreign';
  return resolvePeer(word, []).isErr() && /^[^\s:]+:\d+$/.test(word) ? 'address' : 'name';
}
