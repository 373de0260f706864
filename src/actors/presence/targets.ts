/**
 * The addresses that beacons are sent to. Pure: interfaces are an argument. Homes on one machine are reached by the
 * broadcast address of loopback, 127.255.255.255, which reaches every socket on a port; 127.0.0.1 reaches one of
 * them. IPv6 has no broadcast: there beacons go to a link-local group, one datagram for each interface.
 */
import {
  broadcastAddressOf,
  isLoopback,
  isUnspecified,
  isV6,
  plainAddress,
  zoneOf,
  type InterfaceAddress,
} from '../../wire/address-space.js';
import { beaconSocket } from './limits.js';

/**
 * Returns the ports for a goodbye: Peer_Discovery of cmp2204 reports each datagram on its own port as a peer that came
 * online.
 */
export const goodbyePorts = (ports: readonly number[]): readonly number[] =>
  ports.filter((port) => port !== beaconSocket.announcementPort);

/** Returns the ports for an announcement to one host. The port of the oldest dialect is used only if it is the only one. */
export function queryPorts(ports: readonly number[]): readonly number[] {
  const own = goodbyePorts(ports);
  return own.length === 0 ? ports : own;
}

/**
 * Returns the ports for the socket that sends beacons; empty: any port. A node with other beacon ports than the
 * default ones takes any port, since its user keeps it apart from other nodes.
 */
export const replyPortsFor = (beaconPorts: readonly number[]): readonly number[] =>
  beaconPorts.some((port) => beaconSocket.portsDefault.some((usual) => usual === port))
    ? beaconSocket.replyPorts
    : [];

/** An address that beacons are sent to. */
export interface BeaconTarget {
  readonly address: string;
  /** Our address as seen from there, for programs of the oldest dialect. */
  readonly ownAddress: string;
}

/** The broadcast address of loopback. */
export const loopbackBroadcast = '127.255.255.255';
const loopbackHost = '127.0.0.1';

/** Returns the targets. `requested`: addresses of the user, which replace the default. */
export function beaconTargets(
  bind: string,
  requested: readonly string[] | null,
  interfaces: readonly InterfaceAddress[],
): readonly BeaconTarget[] {
  // Each socket reaches the addresses of its own family.
  const named = requested?.filter((each) => isV6(each) === isV6(bind)) ?? null;
  if (isV6(bind)) return named?.map(v6Target) ?? groupTargets(bind, interfaces);
  const targets = named
    ? named.flatMap((each) => namedTarget(each, bind, interfaces))
    : [...ownMachine(bind), ...broadcastTargets(bind, interfaces)];
  const seen = new Set<string>();
  return targets.filter(({ address }) => !seen.has(address) && seen.add(address));
}

/**
 * Returns the addresses beside `bind` to bind to, since a socket that is bound to one address receives no broadcast.
 */
export function broadcastBinds(bind: string, interfaces: readonly InterfaceAddress[]): readonly string[] {
  if (isUnspecified(bind)) return [];
  if (isLoopback(bind)) return [loopbackBroadcast];
  return interfaces.filter((own) => own.address === bind).flatMap((own) => broadcastAddressOf(own) ?? []);
}

/** The link-local group of Parlance: a transient address, whose last 64 bits spell the name in ASCII. */
export const beaconGroup = 'ff12::5061:726c:616e:6365';

/** Returns the zones of the interfaces that a socket bound to the IPv6 address `bind` can send to groups on. */
export function groupZones(bind: string, interfaces: readonly InterfaceAddress[]): readonly string[] {
  const own = interfaces.filter(
    ({ address, internal, zone = '' }) =>
      isV6(address) &&
      !internal &&
      (isUnspecified(bind) || (address === plainAddress(bind) && ['', zone].includes(zoneOf(bind)))),
  );
  return [...new Set(own.flatMap(({ zone }) => zone ?? []))];
}

/** Returns the group on each interface. Loopback has no groups: of several homes there, one hears it and answers all. */
function groupTargets(bind: string, interfaces: readonly InterfaceAddress[]): readonly BeaconTarget[] {
  if (isLoopback(bind)) return [v6Target(bind)];
  return groupZones(bind, interfaces).map((zone) => v6Target(`${beaconGroup}%${zone}`));
}

/** Makes an IPv6 target. The oldest dialect has no IPv6, so such a beacon names no address. */
const v6Target = (address: string): BeaconTarget => ({ address, ownAddress: '' });

/** Whether a datagram to this address reaches more than one host. */
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
    // A socket that is bound to one address cannot reach the networks of the others.
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
