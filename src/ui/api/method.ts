/** The rows of the table of the local API: their type, and the schemas that many rows share. */
import * as v from 'valibot';
import type { ResultAsync } from 'neverthrow';
import type { NodeError, NodeHandle } from '../../node/handle.js';
import { controlApi } from './limits.js';

/** The node and its start, which the rows call. */
export interface Served {
  readonly node: NodeHandle;
  /** Settings that the node was started with, by key. */
  readonly startedWith: Readonly<Record<string, unknown>>;
  /** Ends a node that was started for commands and has no other client; false: it goes on. */
  readonly release: () => boolean;
}

/** The schema of a query or of a JSON body. */
export type Body = v.ObjectSchema<v.ObjectEntries, undefined>;

/** One row. `pack` and `run` are methods, so that every row fits `AnyMethod`. */
export interface Method<Args extends readonly unknown[], Takes extends Body, Gives extends v.GenericSchema> {
  readonly verb: 'GET' | 'POST';
  readonly path: `/v1/${string}`;
  readonly does: string;
  /** The query of a GET, the JSON body of a POST. */
  readonly takes: Takes;
  /** The `value` of the answer. */
  readonly gives: Gives;
  /** Turns the arguments of the handle's method into the input of the route. */
  pack(...args: Args): v.InferInput<Takes>;
  /** Calls the node. */
  run(served: Served, input: v.InferOutput<Takes>): ResultAsync<v.InferOutput<Gives>, NodeError>;
}
/** A row with any arguments and bodies. */
export type AnyMethod = Method<readonly unknown[], Body, v.GenericSchema>;

/** Checks the types of a row. */
export const method = <Args extends readonly unknown[], Takes extends Body, Gives extends v.GenericSchema>(
  row: Method<Args, Takes, Gives>,
): Method<Args, Takes, Gives> => row;

/** A word that names a peer: a name, an id or an address. A longer word is a mistake or an attack. */
export const peer = v.pipe(v.string(), v.nonEmpty(), v.maxLength(controlApi.peerWordCharsMax));
/** The body of a method without arguments. */
export const nothing = v.object({});
/** The body of a method about one peer. */
export const onePeer = v.object({ peer });
