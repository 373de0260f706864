/** The figures of a running node: of its actors, its core, and of transport, history and discovery. */
import { ResultAsync } from 'neverthrow';
import type { HistoryProtocol } from '../actors/history/protocol.js';
import type { NodeProtocol } from '../actors/node/protocol.js';
import type { DiscoveryProtocol } from '../actors/presence/protocol.js';
import type { TransportProtocol } from '../actors/transport/protocol.js';
import type { Address } from '../runtime/actor.js';
import type { Supervisor } from '../runtime/tree/spec.js';
import type { NodeHandle } from './handle.js';

/** The actors that have figures. */
export interface Counting {
  readonly node: Address<NodeProtocol>;
  readonly transport: Address<TransportProtocol>;
  readonly history: Address<HistoryProtocol>;
  readonly discovery: Address<DiscoveryProtocol>;
}

/** Returns the figures. An actor that does not answer has none. */
export const statsOf =
  (tree: Supervisor, actors: Counting): NodeHandle['stats'] =>
  () =>
    ResultAsync.fromSafePromise(
      Promise.all([
        tree.stats(),
        tree.tree(),
        tree.ref(actors.node).call('counts', {}),
        tree.ref(actors.transport).call('stats', {}),
        tree.ref(actors.history).call('stats', {}),
        tree.ref(actors.discovery).call('stats', {}),
      ]).then(([stats, root, counts, transport, history, discovery]) => ({
        ...stats,
        tree: root,
        letters: tree.deadLetters(),
        ...counts.unwrapOr({ malformed: {}, unknownKinds: {} }),
        transport: transport.unwrapOr(null),
        history: history.unwrapOr(null),
        discovery: discovery.unwrapOr(null),
      })),
    );
