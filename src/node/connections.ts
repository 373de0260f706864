/**
 * Defines the actors of connections, native sessions and connections with older programs, and the thread of each one:
 * connections are spread over a few threads.
 */
import type { MessagePort } from 'node:worker_threads';
import { node as limits } from './limits.js';
import { address, child, type ChildSpec, type Placement } from '../runtime/actor.js';
import { sessionWarmth } from '../actors/connection/warmth.js';
import { session } from '../actors/connection/session.js';
import { foreignConnection } from '../actors/connection/foreign.js';
import type { FilesProtocol } from '../actors/files/protocol.js';
import { foreignPrefix, sessionPrefix, type NodeProtocol } from '../actors/node/protocol.js';
import type { ConnectionSpecs } from '../actors/node/services.js';

/** The actors of connections, as the node starts them. */
export const connectionSpecs = (place: Placement): ConnectionSpecs => ({
  session: (args, nth) => child(session, placed(sessionPrefix, args, threadOf(place, nth))),
  foreign: (args, nth) => child(foreignConnection, placed(foreignPrefix, args, threadOf(place, nth))),
});

const placed = <Args extends { readonly sessionId: string; readonly port: MessagePort }>(
  prefix: string,
  args: Args,
  placement: Placement,
) => ({ id: prefix + args.sessionId, args, links, placement, transfer: [args.port] });

/** Keeps the first of the threads warm, so that no connection has to wait for it. */
export const warmth = (place: Placement): ChildSpec =>
  child(sessionWarmth, { args: null, links: {}, placement: threadOf(place, 0) });

/** Whether the child is the actor of a connection. */
export const isConnection = (childId: string): boolean =>
  childId.startsWith(sessionPrefix) || childId.startsWith(foreignPrefix);

const links = { node: address<NodeProtocol>('node'), files: address<FilesProtocol>('files') };

const threadOf = (place: Placement, nth: number): Placement =>
  place.kind === 'inline' || place.thread !== undefined
    ? place
    : { ...place, thread: `sessions-${nth % limits.sessionThreads}` };
