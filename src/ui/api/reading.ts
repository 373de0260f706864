/** The readers of the catalogue: a value that arrives is checked against its schema before it is used. */
import * as v from 'valibot';
import { err, ok, type Result } from 'neverthrow';
import type { NodeEvent } from '../../chat/events.js';
import type { NodeError } from '../../node/handle.js';
import { streams } from './methods.js';

/** Reads an event, unknown fields included; `null` for an unknown type and for a field of the wrong kind. */
export const readEvent = (value: unknown): NodeEvent | null =>
  v.is(streams.events.gives, value) ? value : null;

/** The error of a value that does not fit its schema. */
export type Malformed = Extract<NodeError, { readonly code: 'api/malformed' }>;

const anyFields = v.looseObject({});

/** Reads a JSON object with any fields; `null` for every other value. */
export const readRecord = (value: unknown): Readonly<Record<string, unknown>> | null =>
  !Array.isArray(value) && v.is(anyFields, value) ? value : null;

/** Parses a JSON text. Errors: `api/malformed`. */
export function parseJson(text: string): Result<unknown, Malformed> {
  try {
    const value: unknown = JSON.parse(text);
    return ok(value);
  } catch {
    return err({ code: 'api/malformed', detail: 'the text is not JSON' });
  }
}

/** Reads `value` without its unknown fields. Errors: `api/malformed`, which names the wrong field. */
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
