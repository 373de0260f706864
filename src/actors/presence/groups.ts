/** The sockets that hear beacons, and their memberships in the link-local group of IPv6. */
import type { Socket } from 'node:dgram';
import { isLoopback, isUnspecified, isV6, type InterfaceAddress } from '../../wire/address-space.js';
import { beaconGroup, groupZones } from './targets.js';

/** A socket that hears beacons. */
export interface BeaconReceiver {
  readonly socket: Socket;
  readonly bind: string;
  /** Zones on which the socket is in the group. */
  readonly joined: Set<string>;
}

/** Makes an receiver of a bound socket. */
export const receiverOf = (socket: Socket, bind: string): BeaconReceiver => ({
  socket,
  bind,
  joined: new Set(),
});

/** Returns the addresses beside `bind` to bind to: a socket that is bound to one address gets nothing for the group. */
export const groupBinds = (bind: string, interfaces: readonly InterfaceAddress[]): readonly string[] =>
  !isV6(bind) || isUnspecified(bind) || isLoopback(bind)
    ? []
    : groupZones(bind, interfaces).map((zone) => `${beaconGroup}%${zone}`);

/** Joins the group on interfaces that are new, and forgets those that are gone. */
export function joinGroups(
  receivers: readonly BeaconReceiver[],
  interfaces: readonly InterfaceAddress[],
): void {
  for (const { socket, bind, joined } of receivers) {
    if (!isV6(bind) || isLoopback(bind)) continue;
    const zones = groupZones(bind, interfaces);
    for (const zone of joined) if (!zones.includes(zone)) joined.delete(zone);
    for (const zone of zones) {
      if (joined.has(zone)) continue;
      try {
        socket.addMembership(beaconGroup, `::%${zone}`);
        joined.add(zone);
      } catch {
        // The interface is not ready, or went away in this moment: the next round tries again.
      }
    }
  }
}
