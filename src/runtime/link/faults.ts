/** How a call fails whose receiver gives no answer. */
import type { RuntimeError } from '../errors.js';

export const gone = (actor: string): RuntimeError => ({ code: 'runtime/no-actor', actor });
export const full = (actor: string): RuntimeError => ({ code: 'runtime/mailbox-full', actor });
export const aborted = (actor: string, name: string): RuntimeError => ({
  code: 'runtime/aborted',
  actor,
  name,
});
export const late = (actor: string, name: string, deadlineMs: number): RuntimeError => ({
  code: 'runtime/deadline',
  actor,
  name,
  deadlineMs,
});
export const poison = (actor: string, name: string): RuntimeError => ({
  code: 'runtime/poison',
  actor,
  name,
});
export const lost = (actor: string, name: string): RuntimeError => ({ code: 'runtime/lost', actor, name });
export const notCloneable = (actor: string, name: string): RuntimeError => ({
  code: 'runtime/not-cloneable',
  actor,
  name,
});
