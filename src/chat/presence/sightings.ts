/**
 * Sightings: the rows of discovery as the core uses them, a row for users and a hint for routes and delivery. A hint
 * is never trusted: only a handshake proves an address. Pure.
 */
import type { PeerId } from '../../ids.js';
import type { People, PeopleTurn } from '../people/people.js';
import type { Presence } from '../people/presence.js';

/** A hint that a peer is, or is not, on the network. */
export interface Sighting {
  readonly peerId: PeerId;
  /** Whether it is online and not blocked. */
  readonly isReachable: boolean;
  readonly bootIdHex: string;
  /** Serial of the certificate that the beacon names; 0: none. */
  readonly certificateSerial: number;
}

/** Publishes rows of discovery, and returns a hint for each. */
export function sightingsOf(
  people: People,
  rows: readonly Presence[],
  turn: PeopleTurn,
): readonly Sighting[] {
  return rows.map((row): Sighting => {
    const { peerId, state, bootIdHex, certificateSerial = 0 } = row;
    people.heard(row, 'announced', turn);
    const isReachable = state === 'online' && !people.isBlocked(peerId);
    return { peerId, isReachable, bootIdHex, certificateSerial };
  });
}
