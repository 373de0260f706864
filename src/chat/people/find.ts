/**
 * The peer that a word means: a name, a tag, an id, a place in the list or an address. Pure: reads the book of peers,
 * changes nothing and dials nobody.
 */
import { err, ok, type Result } from 'neverthrow';
import { unreachable } from '../../exhaustive.js';
import type { ChatError } from '../errors.js';
import type { PeerId } from '../../ids.js';
import type { Address } from '../../wire/address.js';
import {
  formerNamesOf,
  isBlocked,
  labelOf,
  namedPeers,
  nameOf,
  peerRow,
  stateOf,
  type PeerBook,
} from './book.js';
import { isProvable } from './capabilities.js';
import { claimantOf, holdersOf, isHolder, type Claims } from './claims.js';
import { bearersOf, foldCase, resolvePeer, tagIn, type NamedPeer } from './name.js';

/** The data that a search reads. */
export interface Directory extends Claims {
  readonly ownId: PeerId;
}

/**
 * Resolves a word to an identity, or to an address to dial. Errors: `chat/unknown-peer`; `chat/ambiguous-peer` (more
 * than one peer has that name); `chat/key-changed` (a stranger has the name of a contact that is away);
 * `chat/own-name` (the word names this home).
 */
export function meantBy(directory: Directory, word: string): Result<PeerId | Address, ChatError> {
  const aliased = aliasedPeer(directory, word);
  if (aliased !== null) return aliased;
  const target = resolvePeer(word, nameable(directory, word));
  if (target.isErr()) {
    const isUnknown = target.error.code === 'chat/unknown-peer';
    if (isUnknown && isOwnName(directory, word)) return err({ code: 'chat/own-name', peer: word });
    return ownerOfName(directory, word, target.error);
  }
  switch (target.value.type) {
    case 'peer':
      if (target.value.peerId === directory.ownId) return err({ code: 'chat/own-name', peer: word });
      return formerOwner(directory, ownerOfSpelling(directory, target.value.peerId, word), word).andThen(
        (peerId) => guardName(directory, peerId, word),
      );
    case 'address':
      return ok({ host: target.value.host, port: target.value.port });
    case 'foreign':
      // Its transcript may be read, and it may be blocked, whether its dialect is switched on or not.
      return ok(target.value.peerId);
    default:
      return unreachable(target.value);
  }
}

/** Returns the peer that the user gave this name. Null: there is none. Errors: `chat/ambiguous-peer`. */
function aliasedPeer({ book }: Directory, word: string): Result<PeerId, ChatError> | null {
  const alias = foldCase(word.trim());
  const bearers = [...book.contacts.values()].filter(
    (contact) => contact.alias !== '' && foldCase(contact.alias) === alias,
  );
  const [bearer, second] = bearers;
  if (bearer === undefined) return null;
  if (second === undefined) return ok(bearer.peerId);
  return err({
    code: 'chat/ambiguous-peer',
    peer: word,
    candidates: bearers.map(({ peerId }) => labelOf(book, peerId)),
  });
}

/** Returns the peers that a word may name: a bare name leads past peers without a claim to it, where others bear it. */
function nameable({ book }: Directory, word: string): readonly NamedPeer[] {
  const peers = namedPeers(book);
  const name = foldCase(word.trim());
  const hasClaim = ({ peerId }: NamedPeer): boolean => {
    const standing = book.contacts.get(peerId)?.standing;
    return standing !== 'released' && standing !== 'rejected';
  };
  const bearers = peers.filter((peer) => foldCase(peer.name) === name);
  return bearers.some(hasClaim) ? peers.filter((peer) => !bearers.includes(peer) || hasClaim(peer)) : peers;
}

/** Resolves a word to a known peer; an address means the peer that was last there. Errors: those of `meantBy`. */
export function knownPeer(directory: Directory, word: string): Result<PeerId, ChatError> {
  const { book } = directory;
  const unknown = err<PeerId, ChatError>({ code: 'chat/unknown-peer', peer: word });
  return meantBy(directory, word).andThen((meant) => {
    if (typeof meant === 'string') {
      // An id that is an address names its peer by itself.
      const isKnown = !isProvable(meant) || namedPeers(book).some(({ peerId }) => peerId === meant);
      return isKnown ? ok(meant) : unknown;
    }
    const there = namedPeers(book).filter(({ peerId }) => {
      const { dialect, address, port } = peerRow(book, peerId, directory.ownId);
      return dialect === 'native' && address === meant.host && port === meant.port;
    });
    const found = there.find(({ peerId }) => stateOf(book, peerId) === 'online') ?? there[0];
    return found === undefined ? unknown : ok(found.peerId);
  });
}

/**
 * Checks the peer that answered at a typed address: it must not replace the contact that is pinned there. Errors:
 * `chat/key-changed`.
 */
export function sameAsBefore(directory: Directory, found: PeerId, typed: string): Result<PeerId, ChatError> {
  const { book, trusted } = directory;
  if (trusted.has(found)) return ok(found);
  for (const peerId of trusted) {
    const contact = book.contacts.get(peerId);
    if (contact?.address === typed && !contact.blocked) return keyChanged(directory, peerId, found);
  }
  return ok(found);
}

/**
 * Resolves a bare name of several peers to a holder of it. Keys that the user accepted under one name are keys of one
 * person: a verified one counts before the others, then the only one that is online, and while none is online the one
 * that was heard last. While the holder is away or blocked and another peer is here under its name, the name is
 * refused, and the user decides by the tag.
 */
function ownerOfName(directory: Directory, word: string, error: ChatError): Result<PeerId, ChatError> {
  const { book } = directory;
  // A tag that fits several keys distinguishes none of them.
  if (error.code !== 'chat/ambiguous-peer' || tagIn(word) !== null) return err(error);
  const bearers = bearersOf(word, namedPeers(book)).map(({ peerId }) => peerId);
  const welcome = bearers.filter((peerId) => !isBlocked(book, peerId));
  const owners = welcome.filter((peerId) => isHolder(directory, peerId));
  if (owners.length === 0) return strangerOfName(directory, word, bearers, error);
  const verified = owners.filter((peerId) => book.contacts.get(peerId)?.trust === 'verified');
  const best = verified.length > 0 ? verified : owners;
  const online = best.filter((peerId) => stateOf(book, peerId) === 'online');
  if (online.length > 1) return err(error);
  const byTime = best.toSorted((one, other) => seenMs(book, other) - seenMs(book, one));
  const [owner] = online.length === 1 ? online : byTime;
  return owner === undefined ? err(error) : guardName(directory, owner, word);
}

/** Resolves a name without a holder to its only bearer; the name of a blocked holder leads to none. */
function strangerOfName(
  directory: Directory,
  word: string,
  bearers: readonly PeerId[],
  error: ChatError,
): Result<PeerId, ChatError> {
  const { book } = directory;
  const blocked = bearers.find((peerId) => isBlocked(book, peerId) && isHolder(directory, peerId));
  const [stranger, another] = bearers.filter((peerId) => !isBlocked(book, peerId));
  if (stranger === undefined) return err(error);
  if (blocked !== undefined) return keyChanged(directory, blocked, stranger);
  return another === undefined ? guardName(directory, stranger, word) : err(error);
}

const seenMs = (book: PeerBook, peerId: PeerId): number =>
  book.seen.get(peerId) ?? book.contacts.get(peerId)?.lastSeenMs ?? 0;

/**
 * Returns the contact whose name differs from the word in case only: a stranger named `bob` does not take over the
 * name of Bob.
 */
function ownerOfSpelling({ book, trusted }: Directory, found: PeerId, word: string): PeerId {
  const name = foldCase(word.trim());
  if (trusted.has(found) || foldCase(nameOf(book, found)) !== name) return found;
  const owners = [...trusted].filter(
    (peerId) => isProvable(peerId) && !isBlocked(book, peerId) && foldCase(nameOf(book, peerId)) === name,
  );
  const [owner, second] = owners;
  return owner === undefined || second !== undefined ? found : owner;
}

/**
 * Refuses a bare name that a contact bore and a stranger bears now: the user decides. Errors: `chat/ambiguous-peer`.
 */
function formerOwner({ book, trusted }: Directory, found: PeerId, word: string): Result<PeerId, ChatError> {
  if (trusted.has(found) || tagIn(word) !== null) return ok(found);
  const name = foldCase(word.trim());
  const owner = book.names
    .of(found)
    .find(
      (peerId) =>
        trusted.has(peerId) &&
        !isBlocked(book, peerId) &&
        formerNamesOf(book, peerId).some((former) => foldCase(former) === name),
    );
  if (owner === undefined || foldCase(nameOf(book, found)) !== name) return ok(found);
  const candidates = [owner, found].map((peerId) => labelOf(book, peerId));
  return err({ code: 'chat/ambiguous-peer', peer: word, candidates });
}

/** Whether a word names this home itself. */
function isOwnName({ book, ownId }: Directory, word: string): boolean {
  const [name = ''] = book.names.namesOf(ownId);
  return name !== '' && bearersOf(word, [{ peerId: ownId, name }]).length > 0;
}

function guardName(directory: Directory, peerId: PeerId, word: string): Result<PeerId, ChatError> {
  const { book } = directory;
  const peer = { peerId, name: nameOf(book, peerId) };
  if (foldCase(word.trim()) !== foldCase(peer.name)) return ok(peerId);
  if (!isHolder(directory, peerId)) {
    const blocked = holdersOf(directory, peer).find((holder) => isBlocked(book, holder.peerId));
    if (blocked !== undefined && !isBlocked(book, peerId))
      return keyChanged(directory, blocked.peerId, peerId);
  }
  if (stateOf(book, peerId) === 'online') return ok(peerId);
  const claimant = claimantOf(directory, peer);
  return claimant === null ? ok(peerId) : keyChanged(directory, peerId, claimant.peerId);
}

const keyChanged = ({ book }: Directory, holder: PeerId, claimant: PeerId): Result<never, ChatError> =>
  err({ code: 'chat/key-changed', peer: labelOf(book, holder), claimant: labelOf(book, claimant) });

/**
 * Resolves a word for a decision about a key. A bare name means the one peer about which nothing is decided; where the
 * name belongs to another key, the word must hold the tag. Errors: those of `meantBy`.
 */
export function undecidedPeer(directory: Directory, word: string): Result<PeerId, ChatError> {
  const { book } = directory;
  const name = foldCase(word.trim());
  const bearers = namedPeers(book).filter((peer) => foldCase(peer.name) === name);
  const open = bearers.filter(
    ({ peerId }) => !isHolder(directory, peerId) && book.contacts.get(peerId)?.standing !== 'released',
  );
  const [first, second] = open;
  if (first === undefined) return knownPeer(directory, word);
  const [holder] = bearers.filter(({ peerId }) => isHolder(directory, peerId));
  if (holder !== undefined) return keyChanged(directory, holder.peerId, first.peerId);
  if (second === undefined) return ok(first.peerId);
  return err({
    code: 'chat/ambiguous-peer',
    peer: word,
    candidates: open.map(({ peerId }) => labelOf(book, peerId)),
  });
}
