/** The catalogue of NDJSON lines that commands print besides the events of a node. `type` names the kind of line. */
import * as v from 'valibot';
import { answers, nodeEvents } from '../../../index.js';

const { id, name, tag, addresses, port } = answers.selfInfo.entries;
const { address, pid } = nodeEvents.ready.entries;

const described = <Schema extends v.GenericSchema>(schema: Schema, meaning: string) =>
  v.pipe(schema, v.description(meaning));

/** By name; the name is the type but where two kinds of line share one. */
export const commandLines = {
  id: v.object({
    type: v.literal('id'),
    id,
    name,
    tag,
    safetyCode: described(v.string(), 'own half of every safety code'),
    addresses,
    port,
  }),
  safety: v.object({
    type: v.literal('safety'),
    peer: described(v.string(), 'name of the peer'),
    peerId: described(v.string(), 'identity of the peer'),
    code: answers.safetyInfo.entries.code,
    verified: answers.safetyInfo.entries.verified,
  }),
  export: v.object({
    type: v.literal('export'),
    file: described(v.string(), 'file that was written'),
    messages: described(v.pipe(v.number(), v.integer(), v.minValue(0)), 'messages in the file'),
  }),
  hubReady: v.object({ type: v.literal('ready'), address, port, pid }),
  hub: v.object({
    type: v.literal('hub'),
    line: described(v.string(), 'line of the log of the hub'),
  }),
  schema: v.object({
    type: v.literal('object'),
    $schema: described(v.string(), 'the dialect of JSON Schema'),
  }),
};

/** A line that a command prints and no node publishes. */
export type CommandLine = {
  [Name in keyof typeof commandLines]: Readonly<v.InferOutput<(typeof commandLines)[Name]>>;
}[keyof typeof commandLines];
