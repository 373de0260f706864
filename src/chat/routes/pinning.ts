/** Pinning: the contact that a finished handshake proves. Pure. */
import type { PeerId } from '../../ids.js';
import type { PeerProof } from '../../session/contract.js';
import { formatAddress, type Address } from '../../wire/address.js';
import { toHex } from '../../wire/bytes.js';
import { choiceOf, noChoice, type Contact } from '../people/contact.js';
import type { People } from '../people/people.js';
import type { LiveSession } from './live-session.js';

/** Makes the contact to pin. Trust, block and the first announced identity of an earlier contact stay. */
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
    ...(before === undefined ? noChoice : choiceOf(before)),
    ...(people.isTrusted(peerId) ? { standing: 'accepted' } : {}),
  };
}

/** The first announcement of a next identity stays: a thief of the present key could announce another one. */
const pinnedNext = (before: Contact | undefined, { nextHex }: PeerProof): string =>
  before === undefined || before.nextHex === '' ? (nextHex ?? '') : before.nextHex;

/** Whether the peer announces a next identity that differs from the pinned one. */
export const isNextChanged = (before: Contact | undefined, { nextHex }: PeerProof): boolean =>
  before !== undefined && before.nextHex !== '' && nextHex !== null && nextHex !== before.nextHex;

/**
 * Returns the address to dial. A caller announces its port in its beacons; the port that it calls from cannot be
 * dialled.
 */
export function addressAtOtherEnd(people: People, live: LiveSession, peerId: PeerId): Address {
  if (live.direction === 'out') return live.address;
  return people.addresses(peerId).find(({ host }) => host === live.address.host) ?? live.address;
}

/**
 * Returns the proved address: the session proves the host, a signed beacon from there the port. Null: no such beacon
 * was heard.
 */
function provedAddress(people: People, live: LiveSession, peerId: PeerId): string | null {
  const address = addressAtOtherEnd(people, live, peerId);
  return live.direction === 'in' && address === live.address ? null : formatAddress(address);
}
