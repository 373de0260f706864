/** How a call fails whose receiver gives no answer. */
import type { RuntimeError } from '../errors.js';
import type { DeadLetterReason } from './protocol.js';

/** Makes the failure of a receiver that has stopped for ever, or is unknown. */
export const gone = (actor: string): RuntimeError => ({ code: 'runtime/no-actor', actor });
/** Makes the failure of a link without credit. */
export const full = (actor: string): RuntimeError => ({ code: 'runtime/mailbox-full', actor });
/** Makes the failure of a call that its caller aborted. */
export const aborted = (actor: string, name: string): RuntimeError => ({
  code: 'runtime/aborted',
  actor,
  name,
});
/** No answer came in time. */
export const late = (actor: string, name: string, deadlineMs: number): RuntimeError => ({
  code: 'runtime/deadline',
  actor,
  name,
  deadlineMs,
});
/** The call crashed its receiver too often. */
export const poison = (actor: string, name: string): RuntimeError => ({
  code: 'runtime/poison',
  actor,
  name,
});
/** The receiver has no handler of that name. */
export const unknownName = (actor: string, name: string): RuntimeError => ({
  code: 'runtime/unknown-name',
  actor,
  name,
});
/** The receiver crashed over transferred objects. */
export const lost = (actor: string, name: string): RuntimeError => ({ code: 'runtime/lost', actor, name });
/** The body or the answer cannot cross a thread. */
export const notCloneable = (actor: string, name: string): RuntimeError => ({
  code: 'runtime/not-cloneable',
  actor,
  name,
});
/** The call has become a dead letter. */
export function givenUp(actor: string, name: string, reason: DeadLetterReason): RuntimeError {
  if (reason === 'poison') return poison(actor, name);
  return reason === 'not-cloneable' ? notCloneable(actor, name) : lost(actor, name);
}
