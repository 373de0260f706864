/**
 * Claims to names: which contact a name belongs to, and which key takes a name that is not its own. A key is the
 * identity; a name is worth only what the user knows of the key behind it. Pure.
 */
import type { PeerId } from '../../ids.js';
import { isBlocked, namedPeers, nameOf, stateOf, type PeerBook } from './book.js';
import { isProvable } from './capabilities.js';
import { foldCase, type NamedPeer } from './name.js';

/** The data that claims are read from. */
export interface Claims {
  readonly book: PeerBook;
  readonly trusted: ReadonlySet<PeerId>;
}

/**
 * Whether the name of a peer is its own. A blocked peer that the user had to do with keeps its name, so that blocking a
 * key hands the name to no other key.
 */
export function isHolder({ book, trusted }: Claims, peerId: PeerId): boolean {
  const contact = book.contacts.get(peerId);
  if (contact?.standing === 'released' || contact?.standing === 'rejected') return false;
  if (trusted.has(peerId)) return true;
  return contact?.blocked === true && book.unread.bytesOf(peerId) > 0;
}

/** Native peers of the same name, without the peer itself. */
const namesakesOf = (book: PeerBook, { peerId, name }: NamedPeer): readonly NamedPeer[] =>
  namedPeers(book).filter(
    (other) => other.peerId !== peerId && isProvable(other.peerId) && foldCase(other.name) === foldCase(name),
  );

/** Returns the holders of the name of a peer, without the peer itself. Reads contacts alone: strangers hold no name. */
export function holdersOf(claims: Claims, peer: NamedPeer): readonly NamedPeer[] {
  const { book, trusted } = claims;
  const blocked = [...book.contacts.values()].filter((contact) => contact.blocked);
  const candidates = new Set([...trusted, ...blocked.map(({ peerId }) => peerId)]);
  const name = foldCase(peer.name);
  return [...candidates].flatMap((peerId) => {
    const holder = { peerId, name: nameOf(book, peerId) };
    const isOther = peerId !== peer.peerId && isProvable(peerId) && foldCase(holder.name) === name;
    return isOther && isHolder(claims, peerId) ? [holder] : [];
  });
}

/**
 * Returns the holder whose name a peer bears while the holder is away: the peer is a new device of the holder, or poses
 * as the holder. Null: the peer claims nothing.
 */
export function claimedFrom(claims: Claims, peerId: PeerId): NamedPeer | null {
  const { book } = claims;
  if (!isProvable(peerId) || isHolder(claims, peerId) || isBlocked(book, peerId)) return null;
  if (stateOf(book, peerId) === 'offline') return null;
  const holders = holdersOf(claims, { peerId, name: nameOf(book, peerId) });
  const isAway = holders.every((holder) => stateOf(book, holder.peerId) === 'offline');
  return isAway ? (holders[0] ?? null) : null;
}

/** Returns a peer that is here under the name of a holder that is away. */
export const claimantOf = ({ book }: Claims, holder: NamedPeer): NamedPeer | null =>
  namesakesOf(book, holder).find(({ peerId }) => stateOf(book, peerId) === 'online') ?? null;

/** Returns the peers that claim the name of a holder since it went away: a new device is often seen before. */
export const claimantsOf = (claims: Claims, peerId: PeerId): readonly PeerId[] =>
  stateOf(claims.book, peerId) === 'offline' && isHolder(claims, peerId)
    ? namesakesOf(claims.book, { peerId, name: nameOf(claims.book, peerId) }).map((each) => each.peerId)
    : [];
