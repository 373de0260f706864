/** The announcements that a node sends to and hears from its network, gathered from its actors. */
import { ResultAsync } from 'neverthrow';
import { bindsOf } from '../actors/interfaces.js';
import type { NodeProtocol } from '../actors/node/protocol.js';
import { beaconSocket } from '../actors/presence/limits.js';
import { nothingHeard } from '../chat/presence/heard-log.js';
import type { BroadcastProtocol, DiscoveryProtocol } from '../actors/presence/protocol.js';
import type { NetworkInfo } from '../chat/contract.js';
import { heardPeerOf } from '../chat/doctor/heard.js';
import type { RuntimeError } from '../runtime/errors.js';
import type { Ref } from '../runtime/actor.js';
import type { NodeOptions } from './handle.js';
import { node as limits } from './limits.js';

/** The actors that are asked. */
interface Asked {
  readonly node: Ref<NodeProtocol>;
  readonly discovery: Ref<DiscoveryProtocol>;
  readonly broadcast: Ref<BroadcastProtocol>;
}

/** Asks the actors. An actor that starts again at this moment reports nothing. */
export function networkInfo(
  options: NodeOptions,
  { node, discovery, broadcast }: Asked,
): ResultAsync<NetworkInfo, RuntimeError> {
  const { bind = limits.bind, beaconPorts = beaconSocket.portsDefault, port: wanted = limits.port } = options;
  const others = ResultAsync.fromSafePromise(
    Promise.all([discovery.call('report', {}), broadcast.call('sent', {})]),
  );
  return node.call('self', {}).andThen(({ port }) =>
    others.map(([reported, sent]): NetworkInfo => {
      const { own, peers, offLinkCount } = reported.unwrapOr(nothingHeard);
      const { targets, replyPorts } = sent.unwrapOr({ targets: [], replyPorts: [] });
      return {
        binds: bindsOf(bind),
        tcpPort: port,
        tcpPortWanted: wanted === 0 ? port : wanted,
        beaconIntervalMs: options.beaconIntervalMs ?? limits.beaconIntervalMs,
        beaconPorts: [...beaconPorts],
        replyPorts: [...replyPorts],
        sent: targets.map((target) => ({ ...target })),
        own: own.map(({ address, via, atMs }) => ({ address, via, lastHeard: new Date(atMs).toISOString() })),
        heard: peers.map(heardPeerOf),
        offLinkCount,
      };
    }),
  );
}
