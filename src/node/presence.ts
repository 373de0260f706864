/** The branch of presence in the tree of a node: discovery, which hears beacons, and broadcast, which sends them. */
import type { BroadcastArgs } from '../actors/presence/broadcast.js';
import { broadcastActor } from '../actors/presence/broadcast.js';
import { discoveryActor, type DiscoveryArgs } from '../actors/presence/discovery.js';
import { beaconSocket, mdns } from '../actors/presence/limits.js';
import type { BroadcastProtocol, DiscoveryProtocol } from '../actors/presence/protocol.js';
import { replyPortsFor } from '../actors/presence/targets.js';
import type { NodeProtocol } from '../actors/node/protocol.js';
import type { Vault } from '../chat/people/vault.js';
import { child, type Address, type Placement } from '../runtime/actor.js';
import type { SupervisorSpec } from '../runtime/tree/spec.js';
import type { NodeOptions } from './handle.js';
import { node as limits } from './limits.js';
import { branch } from './tree.js';

/** The parts that presence needs. */
export interface PresenceParts {
  readonly options: NodeOptions;
  readonly identity: Vault;
  readonly onlinePeersFile: string | null;
  readonly place: (worker: 'discovery' | 'broadcast') => Placement;
  readonly node: Address<NodeProtocol>;
  readonly discovery: Address<DiscoveryProtocol>;
  readonly broadcast: Address<BroadcastProtocol>;
}

/** Returns the branch. It starts last: this node is announced once it can answer. */
export function presenceBranch(parts: PresenceParts): SupervisorSpec {
  const { options, identity, onlinePeersFile, place, node, discovery, broadcast } = parts;
  const { bind = limits.bind, beaconPorts = beaconSocket.portsDefault, broadcast: targets = null } = options;
  const intervalMs = options.beaconIntervalMs ?? limits.beaconIntervalMs;
  const { idKey, peerId, local } = identity;
  const { bootId, wireVersions } = local;
  const discoveryArgs: DiscoveryArgs = {
    bind,
    beaconPorts,
    intervalMs,
    ownId: peerId,
    ownBootId: bootId,
    onlinePeersFile,
  };
  const broadcastArgs: BroadcastArgs = {
    bind,
    targets,
    beaconPorts,
    replyPorts: replyPortsFor(beaconPorts),
    intervalMs,
    idKey,
    bootId,
    instance: bootId,
    wireVersions,
    mdnsPort: (options.mdns ?? targets === null) ? mdns.port : null,
  };
  return branch('presence', 'rest-for-one', [
    child(discoveryActor, { args: discoveryArgs, links: { node, broadcast }, placement: place('discovery') }),
    child(broadcastActor, { args: broadcastArgs, links: { node, discovery }, placement: place('broadcast') }),
  ]);
}
