/** `parlance schema`: prints the JSON Schema of every NDJSON line and of every body of the local API. */
import { toJsonSchemaDefs } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { nodeEvents } from '../../../index.js';
import type { AnyMethod } from '../../api/method.js';
import { failureAnswer, methods, streams } from '../../api/methods.js';
import type { RunContext } from '../run.js';
import { commandLines } from '../screen/lines.js';
import type { ExitCode } from '../screen/wording.js';

/** Prints the document. It starts no node and needs no home. */
export async function schema({ output }: RunContext): Promise<ExitCode> {
  const document = jsonSchema();
  await output.result(document, JSON.stringify(document, null, 2));
  return 0;
}

/**
 * Returns a document that validates any NDJSON line. `$defs` holds the lines by name, and the query, body and answer of
 * each method of the local API as `METHOD.query`, `METHOD.body` and `METHOD.answer`.
 */
export function jsonSchema() {
  const lines = { ...nodeEvents, ...commandLines };
  const $defs = toJsonSchemaDefs(
    { ...lines, ...bodies() },
    // A read-only array is an array in JSON.
    { target: 'draft-2020-12', typeMode: 'input', ignoreActions: ['readonly'] },
  );
  return {
    type: 'object',
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Parlance: NDJSON lines and bodies of the local API',
    description: 'An NDJSON line. A reader ignores unknown fields and lines of an unknown type.',
    required: ['type'],
    anyOf: Object.keys(lines).map((name) => ({ $ref: `#/$defs/${name}` })),
    $defs,
  } as const;
}

function bodies(): Record<string, v.GenericSchema> {
  const found: Record<string, v.GenericSchema> = { failure: failureAnswer };
  for (const [name, { verb, path, does, takes, gives }] of Object.entries<AnyMethod>(methods)) {
    const title = `${verb} ${path}: ${does}`;
    if (Object.keys(takes.entries).length > 0)
      found[`${name}.${verb === 'GET' ? 'query' : 'body'}`] = titled(takes, title);
    found[`${name}.answer`] = titled(v.object({ value: gives }), title);
  }
  for (const [name, { verb, path, does, takes, reads, gives }] of Object.entries(streams)) {
    const title = `${verb} ${path}: ${does}`;
    found[`${name}.query`] = titled(takes, title);
    if (reads !== null) found[`${name}.body`] = titled(reads, title);
    found[`${name}.answer`] = titled(gives, title);
  }
  return found;
}

const titled = (schema: v.GenericSchema, title: string): v.GenericSchema => v.pipe(schema, v.title(title));
