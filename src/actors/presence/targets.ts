/**
 * Where beacons go. Pure: interfaces are an argument. Loopback is reached by its broadcast address, 127.255.255.255:
 * a datagram to 127.0.0.1 reaches one of the sockets on a port, a broadcast reaches all, so all homes of a machine.
 */
import {
  broadcastAddressOf,
  isLoopback,
  isUnspecified,
  type InterfaceAddress,
} from '../../wire/address-space.js';

export interface BeaconTarget {
  readonly address: string;
  /** The address of ours that is reached from there; for readers of the oldest dialect. */
  readonly ownAddress: string;
}

export const loopbackBroadcast = '127.255.255.255';
const loopbackHost = '127.0.0.1';

/** `requested`: addresses the user gave, which then replace the default. */
export function beaconTargets(
  bind: string,
  requested: readonly string[] | null,
  interfaces: readonly InterfaceAddress[],
): readonly BeaconTarget[] {
  const targets = requested
    ? requested.flatMap((each) => namedTarget(each, bind, interfaces))
    : [...ownMachine(bind), ...broadcastTargets(bind, interfaces)];
  const seen = new Set<string>();
  return targets.filter(({ address }) => !seen.has(address) && seen.add(address));
}

/** Addresses beside `bind` on which broadcasts are heard: a socket bound to one address hears no broadcast. */
export function broadcastBinds(bind: string, interfaces: readonly InterfaceAddress[]): readonly string[] {
  if (isUnspecified(bind)) return [];
  if (isLoopback(bind)) return [loopbackBroadcast];
  return interfaces.filter((own) => own.address === bind).flatMap((own) => broadcastAddressOf(own) ?? []);
}

/** Does a datagram to this address reach more than one host? */
export function isBroadcast(address: string, interfaces: readonly InterfaceAddress[]): boolean {
  if (address === '255.255.255.255' || address === loopbackBroadcast) return true;
  return interfaces.some((own) => broadcastAddressOf(own) === address);
}

function namedTarget(
  named: string,
  bind: string,
  interfaces: readonly InterfaceAddress[],
): readonly BeaconTarget[] {
  const address = named === 'localhost' ? loopbackHost : named;
  if (!isLoopback(address)) return [{ address, ownAddress: ownAddressFor(address, bind, interfaces) }];
  return [...ownMachine(bind), { address, ownAddress: loopbackOwn(bind) }];
}

const loopbackOwn = (bind: string): string => (isUnspecified(bind) ? loopbackHost : bind);

const ownMachine = (bind: string): readonly BeaconTarget[] =>
  [loopbackBroadcast, loopbackHost].map((address) => ({ address, ownAddress: loopbackOwn(bind) }));

function broadcastTargets(bind: string, interfaces: readonly InterfaceAddress[]): readonly BeaconTarget[] {
  return interfaces.flatMap((own) => {
    // From a socket bound to one address the networks of the others are out of reach.
    if (own.internal || (!isUnspecified(bind) && own.address !== bind)) return [];
    const address = broadcastAddressOf(own);
    return address === null ? [] : [{ address, ownAddress: own.address }];
  });
}

function ownAddressFor(address: string, bind: string, interfaces: readonly InterfaceAddress[]): string {
  if (!isUnspecified(bind)) return bind;
  const outer = interfaces.filter((own) => own.family === 'IPv4' && !own.internal);
  return (outer.find((own) => broadcastAddressOf(own) === address) ?? outer[0])?.address ?? loopbackHost;
}
