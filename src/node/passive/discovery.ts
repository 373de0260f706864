/**
 * Discovery without a node: it hears announcements beside a broadcast that sends nothing, in the thread of its caller.
 * Nobody gets an answer.
 */
import { ok, type Result } from 'neverthrow';
import { discoveryActor, type DiscoveryArgs } from '../../actors/presence/discovery.js';
import type {
  BroadcastProtocol,
  DiscoveryProtocol,
  DiscoveryReports,
} from '../../actors/presence/protocol.js';
import type { Presence } from '../../chat/people/presence.js';
import { nothingHeard, type HeardReport } from '../../chat/presence/heard-log.js';
import { actor, address, child, next } from '../../runtime/actor.js';
import { startSupervisor } from '../../runtime/tree/supervisor.js';
import type { NodeError, NodeOptions } from '../handle.js';
import { inertBroadcast } from './inert.js';
import { branch, causeOf } from '../tree.js';

/** Rows of the roster that are new or changed. */
type OnRows = (rows: readonly Presence[]) => void;

/** A discovery that only hears. */
export interface PassiveDiscovery {
  readonly report: () => Promise<HeardReport>;
  readonly close: () => Promise<void>;
}

/** The actor that takes the reports of discovery in place of a node. */
const reader = actor<{ readonly onRows: OnRows }, OnRows, DiscoveryReports>({
  name: 'node',
  restart: 'permanent',
  init: ({ onRows }) => ok(onRows),
  receive: {
    hearing: (state) => next(state),
    seen: (state) => next(state),
    twin: (state) => next(state),
    presence(onRows, { rows }) {
      onRows(rows);
      return next(onRows);
    },
  },
});

/**
 * Listens on the beacon ports and passes changed rows to `onRows`. Errors: `transport/beacon-ports-in-use`,
 * `transport/cannot-listen`.
 */
export async function startPassiveDiscovery(
  args: Pick<DiscoveryArgs, 'bind' | 'beaconPorts' | 'intervalMs' | 'ownId' | 'ownBootId'>,
  onRows: OnRows,
  log: NodeOptions['log'] = () => undefined,
): Promise<Result<PassiveDiscovery, NodeError>> {
  const placement = { kind: 'inline' } as const;
  const discovery = address<DiscoveryProtocol>('discovery');
  const started = await startSupervisor({
    ...branch('root', 'one-for-one', [
      child(reader, { args: { onRows }, links: {}, placement }),
      child(inertBroadcast, { args: {}, links: {}, placement }),
      child(discoveryActor, {
        args: { ...args, onlinePeersFile: null, isInvisible: true },
        links: {
          node: address<DiscoveryReports>('node'),
          broadcast: address<BroadcastProtocol>('broadcast'),
        },
        placement,
      }),
    ]),
    log,
  });
  return started
    .map((tree) => ({
      report: async () => (await tree.ref(discovery).call('report', {})).unwrapOr(nothingHeard),
      close: () => tree.stop(),
    }))
    .mapErr(causeOf);
}
