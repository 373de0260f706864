/** The outcome of a sending that failed, in words: what the node queued, what it did not, and what is unknown. */
import { catalogue } from '../../../text/catalogue.js';
import type { SendWait } from './read-marks.js';

/** The progress of a sending at its failure. */
export interface Account {
  /** Number of messages that the node queued. */
  readonly taken: number;
  /** Number of these that did not reach the wanted state. */
  readonly pending: number;
  readonly reached: SendWait;
  /** Whether the command sent one text instead of lines. */
  readonly isOne: boolean;
  /** Number of messages in the failed call; `null`: the node had queued all. */
  readonly unsent: number | null;
  /** Whether the node may have queued them nevertheless. */
  readonly isUnsure: boolean;
}

/** Codes after which the node may have queued the messages, since only the answer is missing. */
export const maybeTaken: ReadonlySet<string> = new Set([
  'api/lost',
  'api/deadline',
  'api/malformed',
  'runtime/lost',
  'runtime/deadline',
  'runtime/poison',
]);

/** Returns the outcome in words; `null` where nothing was queued. */
export function accountOf({ taken, pending, reached, isOne, unsent, isUnsure }: Account): string | null {
  const isOpen = isUnsure && unsent !== null && unsent > 0;
  const words = catalogue().commands;
  if (isOne) return taken > 0 ? words.staysQueued : isOpen ? words.historyShows : null;
  if (taken === 0 && !isOpen) return null;
  const some = words.stillQueued(taken - pending, reached, pending);
  const states = ` (${pending === 0 ? words.allReached(reached) : some})`;
  const count = words.linesQueued(taken, taken === 0 ? '' : states);
  if (unsent === null) return count;
  return isOpen ? words.nextUnsure(count, unsent) : words.restNot(count);
}
