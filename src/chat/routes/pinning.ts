/** What a finished handshake proves about a peer, as the contact that is pinned. Pure. */
import type { PeerId } from '../../ids.js';
import type { PeerProof } from '../../session/contract.js';
import { formatAddress, type Address } from '../../wire/address.js';
import { toHex } from '../../wire/bytes.js';
import type { Contact } from '../people/contact.js';
import type { People } from '../people/people.js';
import type { LiveSession } from './live-session.js';

export function contactOf(
  people: People,
  live: LiveSession,
  peer: PeerProof,
  peerId: PeerId,
  wallMs: number,
): Contact {
  const before = people.contact(peerId);
  return {
    peerId,
    name: people.saidName(peerId),
    idKeyHex: toHex(peer.idKey),
    trust: before?.trust ?? 'pinned',
    blocked: before?.blocked ?? false,
    certificateSerial: Math.max(before?.certificateSerial ?? 0, peer.certificateSerial),
    wireVersion: Math.max(before?.wireVersion ?? 0, ...peer.wireVersions),
    features: peer.features,
    nextHex: pinnedNext(before, peer),
    address: provedAddress(people, live, peerId) ?? before?.address ?? '',
    firstSeenMs: before?.firstSeenMs ?? wallMs,
    lastSeenMs: wallMs,
  };
}

/** The first announcement of a next identity stays: a thief of the present key could announce another one. */
const pinnedNext = (before: Contact | undefined, { nextHex }: PeerProof): string =>
  before === undefined || before.nextHex === '' ? (nextHex ?? '') : before.nextHex;

/** The peer announces another next identity than the one that is pinned. */
export const isNextChanged = (before: Contact | undefined, { nextHex }: PeerProof): boolean =>
  before !== undefined && before.nextHex !== '' && nextHex !== null && nextHex !== before.nextHex;

/** A caller tells its port in its beacons only; the port that it calls from is of no use for dialling. */
export function addressAtOtherEnd(people: People, live: LiveSession, peerId: PeerId): Address {
  if (live.direction === 'out') return live.address;
  return people.addresses(peerId).find(({ host }) => host === live.address.host) ?? live.address;
}

/** The host is proved by the session, the port by a signed beacon from there; null where no such beacon was heard. */
function provedAddress(people: People, live: LiveSession, peerId: PeerId): string | null {
  const address = addressAtOtherEnd(people, live, peerId);
  return live.direction === 'in' && address === live.address ? null : formatAddress(address);
}
