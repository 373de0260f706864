/**
 * Announcements on the network, as the core takes them: rows for users, and hints for routes and delivery.
 *
 *   discovery ─► sightings ─► people        a reachable peer ─► routes (addresses, instances) ─► delivery (present)
 */
import { unreachable } from '../exhaustive.js';
import { addressedId } from './people/name.js';
import type { CoreTurn, Parts } from './parts.js';
import type { Input } from './effects.js';
import { sightingsOf } from './presence/sightings.js';
import type { RouteReport } from './routes/route.js';

/** A report of discovery. */
export type Announcement = Extract<Input, { type: 'discoveryStarted' | 'twin' | 'presence' | 'seen' }>;

/** Takes a report of discovery. */
export function announced(parts: Parts, input: Announcement, turn: CoreTurn): readonly RouteReport[] {
  const { people, delivery } = parts;
  switch (input.type) {
    case 'discoveryStarted': {
      people.announceContacts(turn);
      parts.native.known.discoveryStarted(turn);
      delivery.announceAwaited(turn);
      const rows = people.announcedRows();
      if (rows.length > 0) turn.emit({ to: 'presence', say: 'recall', rows });
      return [];
    }
    case 'twin': {
      const message = `another node with this home's key runs at ${input.address}; a home must not be copied`;
      turn.emit({ to: 'feed', event: { type: 'error', code: 'node/twin', message } });
      return [];
    }
    case 'presence':
      return sighted(parts, input.rows, turn);
    case 'seen':
      for (const { peerId, lastSeenMs } of input.peers) people.seen(peerId, lastSeenMs, turn);
      return [];
    default:
      return unreachable(input);
  }
}

function sighted(
  { own, people, native, delivery }: Parts,
  rows: Extract<Input, { type: 'presence' }>['rows'],
  turn: CoreTurn,
): readonly RouteReport[] {
  const others = rows.filter(({ peerId }) => peerId !== own.peerId);
  return sightingsOf(people, others, turn).flatMap((sighting): readonly RouteReport[] => {
    const { peerId, isReachable, bootIdHex, certificateSerial } = sighting;
    native.keys.announced(peerId, certificateSerial);
    if (!isReachable) return [];
    native.heard(peerId, turn);
    native.instanceSeen(peerId, bootIdHex, delivery.hasWork(peerId), turn);
    const awaited = people.heardAddresses(peerId).map(addressedId);
    return [peerId, ...awaited].flatMap((each) => (each === null ? [] : [{ type: 'present', peerId: each }]));
  });
}
