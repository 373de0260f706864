/** What may be asked over the local API: every body and query, checked and bounded before the node sees it. */
import { z } from 'zod';
import { controlApi } from './limits.js';

// A word that names a peer: a name, an id, an address. Longer than any of them is an attack or a mistake.
const peer = z.string().min(1).max(512);
const whole = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const sendBody = z.strictObject({ peer, text: z.string() });
export const sendAllBody = z.strictObject({
  peer,
  texts: z.array(z.string()).max(controlApi.bodyBytesMax),
});
export const sendLine = z.strictObject({ text: z.string() });
export const peerQuery = z.strictObject({ peer });
export const peerBody = z.strictObject({ peer });
export const verifyBody = z.strictObject({ peer, code: z.string().max(512).nullable() });
export const blockBody = z.strictObject({ peer, blocked: z.boolean() });
const dialect = z.enum(['cmp2204', 'chatbuddy', 'synergy', 'cse310', 'netech']);
export const sendViaBody = z.strictObject({
  peer,
  text: z.string(),
  isPlain: z.boolean().optional(),
  privateNumber: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
});
export const dialectQuery = z.strictObject({ dialect });
export const connectBody = z.strictObject({ peer, isManual: z.boolean() });
export const leaveBody = z.strictObject({ dialect, peer: peer.nullable() });
export const renameBody = z.strictObject({ name: z.string().max(4_096) });
export const eventsQuery = z.strictObject({ since: whole.optional() });
export const historyQuery = z.strictObject({
  peer: peer.optional(),
  search: z.string().max(4_096).optional(),
  sinceMs: z.coerce.number().optional(),
  untilMs: z.coerce.number().optional(),
  afterSeq: whole.optional(),
  beforeSeq: whole.optional(),
  direction: z.enum(['in', 'out']).optional(),
  limit: whole.max(controlApi.historyLimitMax).optional(),
});

/** `value` as `schema` wants it, or one line that says which field is wrong. */
export function checked<T>(
  schema: z.ZodType<T>,
  value: unknown,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly detail: string } {
  const result = schema.safeParse(value);
  if (result.success) return { ok: true, value: result.data };
  const issue = result.error.issues[0];
  const where = issue === undefined ? '' : issue.path.join('.');
  return {
    ok: false,
    detail: `${where === '' ? '' : `${where}: `}${issue?.message ?? 'does not fit the schema'}`,
  };
}
