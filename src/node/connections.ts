/**
 * The connections of the node: one temporary child of the tree for each, be it a native session or a connection with
 * an older program. The children are spread over a few threads.
 */
import type { MessagePort } from 'node:worker_threads';
import { ok } from 'neverthrow';
import { parseSessionId } from '../ids.js';
import { node as limits } from './limits.js';
import { address, child, type ChildSpec, type Placement, type Protocol, type Ref } from '../runtime/actor.js';
import { sessionWarmth } from '../actors/connection/warmth.js';
import { session } from '../actors/connection/session.js';
import { foreignConnection } from '../actors/connection/foreign.js';
import type { Supervisor } from '../runtime/tree/spec.js';
import type {
  ForeignConnectionArgs,
  ForeignProtocol,
  SessionArgs,
  SessionProtocol,
} from '../actors/connection/protocol.js';
import type { FilesProtocol } from '../actors/files/protocol.js';
import type { NodeProtocol } from '../actors/node/protocol.js';

/**
 * Starts the actors of connections. Their refs may be used at once: messages to a child that is still starting wait
 * for it, in order.
 */
export interface Connections {
  startSession(args: SessionArgs): Pick<Ref<SessionProtocol>, 'cast'>;
  startForeign(args: ForeignConnectionArgs): Pick<Ref<ForeignProtocol>, 'cast'>;
  /** Starts the first of the threads, so that no connection has to wait for it. */
  warmUp(): Promise<void>;
}

/** Opens the set of connections. `tree` settles once it has started, or with `null` where it did not. */
export function openConnections(place: Placement, tree: () => Promise<Supervisor | null>): Connections {
  let started = 0;
  const placement = (at: number): Placement =>
    place.kind === 'inline' || place.thread !== undefined
      ? place
      : { ...place, thread: `sessions-${at % limits.sessionThreads}` };
  const hosted = <Args extends { readonly port: MessagePort }>(id: string, args: Args) => {
    started += 1;
    const links = { node: nodeAddress, files: filesAddress };
    return { id, args, links, placement: placement(started - 1), transfer: [args.port] };
  };
  return {
    startSession: (args) =>
      startChild(child(session, hosted(sessionPrefix + args.sessionId, args)), args.port, tree()),
    startForeign: (args) =>
      startChild(child(foreignConnection, hosted(foreignPrefix + args.sessionId, args)), args.port, tree()),
    async warmUp() {
      const sessions = (await tree())?.supervisor('sessions');
      await sessions?.startChild(child(sessionWarmth, { args: null, links: {}, placement: placement(0) }));
    },
  };
}

/**
 * Reports the end of a child that crashed, was stopped or never started, since it cannot report it itself. Ignores
 * children that are not connections.
 */
export function reportLost(tree: Supervisor, childId: string, reason: string): void {
  const parsed = parseSessionId(childId.slice(childId.indexOf(':') + 1));
  if (parsed.isErr()) return;
  const end = { type: 'lost', reason } as const;
  const node = tree.ref(nodeAddress);
  if (childId.startsWith(sessionPrefix)) node.cast('sessionDown', { sessionId: parsed.value, end });
  if (childId.startsWith(foreignPrefix)) node.cast('foreignDown', { sessionId: parsed.value, end });
}

/**
 * Reports that the actor of a foreign connection runs: the order in which such connections are read counts from then.
 */
function reportRunning(tree: Supervisor | null, childId: string): void {
  if (tree === null || !childId.startsWith(foreignPrefix)) return;
  const parsed = parseSessionId(childId.slice(foreignPrefix.length));
  if (parsed.isOk()) tree.ref(nodeAddress).cast('foreignRunning', { sessionId: parsed.value });
}

/** Whether the child is the actor of a connection. */
export const isConnection = (childId: string): boolean =>
  childId.startsWith(sessionPrefix) || childId.startsWith(foreignPrefix);

const nodeAddress = address<NodeProtocol>('node');
const filesAddress = address<FilesProtocol>('files');
const sessionPrefix = 'session:';
const foreignPrefix = 'foreign:';

function startChild<P extends Protocol>(
  spec: ChildSpec<P>,
  port: MessagePort,
  growing: Promise<Supervisor | null>,
): Pick<Ref<P>, 'cast'> {
  let waiting: ((ref: Ref<P>) => void)[] = [];
  let running: Ref<P> | null = null;
  void growing.then(async (tree) => {
    const started = await tree?.supervisor('sessions')?.startChild(spec);
    if (started === undefined || started.isErr()) {
      // No actor will close it, and the socket at its other end would wait for a reader.
      port.close();
      if (tree !== null)
        reportLost(tree, spec.id, started === undefined ? 'the node stops' : started.error.code);
      return;
    }
    running = started.value;
    reportRunning(tree, spec.id);
    for (const say of waiting) say(running);
    waiting = [];
  });
  return {
    cast(name, body, transfer) {
      if (running !== null) return running.cast(name, body, transfer);
      waiting.push((ref) => void ref.cast(name, body, transfer));
      return ok(undefined);
    },
  };
}
