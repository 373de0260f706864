/** The check of a handler's result: a mistake of the embedder must not block an actor. */
import { inspect } from 'node:util';
import type { Step } from '../actor.js';

/** A step without its types. */
export type AnyStep = Step<unknown, unknown, { readonly code: string }>;

/** Any thenable counts as a promise, not only a native one. */
export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  (typeof value === 'object' || typeof value === 'function') &&
  value !== null &&
  'then' in value &&
  typeof value.then === 'function';

/** Another thenable may call back at once, or return nothing. */
export const nativePromise = <T>(thenable: PromiseLike<T>): Promise<T> =>
  thenable instanceof Promise ? thenable : Promise.resolve(thenable);

/** Throws a `TypeError` that names the handler when the value is not a step. */
export function checkStep(value: unknown, name: string): AnyStep {
  if (typeof value === 'object' && value !== null && 'step' in value)
    switch (value.step) {
      case 'next':
      case 'reply':
      case 'stop':
      case 'later':
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- made by the constructors of steps alone
        return value as AnyStep;
    }
  const shown = inspect(value, { depth: 0, breakLength: Infinity }).slice(0, 60);
  throw new TypeError(`handler ${name} returned ${shown}: return next(…), reply(…), later(…) or stop(…)`);
}

/** Longest text that is kept of a thrown value that is not an error. */
const shownMax = 1_000;

/** The stack where there is one, for the log. Never throws, whatever was thrown. */
export function detailOf(error: unknown): string {
  try {
    const text = error instanceof Error ? (error.stack ?? error.message) : error;
    if (typeof text === 'string') return text;
    const shown = inspect(error, { depth: 1, breakLength: Infinity, customInspect: false });
    return `threw ${shown.slice(0, shownMax)}, which is not an Error`;
  } catch {
    return 'threw a value that cannot be shown';
  }
}

/** One sentence, for people. */
export const sentenceOf = (detail: string): string => detail.split('\n', 1)[0] ?? detail;
