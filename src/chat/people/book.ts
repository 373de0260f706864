/**
 * The book of peers: what is pinned (contacts), what is heard (presence) and what is connected (live sessions), and
 * the one row that people see for each identity. Pure; the node owns one.
 */
import type { PeerId } from '../../ids.js';
import { beacon } from '../../wire/limits.js';
import { parseAddress, type Address } from '../../wire/address.js';
import type { Contact } from './contact.js';
import type { PeerEvent, PeerState } from '../events.js';
import { isNativeId, tagOf } from './identity.js';
import { clipBytes, parseForeignPeerId, skeletonOf, type NamedPeer } from './name.js';
import type { Presence } from './presence.js';

export interface PeerBook {
  readonly contacts: Map<PeerId, Contact>;
  readonly presence: Map<PeerId, Presence>;
  /** Peers with a live session, and the address at its other end. */
  readonly live: Map<PeerId, Address>;
}

export const emptyPeerBook = (): PeerBook => ({ contacts: new Map(), presence: new Map(), live: new Map() });

/** One row per identity: everybody heard of or connected, and every contact. */
export function peerRows(book: PeerBook): readonly PeerEvent[] {
  const byLook = new Map<string, Contact[]>();
  for (const contact of book.contacts.values()) {
    const alike = byLook.get(lookOf(contact));
    if (alike === undefined) byLook.set(lookOf(contact), [contact]);
    else alike.push(contact);
  }
  const ids = new Set([...book.presence.keys(), ...book.live.keys(), ...book.contacts.keys()]);
  return [...ids].map((id) => rowOf(book, id, byLook.get(skeletonOf(nameOf(book, id))) ?? []));
}

/** Everybody in the book by name, for finding whom a word means. */
export function namedPeers(book: PeerBook): readonly NamedPeer[] {
  const ids = new Set([...book.presence.keys(), ...book.live.keys(), ...book.contacts.keys()]);
  return [...ids].map((peerId) => ({ peerId, name: nameOf(book, peerId) }));
}

/** What a peer calls itself; its tag where it has not said. */
export function nameOf(book: PeerBook, peerId: PeerId): string {
  const name = saidNameOf(book, peerId);
  return name === '' ? (isNativeId(peerId) ? tagOf(peerId) : peerId) : name;
}

/** The newest name a peer gave itself; empty where it has not said. A beacon holds only the beginning of a long one. */
export function saidNameOf(book: PeerBook, peerId: PeerId): string {
  const heard = book.presence.get(peerId)?.name ?? '';
  const kept = book.contacts.get(peerId)?.name ?? '';
  const isCut = heard !== kept && clipBytes(kept, beacon.nameBytesMax).trim() === heard;
  return isCut || heard === '' ? kept : heard;
}

/** The user wants nothing from or to this peer. */
export const isBlocked = (book: PeerBook, peerId: PeerId): boolean =>
  book.contacts.get(peerId)?.blocked === true;

export function peerRow(book: PeerBook, peerId: PeerId): PeerEvent {
  const look = skeletonOf(nameOf(book, peerId));
  const alike = [...book.contacts.values()].filter((contact) => lookOf(contact) === look);
  return rowOf(book, peerId, alike);
}

function rowOf(book: PeerBook, peerId: PeerId, alike: readonly Contact[]): PeerEvent {
  const contact = book.contacts.get(peerId);
  const presence = book.presence.get(peerId);
  const foreign = parseForeignPeerId(peerId);
  // Where it was last is shown of one who has gone, and not dialled.
  const { host, port } = shownAddress(book, peerId) ?? foreign ?? presence?.addresses[0] ?? nowhere;
  const name = nameOf(book, peerId);
  const lastSeenMs = Math.max(presence?.lastSeenMs ?? 0, contact?.lastSeenMs ?? 0);
  const twin = alike.find((other) => other.peerId !== peerId && isKnownBefore(other, contact));
  return {
    type: 'peer',
    state: stateOf(book, peerId),
    name,
    id: peerId,
    tag: tagOf(peerId),
    address: host,
    port,
    dialect: foreign?.dialect ?? 'native',
    verified: contact?.trust === 'verified',
    lastSeen: new Date(lastSeenMs).toISOString(),
    ...(contact?.blocked === true ? { blocked: true } : {}),
    ...(twin === undefined
      ? {}
      : { warning: `looks like ${twin.name}#${tagOf(twin.peerId)}, whom you know` }),
  };
}

/** Whom to forget first: none of our friends, nor whoever is verified, blocked or connected. `null`: nobody else is known. */
export function longestUnseenStranger(book: PeerBook, friends: ReadonlySet<PeerId>): PeerId | null {
  let oldest: Contact | null = null;
  for (const contact of book.contacts.values()) {
    if (contact.blocked || contact.trust === 'verified' || friends.has(contact.peerId)) continue;
    if (book.live.has(contact.peerId)) continue;
    if (oldest === null || contact.lastSeenMs < oldest.lastSeenMs) oldest = contact;
  }
  return oldest?.peerId ?? null;
}

const nowhere: Address = { host: '', port: 0 };

/**
 * To call us does not make a stranger known: only who was pinned before it, or is verified, has a name to defend; and
 * who is verified itself needs no warning.
 */
function isKnownBefore(other: Contact, contact: Contact | undefined): boolean {
  if (contact === undefined || other.trust === 'verified') return contact?.trust !== 'verified';
  return contact.trust !== 'verified' && other.firstSeenMs < contact.firstSeenMs;
}

/** What the name of a contact looks like; worked out once, since everybody's name is compared with everybody's. */
function lookOf(contact: Contact): string {
  const known = looks.get(contact) ?? skeletonOf(contact.name);
  looks.set(contact, known);
  return known;
}
const looks = new WeakMap<Contact, string>();

/** A live session is the best proof of presence there is. Who is blocked is never there: nothing reaches it. */
export function stateOf(book: PeerBook, peerId: PeerId): PeerState {
  if (isBlocked(book, peerId)) return 'offline';
  return book.live.has(peerId) ? 'online' : (book.presence.get(peerId)?.state ?? 'offline');
}

/**
 * Where to dial a peer, best first: where it is connected, where it was last proved to be, where it is heard. Only a
 * handshake proves a host. The peer signs its port, so a beacon from a proved host tells more than the port of old.
 */
export function addressesOf(book: PeerBook, peerId: PeerId): readonly Address[] {
  const heard = heardAddresses(book, peerId);
  const proved = provedAddresses(book, peerId).flatMap((address) => [
    ...heard.filter(({ host }) => host === address.host),
    address,
  ]);
  const all = [...proved, ...heard];
  return all.filter((one, at) => all.findIndex((other) => sameAddress(one, other)) === at);
}

/** Where a handshake proved the peer: where it is connected, then where it was last. */
export function provedAddresses(book: PeerBook, peerId: PeerId): readonly Address[] {
  const live = book.live.get(peerId);
  const last = parseAddress(book.contacts.get(peerId)?.address ?? '');
  return [...(live === undefined ? [] : [live]), ...(last === null ? [] : [last])];
}

/** Where the peer says it is, while it says so. Nothing proves it. */
function heardAddresses(book: PeerBook, peerId: PeerId): readonly Address[] {
  const presence = book.presence.get(peerId);
  return presence !== undefined && presence.state !== 'offline' ? presence.addresses : [];
}

/** Where a user is told that the peer is: where it is connected, else where it is heard now. */
const shownAddress = (book: PeerBook, peerId: PeerId): Address | undefined =>
  book.live.get(peerId) ?? heardAddresses(book, peerId)[0] ?? addressesOf(book, peerId)[0];

const sameAddress = (one: Address, other: Address): boolean =>
  one.host === other.host && one.port === other.port;
