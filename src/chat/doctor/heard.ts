/** Entries of the log of what was heard, in the forms of the local API and of the doctor. Pure. */
import type { NetworkInfo } from '../contract.js';
import type { PeerHeard } from '../presence/heard-log.js';
import type { InterfaceAddress } from '../../wire/address-space.js';
import { broadcastAddressOf, interfaceOf, isLoopback, isV6, zoneOf } from '../../wire/address-space.js';
import type { Echo, Heard } from './observations.js';

/** One entry as the local API gives it. */
export const heardPeerOf = ({ peerId, atMs, ...rest }: PeerHeard): NetworkInfo['heard'][number] => ({
  id: peerId,
  name: rest.name,
  address: rest.address,
  via: rest.via,
  lastHeard: new Date(atMs).toISOString(),
  clockMs: rest.clockMs,
  isReply: rest.isReply,
});

/** One entry as the doctor judges it. */
export const heardOf = ({ lastHeard, ...entry }: NetworkInfo['heard'][number], wallMs: number): Heard => ({
  ...entry,
  ageMs: Math.max(0, wallMs - Date.parse(lastHeard)),
});

/** Returns the ways by which the last announcement of a node should have come back to it. */
export function echoesOf(
  { sent, own }: Pick<NetworkInfo, 'sent' | 'own'>,
  interfaces: readonly InterfaceAddress[],
): readonly Echo[] {
  const targets = new Map<string, string | null>();
  // One port that is refused counts for the address.
  for (const { address, problem } of sent) targets.set(address, targets.get(address) ?? problem);
  return [...targets].flatMap(([target, sendProblem]) => {
    const way = wayOf(target, interfaces);
    if (way === null) return [];
    const { kind, interfaceName } = way;
    const isHeard = own.some(({ address, via }) =>
      kind === 'loopback' ? isLoopback(address) : via === interfaceName && isV6(address) === isV6(target),
    );
    return [{ kind, interfaceName, target, sendProblem, isHeard }];
  });
}

/** Returns the way of a datagram to this address; null: it does not come back to its sender. */
export function wayOf(
  target: string,
  interfaces: readonly InterfaceAddress[],
): Pick<Echo, 'kind' | 'interfaceName'> | null {
  // Of several homes on this machine one alone hears what goes to 127.0.0.1.
  if (target === '127.255.255.255') return { kind: 'loopback', interfaceName: 'lo' };
  if (isV6(target)) {
    const zone = zoneOf(target);
    return /^ff/i.test(target) && zone !== '' ? { kind: 'multicast', interfaceName: zone } : null;
  }
  const own = interfaces.find((each) => broadcastAddressOf(each) === target);
  if (own === undefined) return null;
  return { kind: 'broadcast', interfaceName: own.zone ?? interfaceOf(own.address, interfaces) };
}
