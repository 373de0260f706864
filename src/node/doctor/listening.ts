/**
 * Listens to announcements for the doctor while no node runs: discovery alone, under an identity of this moment, so
 * that the home is not touched. It announces nothing and answers nobody.
 */
import { randomBytes } from 'node:crypto';
import { ok } from 'neverthrow';
import { discoveryActor } from '../../actors/presence/discovery.js';
import type {
  BroadcastProtocol,
  DiscoveryProtocol,
  DiscoveryReports,
} from '../../actors/presence/protocol.js';
import { peerIdOf } from '../../chat/people/identity.js';
import type { HeardReport } from '../../chat/presence/heard-log.js';
import { actor, address, child, next } from '../../runtime/actor.js';
import { startSupervisor } from '../../runtime/tree/supervisor.js';
import { silentBroadcast } from '../silent.js';
import { branch } from '../tree.js';

const nobody = actor<Record<never, never>, null, DiscoveryReports>({
  name: 'node',
  restart: 'permanent',
  init: () => ok(null),
  receive: {
    hearing: (state) => next(state),
    seen: (state) => next(state),
    twin: (state) => next(state),
    presence: (state) => next(state),
  },
});

/** A listener of the doctor. */
export interface Ear {
  readonly report: () => Promise<HeardReport>;
  readonly close: () => Promise<void>;
}

const nothing: HeardReport = { own: [], peers: [], offLinkCount: 0 };
const deaf: Ear = { report: async () => nothing, close: async () => undefined };

/** Listens on the beacon ports. Where none can be bound it hears nothing, which other checks tell. */
export async function listenFor(
  bind: string,
  beaconPorts: readonly number[],
  intervalMs: number,
): Promise<Ear> {
  const inline = { kind: 'inline' } as const;
  const discovery = address<DiscoveryProtocol>('discovery');
  const started = await startSupervisor({
    ...branch('root', 'one-for-one', [
      child(nobody, { args: {}, links: {}, placement: inline }),
      child(silentBroadcast, { args: {}, links: {}, placement: inline }),
      child(discoveryActor, {
        args: {
          bind,
          beaconPorts,
          intervalMs,
          ownId: peerIdOf(new Uint8Array(randomBytes(32))),
          ownBootId: new Uint8Array(randomBytes(8)),
          onlinePeersFile: null,
          isPassive: true,
        },
        links: {
          node: address<DiscoveryReports>('node'),
          broadcast: address<BroadcastProtocol>('broadcast'),
        },
        placement: inline,
      }),
    ]),
    log: () => undefined,
  });
  if (started.isErr()) return deaf;
  const tree = started.value;
  return {
    report: async () => (await tree.ref(discovery).call('report', {})).unwrapOr(nothing),
    close: () => tree.stop(),
  };
}
