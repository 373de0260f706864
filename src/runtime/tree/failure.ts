/** Why a child did not start, as its supervisor sees it. Pure. */
import type { StartOutcome } from '../cell/cell-host.js';
import type { RuntimeError } from '../errors.js';
import { unreachable } from '../exhaustive.js';
import { startFailed } from './checks.js';

/** `isRefusal`: no restart is tried. */
export type Failure = { readonly isRefusal: boolean; readonly error: RuntimeError };

/** The start of an actor or of a supervisor. */
export type BranchOutcome = StartOutcome | { readonly type: 'failed'; readonly error: RuntimeError };

/** Null: it is up. */
export function failureOf(id: string, outcome: BranchOutcome): Failure | null {
  switch (outcome.type) {
    case 'ready':
      return null;
    case 'refused':
      return { isRefusal: true, error: startFailed(id, outcome.fault.code, outcome.fault) };
    case 'uncloneable': {
      const detail = `its arguments cannot be cloned into its thread: ${outcome.detail}`;
      return { isRefusal: true, error: startFailed(id, detail, { code: 'runtime/not-cloneable' }) };
    }
    case 'crashed':
      return { isRefusal: false, error: startFailed(id, outcome.detail) };
    case 'failed':
      return { isRefusal: false, error: outcome.error };
    default:
      return unreachable(outcome);
  }
}
