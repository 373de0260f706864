/**
 * The book of peers: pinned contacts, announced presence and live sessions, and the one row that users see for each
 * identity. Pure; `People` owns one.
 */
import type { PeerId } from '../../ids.js';
import { beacon } from '../../wire/limits.js';
import { formatAddress, parseAddress, type Address } from '../../wire/address.js';
import { addressBehind, clipBytes, type NamedPeer, parseForeignPeerId } from './name.js';
import { isProvable } from './capabilities.js';
import type { Contact } from './contact.js';
import type { PeerEvent, PeerState } from '../events.js';
import { isNativeId, tagCharsAmong, tagOf } from './identity.js';
import { Namesakes } from './namesakes.js';
import { LeftNames, statusFields, SessionStatuses, type ProvedHost, type Presence } from './presence.js';
import { UnreadCounts } from './unread.js';

/** The maps of the book. */
export interface PeerBook {
  readonly contacts: Map<PeerId, Contact>;
  readonly presence: Map<PeerId, Presence>;
  /** Peers with a live session, and the address at its other end. */
  readonly live: Map<PeerId, Address>;
  readonly unread: UnreadCounts;
  /** Time of the last sign of life of each peer in this run (wall clock, ms). */
  readonly seen: Map<PeerId, number>;
  /** Peers of which two copies answered. */
  readonly copied: Set<PeerId>;
  readonly left: LeftNames;
  readonly statuses: SessionStatuses;
  /** Names of all peers and of this home. */
  readonly names: Namesakes;
}

/** Makes an empty book. */
export const emptyPeerBook = (): PeerBook => ({
  contacts: new Map(),
  presence: new Map(),
  live: new Map(),
  left: new LeftNames(),
  statuses: new SessionStatuses(),
  seen: new Map(),
  copied: new Set(),
  unread: new UnreadCounts(),
  names: new Namesakes(),
});

/** Everybody in the book. */
const idsOf = (book: PeerBook): readonly PeerId[] => [
  ...new Set([
    ...book.presence.keys(),
    ...book.live.keys(),
    ...book.contacts.keys(),
    ...book.unread.all().map(({ peerId }) => peerId),
  ]),
];

/** Returns one row per identity: announced, connected, or a contact. */
export const peerRows = (book: PeerBook, ownId: PeerId): readonly PeerEvent[] =>
  idsOf(book)
    .filter((id) => !isHidden(book, id))
    .map((id) => peerRow(book, id, ownId));

/** A contact that the user forgot is shown while it is here. */
const isHidden = (book: PeerBook, peerId: PeerId): boolean =>
  book.contacts.get(peerId)?.standing === 'released' &&
  !book.presence.has(peerId) &&
  !book.live.has(peerId) &&
  book.unread.of(peerId) === 0;

/** Returns the name of a peer with its tag. */
export const labelOf = (book: PeerBook, peerId: PeerId): string =>
  `${nameOf(book, peerId)}#${tagAmongAll(book, peerId)}`;

/** Returns all peers with their names, for resolving a PEER word. A peer that left is still found by its name. */
export function namedPeers(book: PeerBook): readonly NamedPeer[] {
  return [...new Set([...idsOf(book), ...book.left.ids()])].map((peerId) => {
    const label = book.left.get(peerId);
    const formerNames = formerNamesOf(book, peerId);
    const name = nameOf(book, peerId);
    return { peerId, name, formerNames: label === undefined ? formerNames : [label, ...formerNames] };
  });
}

/** Returns the name that a peer gave itself; its tag where it gave none. */
export function nameOf(book: PeerBook, peerId: PeerId): string {
  const label = book.left.get(peerId);
  if (label !== undefined) return `${label} (left)`;
  return saidNameOf(book, peerId) || namelessNameOf(peerId);
}

/** Returns the name under which a peer is shown that gave itself none. */
function namelessNameOf(peerId: PeerId): string {
  const address = addressBehind(peerId);
  if (address !== null) return formatAddress(address);
  return isNativeId(peerId) ? tagOf(peerId) : peerId;
}

/**
 * Returns the newest name that a peer gave itself; empty where it gave none. A beacon holds only the beginning of a
 * long name.
 */
export function saidNameOf(book: PeerBook, peerId: PeerId): string {
  const heard = book.presence.get(peerId)?.name ?? '';
  const kept = book.contacts.get(peerId)?.name ?? shownNameOf(book, peerId);
  const isCut = heard !== kept && clipBytes(kept, beacon.nameBytesMax).trim() === heard;
  return isCut || heard === '' ? kept : heard;
}

/** Returns the name that a peer gave itself by its newest unread message; empty where it gave none. */
function shownNameOf(book: PeerBook, peerId: PeerId): string {
  const name = book.unread.nameOf(peerId);
  return name === namelessNameOf(peerId) ? '' : name;
}

/** Whether the user has blocked this peer. */
export const isBlocked = (book: PeerBook, peerId: PeerId): boolean =>
  book.contacts.get(peerId)?.blocked === true;

/** Returns the names that a peer bore before the present one, newest first. */
export function formerNamesOf(book: PeerBook, peerId: PeerId): readonly string[] {
  const name = nameOf(book, peerId);
  return book.names.namesOf(peerId).filter((each) => each !== name);
}

/** Returns the tag of a peer, which is longer where another identity bears or bore its name. */
export function tagAmongAll(book: PeerBook, peerId: PeerId): string {
  const others = book.names.of(peerId);
  return tagOf(peerId, others.length === 0 ? undefined : tagCharsAmong(peerId, others));
}

/** Returns the row of one peer. */
export function peerRow(book: PeerBook, peerId: PeerId, ownId: PeerId): PeerEvent {
  const contact = book.contacts.get(peerId);
  const presence = book.presence.get(peerId);
  const foreign = parseForeignPeerId(peerId);
  // The last address of a peer that is gone is shown, and not dialled.
  const { host, port } =
    shownAddress(book, peerId) ?? foreign ?? presence?.addresses[0] ?? addressBehind(peerId) ?? nowhere;
  const name = nameOf(book, peerId);
  const lastSeenMs = book.seen.get(peerId) ?? Math.max(presence?.lastSeenMs ?? 0, contact?.lastSeenMs ?? 0);
  const formerNames = formerNamesOf(book, peerId);
  const copies = 'two copies run: a message reaches only the one that was heard last';
  const warning = warningOf(book, peerId, ownId) ?? (book.copied.has(peerId) ? copies : null);
  const state = stateOf(book, peerId);
  const hasStatus = state !== 'offline' && foreign === null;
  return {
    type: 'peer',
    state,
    name,
    id: peerId,
    tag: tagAmongAll(book, peerId),
    address: host,
    port,
    dialect: foreign?.dialect ?? 'native',
    verified: contact?.trust === 'verified',
    lastSeen: new Date(lastSeenMs).toISOString(),
    unread: book.unread.of(peerId),
    ...(hasStatus ? statusFields(book.statuses.of(peerId, presence, book.live.has(peerId))) : {}),
    ...(contact?.blocked === true ? { blocked: true } : {}),
    ...choicesOf(book, contact),
    ...(book.names.of(peerId).length > 0 ? { shared: true } : {}),
    ...(formerNames.length > 0 ? { formerNames } : {}),
    ...(warning === null ? {} : { warning }),
  };
}

/** Returns the warning that the name of a peer is taken for that of a contact, or for our own; null: it is not. */
function warningOf(book: PeerBook, peerId: PeerId, ownId: PeerId): string | null {
  const contact = book.contacts.get(peerId);
  const alike = book.names.alike(nameOf(book, peerId));
  for (const other of alike) {
    const known = book.contacts.get(other);
    if (other === peerId || known === undefined || !isKnownBefore(known, contact)) continue;
    return `looks like ${known.name}#${tagAmongAll(book, other)}, whom you know`;
  }
  if (!alike.includes(ownId) || contact?.trust === 'verified') return null;
  return `looks like you, ${book.names.namesOf(ownId)[0] ?? ''}#${tagAmongAll(book, ownId)}`;
}

/** The choices of the user that a row shows, and whether the messages of the peer are a request. */
function choicesOf(
  { unread }: PeerBook,
  contact: Contact | undefined,
): Pick<PeerEvent, 'alias' | 'muted' | 'request'> {
  if (contact === undefined) return {};
  const { peerId, alias, muted } = contact;
  return {
    ...(alias === '' ? {} : { alias }),
    ...(muted ? { muted } : {}),
    ...(isUndecided(contact) && !contact.blocked && unread.bytesOf(peerId) > 0 ? { request: true } : {}),
  };
}

/** Whether the user decided nothing about a pinned peer. */
export const isUndecided = ({ standing, trust }: Contact): boolean =>
  standing === 'open' && trust !== 'verified';

const nowhere: Address = { host: '', port: 0 };

/**
 * Whether the name of `other` is protected from `contact`: `other` was pinned earlier, or is verified, while
 * `contact` is not verified. A stranger that called us last has no claim to a name.
 */
function isKnownBefore(other: Contact, contact: Contact | undefined): boolean {
  if (contact === undefined || other.trust === 'verified') return contact?.trust !== 'verified';
  return contact.trust !== 'verified' && other.firstSeenMs < contact.firstSeenMs;
}

/**
 * Returns the presence of a peer. A live session proves it best. A blocked peer is offline, since nothing reaches it.
 */
export function stateOf(book: PeerBook, peerId: PeerId): PeerState {
  if (isBlocked(book, peerId)) return 'offline';
  return book.live.has(peerId) ? 'online' : (book.presence.get(peerId)?.state ?? 'offline');
}

/**
 * Returns the addresses to dial, best first: the connected one, the one proved last, then announced ones. Only a
 * handshake proves a host. The peer signs its port, so a beacon from a proved host replaces the old port.
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

/** Returns the addresses that a handshake proved: the connected one, then the last one. */
export function provedAddresses(book: PeerBook, peerId: PeerId): readonly Address[] {
  const live = book.live.get(peerId);
  const last = parseAddress(book.contacts.get(peerId)?.address ?? '');
  return [...(live === undefined ? [] : [live]), ...(last === null ? [] : [last])];
}

/** Returns the announced addresses, which are unproved. */
export function heardAddresses(book: PeerBook, peerId: PeerId): readonly Address[] {
  const presence = book.presence.get(peerId);
  return presence !== undefined && presence.state !== 'offline' ? presence.addresses : [];
}

/** Returns the address that users see: the connected one, else the announced one. */
const shownAddress = (book: PeerBook, peerId: PeerId): Address | undefined =>
  book.live.get(peerId) ?? heardAddresses(book, peerId)[0] ?? addressesOf(book, peerId)[0];

const sameAddress = (one: Address, other: Address): boolean =>
  one.host === other.host && one.port === other.port;

/** Returns the hosts where a handshake proved a trusted contact. Announced addresses and unprovable ids do not count. */
export function provedHosts(book: PeerBook, trusted: ReadonlySet<PeerId>): readonly ProvedHost[] {
  const welcome = [...trusted].filter((peerId) => isProvable(peerId) && !isBlocked(book, peerId));
  return welcome.flatMap((peerId) => {
    const hosts = new Set(provedAddresses(book, peerId).map(({ host }) => host));
    return [...hosts].map((host) => ({ peerId, host }));
  });
}

/** Returns the connected peer at an address, or null. */
export function peerAt(book: PeerBook, isHere: (address: Address) => boolean): PeerId | null {
  for (const [peerId, address] of book.live) if (isHere(address)) return peerId;
  return null;
}
