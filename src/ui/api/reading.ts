/** The readers of the catalogue: what arrives is checked against its schema before it is trusted. */
import * as v from 'valibot';
import { err, ok, type Result } from 'neverthrow';
import type { NodeError, NodeEvent } from '../../index.js';
import { streams } from './methods.js';

/** The event, unknown fields included; `null` for an unknown type and for a field of the wrong kind. */
export const readEvent = (value: unknown): NodeEvent | null =>
  v.is(streams.events.gives, value) ? value : null;

/** Why a value was not accepted. */
export type Malformed = Extract<NodeError, { readonly code: 'api/malformed' }>;

const anyFields = v.looseObject({});

/** A JSON object, whatever its fields; `null` for every other value. */
export const readRecord = (value: unknown): Readonly<Record<string, unknown>> | null =>
  !Array.isArray(value) && v.is(anyFields, value) ? value : null;

/** Errors: `api/malformed`. */
export function parseJson(text: string): Result<unknown, Malformed> {
  try {
    const value: unknown = JSON.parse(text);
    return ok(value);
  } catch {
    return err({ code: 'api/malformed', detail: 'this is not JSON' });
  }
}

/** `value` as `schema` wants it, without unknown fields. Errors: `api/malformed`, which names the field that is wrong. */
export function checked<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
): Result<v.InferOutput<Schema>, Malformed> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return ok(result.output);
  const [issue] = result.issues;
  const where = v.getDotPath(issue);
  const detail = `${where === null ? '' : `${where}: `}${issue.message}`;
  return err({ code: 'api/malformed', detail });
}
