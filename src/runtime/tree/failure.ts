/** Why a child did not start, as its supervisor sees it. */
import type { Awaitable } from '../actor.js';
import type { StartOutcome } from '../cell/cell-host.js';
import type { RuntimeError } from '../errors.js';
import { unreachable } from '../exhaustive.js';
import { startFailed } from './checks.js';

/** The failure of a start. */
export interface Failure {
  /** No restart is tried. */
  readonly isRefusal: boolean;
  readonly error: RuntimeError;
  /** Of a crash: the same for all that crashed together. Null: it crashed by itself. */
  readonly cause: unknown;
  /** Its thread died at the start of another actor. */
  readonly isBystander: boolean;
}

const byItself = { cause: null, isBystander: false };

/** The start of an actor or of a supervisor. */
export type BranchOutcome = StartOutcome | { readonly type: 'failed'; readonly error: RuntimeError };

/** Null: it is up. */
export function failureOf(id: string, outcome: BranchOutcome): Failure | null {
  switch (outcome.type) {
    case 'ready':
      return null;
    case 'refused':
      return { ...byItself, isRefusal: true, error: startFailed(id, outcome.fault.code, outcome.fault) };
    case 'uncloneable': {
      const detail = `its arguments cannot be cloned into its thread: ${outcome.detail}`;
      return {
        ...byItself,
        isRefusal: true,
        error: startFailed(id, detail, { code: 'runtime/not-cloneable' }),
      };
    }
    case 'crashed': {
      const { detail, cause = null, isBystander = false } = outcome;
      return { isRefusal: false, error: startFailed(id, detail), cause, isBystander };
    }
    case 'failed':
      return { ...byItself, isRefusal: false, error: outcome.error };
    default:
      return unreachable(outcome);
  }
}

const bystanderTriesMax = 3;

/** Starts a child, again where another start has ended its thread. `mayGoOn`: it is still wanted. */
export async function startAmongOthers(
  start: () => Awaitable<Failure | null>,
  mayGoOn: () => boolean,
): Promise<Failure | null> {
  let failure = await start();
  for (let tries = 1; failure?.isBystander === true && tries < bystanderTriesMax && mayGoOn(); tries += 1)
    failure = await start();
  return failure;
}
