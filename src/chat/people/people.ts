/**
 * The node's knowledge of peers: pinned contacts, presence, live connections, and trusted contacts. This part alone
 * owns it; the other parts of the core report to it and ask it.
 *
 *   presence, routes, foreign ─► People ─► rows for readers of events, contacts for the history
 */
import type { Result } from 'neverthrow';
import type { ChatError } from '../errors.js';
import type { PeerId } from '../../ids.js';
import { formatAddress, type Address } from '../../wire/address.js';
import type { PeerEvent, PeerState } from '../events.js';
import type { ProvedHost, Presence, Source } from './presence.js';
import type { Status } from '../../wire/status.js';
import { logLine, type Turn } from '../turn.js';
import {
  addressesOf,
  emptyPeerBook,
  heardAddresses,
  isBlocked,
  isUndecided,
  peerAt,
  provedHosts,
  nameOf,
  peerRow,
  peerRows,
  saidNameOf,
  stateOf,
  type PeerBook,
} from './book.js';
import { addressBehind, sanitiseName } from './name.js';
import { changedKeyWarning, isWarned } from './changed-key.js';
import { claimantsOf, holdersOf } from './claims.js';
import { chosen, isDeclined, namesOf, withFormerNames, type ChoiceChange, type Contact } from './contact.js';
import type { ContactAsk, PeopleEffect } from './effects.js';
import { knownPeer, meantBy, sameAsBefore, undecidedPeer } from './find.js';
import { AbsentAddresses } from './absent.js';
import { contacts as limits, seen } from './limits.js';
import * as strangers from './strangers.js';
import { nothingUnread, type Arrival, type Counted, type UnreadCounts, type Unread } from './unread.js';

/** A turn of this part. */
export type PeopleTurn = Turn<PeopleEffect>;

/** The knowledge of peers. */
export class People {
  readonly #ownId: PeerId;
  readonly #book: PeerBook = emptyPeerBook();
  /** Contacts that the user wrote to or verified: they may use the reserved slot, and their names are protected. */
  readonly #trusted = new Set<PeerId>();
  /** The source of each row of presence. */
  readonly #sources = new Map<PeerId, Source>();
  /** The row last published of each peer, without its time. */
  readonly #published = new Map<PeerId, string>();
  readonly #absent = new AbsentAddresses();

  constructor(ownId: PeerId, ownName = '') {
    this.#ownId = ownId;
    this.#book.names.set(ownId, [ownName]);
  }

  /** Restores stored contacts. Emits nothing. */
  restore(contacts: readonly Contact[], writtenTo: readonly PeerId[], unread: Unread = nothingUnread): void {
    this.#book.unread.restore(unread.marks, unread.countedSeq);
    for (const contact of contacts) {
      this.#book.contacts.set(contact.peerId, contact);
      this.#book.names.set(contact.peerId, namesOf(contact));
      if (contact.trust === 'verified' || contact.standing === 'accepted') this.#trusted.add(contact.peerId);
    }
    for (const peerId of writtenTo)
      if (!isDeclined(this.contact(peerId)) && addressBehind(peerId) === null) this.#trusted.add(peerId);
  }

  // Questions of the other parts.

  name = (peerId: PeerId): string => nameOf(this.#book, peerId);
  /** Returns the newest name that the peer gave itself; empty where it gave none. */
  saidName = (peerId: PeerId): string => saidNameOf(this.#book, peerId);
  contact = (peerId: PeerId): Contact | undefined => this.#book.contacts.get(peerId);
  presence = (peerId: PeerId): Presence | undefined => this.#book.presence.get(peerId);
  isBlocked = (peerId: PeerId): boolean => isBlocked(this.#book, peerId);
  isTrusted = (peerId: PeerId): boolean => this.#trusted.has(peerId);
  isVerified = (peerId: PeerId): boolean => this.contact(peerId)?.trust === 'verified';
  isLive = (peerId: PeerId): boolean => this.#book.live.has(peerId);
  /** Whether the presence of the peer comes from announcements, so that a silent connection does not count. */
  isAnnounced = (peerId: PeerId): boolean => this.#sources.get(peerId) === 'announced';
  state = (peerId: PeerId): PeerState => stateOf(this.#book, peerId);
  /** Returns the addresses to dial, best first. */
  addresses = (peerId: PeerId): readonly Address[] =>
    addressesOf(this.#book, peerId).filter((address) => !this.#absent.isOff(peerId, address));
  /** Returns the addresses that the peer announces, best first. */
  heardAddresses = (peerId: PeerId): readonly Address[] =>
    heardAddresses(this.#book, peerId).filter((address) => !this.#absent.isOff(peerId, address));
  row = (peerId: PeerId): PeerEvent => peerRow(this.#book, peerId, this.#ownId);
  rows = (): readonly PeerEvent[] => peerRows(this.#book, this.#ownId);
  trusted = (): ReadonlySet<PeerId> => this.#trusted;

  /** Conversations with unread messages; a blocked peer has none. */
  unread = (): readonly Counted[] => this.#book.unread.all().filter(({ peerId }) => !this.isBlocked(peerId));

  /** Returns the rows that discovery announced, for a discovery that starts again with an empty roster. */
  announcedRows = (): readonly Presence[] =>
    this.presenceRows().filter(({ peerId }) => this.isAnnounced(peerId));
  presenceRows = (): readonly Presence[] => [...this.#book.presence.values()];

  /** Returns the connected peer at an address, or null. */
  peerAt = (isHere: (address: Address) => boolean): PeerId | null => peerAt(this.#book, isHere);

  /**
   * Resolves a word to an identity, or to an address to dial. Errors: `chat/unknown-peer`, `chat/ambiguous-peer`,
   * `chat/key-changed`.
   */
  meantBy = (word: string): Result<PeerId | Address, ChatError> => meantBy(this.#directory(), word);

  /** Resolves a word to a known peer; an address means the peer that was last there. Errors: those of `meantBy`. */
  known = (word: string): Result<PeerId, ChatError> => knownPeer(this.#directory(), word);
  /** Resolves a word for a decision about a key. Errors: those of `meantBy`. */
  undecided = (word: string): Result<PeerId, ChatError> => undecidedPeer(this.#directory(), word);

  /** Returns the holders of the peer's name, without the peer itself. */
  holders = (peerId: PeerId): readonly PeerId[] =>
    holdersOf(this.#directory(), { peerId, name: this.name(peerId) }).map((holder) => holder.peerId);

  contacts = (): readonly Contact[] => [...this.#book.contacts.values()];

  /** Checks the peer that answered at a typed address. Errors: `chat/key-changed`. */
  sameAsBefore = (found: PeerId, typed: string): Result<PeerId, ChatError> =>
    sameAsBefore(this.#directory(), found, typed);

  /** Takes a row of presence. An offline row is published once and forgotten. */
  heard(row: Presence, source: Source, turn: PeopleTurn): void {
    if (row.peerId === this.#ownId) return;
    this.#book.presence.set(row.peerId, this.#book.left.returned(row));
    this.#absent.announced(row, turn.now.monotonicMs);
    this.seen(row.peerId, row.lastSeenMs, turn);
    if (row.state !== 'online') this.#keepSeen(row.peerId, seen.keepStepMs, turn);
    this.#sources.set(row.peerId, source);
    this.#namesChanged(row.peerId, turn);
    if (row.state === 'offline') this.gone(row.peerId, turn);
    else this.publish(row.peerId, turn);
  }

  /** Publishes the end of a peer's presence once, then forgets the row. */
  gone(peerId: PeerId, turn: PeopleTurn): void {
    const last = this.#book.presence.get(peerId);
    if (last !== undefined) this.#book.presence.set(peerId, { ...last, state: 'offline' });
    this.publish(peerId, turn);
    this.#book.presence.delete(peerId);
    this.#book.copied.delete(peerId);
    // A peer with unread messages is still listed, with its last sign of life.
    if (this.contact(peerId) === undefined && this.#book.unread.of(peerId) === 0)
      this.#book.seen.delete(peerId);
    this.#sources.delete(peerId);
    this.#namesChanged(peerId, turn);
    this.#warnOf(claimantsOf(this.#directory(), peerId), turn);
  }

  /** Takes a sign of life: an announcement, or bytes on a session. An older one than the last changes nothing. */
  seen(peerId: PeerId, wallMs: number, turn: PeopleTurn): void {
    const isKnown = this.#book.presence.has(peerId) || this.#book.contacts.has(peerId);
    if (!isKnown || wallMs <= (this.#book.seen.get(peerId) ?? 0)) return;
    this.#book.seen.set(peerId, wallMs);
    this.#keepSeen(peerId, seen.keepEveryMs, turn);
  }

  /** Writes the last signs of life of trusted contacts, before the node ends. */
  keepSeen(turn: PeopleTurn): void {
    for (const peerId of this.#trusted) this.#keepSeen(peerId, seen.keepStepMs, turn);
  }

  /**
   * Another key was proved at an address of the peer, so the peer is not there. The address is forgotten until the peer
   * announces itself from there. Returns how often an announcement from there was refuted, this time included.
   */
  notAt(peerId: PeerId, address: Address, turn: PeopleTurn): number {
    const contact = this.contact(peerId);
    if (contact?.address === formatAddress(address)) this.#put({ ...contact, address: '' }, turn);
    const heard = this.#book.presence.get(peerId);
    return this.#absent.refute(peerId, address, heard, turn.now.monotonicMs);
  }

  connected(peerId: PeerId, address: Address): void {
    this.#absent.proved(peerId, address);
    this.#book.live.set(peerId, address);
  }

  /** Two copies of the peer answered; its row says so until it is gone. */
  copied(peerId: PeerId, turn: PeopleTurn): void {
    this.#book.copied.add(peerId);
    this.publish(peerId, turn);
  }

  disconnected(peerId: PeerId, turn: PeopleTurn): void {
    this.#book.live.delete(peerId);
    this.#keepSeen(peerId, seen.keepStepMs, turn);
    this.#warnOf(claimantsOf(this.#directory(), peerId), turn);
  }

  /** Pins a contact, or updates it. A full book forgets the stranger that was unseen for longest. */
  pin(contact: Contact, turn: PeopleTurn): void {
    const isNew = !this.#book.contacts.has(contact.peerId);
    if (isNew && strangers.isFull(this.#directory())) this.#forgetStranger(turn);
    this.#put(contact, turn);
  }

  /** Takes the new name of a peer. A name without a visible character is ignored. */
  renamed(peerId: PeerId, raw: string, turn: PeopleTurn): void {
    const name = sanitiseName(raw);
    const contact = this.contact(peerId);
    if (name.isErr() || contact === undefined || contact.name === name.value) return;
    this.#put({ ...contact, name: name.value }, turn);
    this.publish(peerId, turn);
  }

  /** The peer sent its status over a session. */
  statusHeard(peerId: PeerId, status: Status, turn: PeopleTurn): void {
    this.#book.statuses.note(peerId, status, this.isLive);
    this.publish(peerId, turn);
  }

  /** Publishes the row of a peer where more than its last sign of life and its unread messages has changed. */
  publish(peerId: PeerId, turn: PeopleTurn): void {
    const row = this.row(peerId);
    const published = JSON.stringify({ ...row, lastSeen: '', unread: 0 });
    if (this.#published.get(peerId) === published) return;
    // Forget strangers that are gone, or forged names would fill the memory.
    if (row.state === 'offline' && this.contact(peerId) === undefined) this.#published.delete(peerId);
    else this.#published.set(peerId, published);
    turn.emit({ to: 'feed', event: row });
    this.#warnOf([peerId], turn);
  }

  #warnOf(peerIds: readonly PeerId[], turn: PeopleTurn): void {
    for (const peerId of peerIds) {
      const warning = changedKeyWarning(this.#directory(), peerId, turn.now.wallMs);
      if (warning !== null && this.warnOnce(peerId, turn)) turn.emit({ to: 'feed', event: warning });
    }
  }

  /** Keeps the name of a foreign peer that said goodbye. */
  left = (peerId: PeerId, name: string): void => this.#book.left.note(peerId, name, this.contact(peerId));
  /** Forgets the published row of a peer that is not kept otherwise. */
  forget = (peerId: PeerId): void => void this.#published.delete(peerId);

  /** A message of the peer is stored. */
  arrived(arrival: Arrival, turn: PeopleTurn): void {
    const isFirst = this.#book.unread.bytesOf(arrival.peerId) === 0;
    this.#book.unread.arrived(arrival);
    const contact = this.contact(arrival.peerId);
    if (!isFirst || contact === undefined || !isUndecided(contact)) return;
    // Its first message makes a request of a stranger, which is worth a row on disk.
    this.#put(contact, turn);
    this.publish(contact.peerId, turn);
  }

  isOverQuota = (peerId: PeerId, bytes: number): boolean =>
    strangers.isOverQuota(this.#directory(), peerId, bytes);

  /** Forgets strangers that are gone for long, and those beyond the bound. */
  age(turn: PeopleTurn): void {
    for (const peerId of strangers.expiredStrangers(this.#directory(), turn.now.wallMs))
      this.#drop(peerId, turn);
    while (
      strangers.strangersOf(this.#directory()).length > limits.strangersMax &&
      this.#forgetStranger(turn)
    );
  }

  /** The user read messages of the peer. Its row is published where the number of unread ones changed. */
  read(peerId: PeerId, mark: Parameters<UnreadCounts['marked']>[1], turn: PeopleTurn): void {
    if (this.#book.unread.marked(peerId, mark)) turn.emit({ to: 'feed', event: this.row(peerId) });
  }

  /**
   * Trusts a peer: it may use the reserved slot, and its name is protected. Returns false where it was trusted
   * before.
   */
  trust(peerId: PeerId, turn: PeopleTurn): boolean {
    if (this.#trusted.has(peerId) || addressBehind(peerId) !== null) return false;
    this.#trusted.add(peerId);
    const contact = this.contact(peerId);
    if (contact !== undefined && contact.standing !== 'accepted')
      this.#put({ ...contact, standing: 'accepted' }, turn);
    this.announceContacts(turn);
    return true;
  }

  /** Changes choices of the user. */
  choose(peerId: PeerId, choice: ChoiceChange, turn: PeopleTurn): void {
    this.#put(chosen(this.contact(peerId) ?? this.#onlyHeardOf(peerId), choice), turn);
    this.publish(peerId, turn);
  }

  /** Takes the claim to its name from a contact, and its trust. The key stays pinned. */
  release(peerId: PeerId, turn: PeopleTurn): void {
    const contact = this.contact(peerId);
    this.#trusted.delete(peerId);
    if (contact !== undefined) this.#put({ ...contact, trust: 'pinned', standing: 'released' }, turn);
    this.announceContacts(turn);
  }

  /** Forgets a contact with its key and the choices of the user. */
  forgetContact(peerId: PeerId, turn: PeopleTurn): void {
    const contact = this.contact(peerId);
    this.#trusted.delete(peerId);
    this.#published.delete(peerId);
    // The row stays without its content: messages to the peer would make it trusted again.
    const bare = { ...this.#onlyHeardOf(peerId), name: contact?.name ?? this.name(peerId) };
    this.#put({ ...bare, standing: 'released' }, turn);
    this.announceContacts(turn);
  }

  verify(peerId: PeerId, turn: PeopleTurn): void {
    const contact = this.contact(peerId);
    if (contact === undefined) return;
    this.#put({ ...contact, trust: 'verified', standing: 'accepted' }, turn);
    this.publish(peerId, turn);
  }

  /** Blocks or unblocks a peer. Returns false where nothing changes. */
  setBlocked(peerId: PeerId, blocked: boolean, turn: PeopleTurn): boolean {
    const before = this.contact(peerId) ?? this.#onlyHeardOf(peerId);
    if (before.blocked === blocked) return false;
    this.#put({ ...before, blocked, ...(before.standing === 'rejected' ? { standing: 'open' } : {}) }, turn);
    this.publish(peerId, turn);
    return true;
  }

  announceContacts = (turn: PeopleTurn): void =>
    turn.emit({ to: 'presence', say: 'contacts', peerIds: [...this.#trusted] });

  /** Returns the places where a handshake proved a trusted contact: its hosts may use the reserved slot. */
  provedHosts = (): readonly ProvedHost[] => provedHosts(this.#book, this.#trusted);

  #keepSeen(peerId: PeerId, stepMs: number, turn: PeopleTurn): void {
    const contact = this.contact(peerId);
    const lastSeenMs = this.#book.seen.get(peerId);
    if (contact === undefined || lastSeenMs === undefined) return;
    if (Math.abs(lastSeenMs - contact.lastSeenMs) >= stepMs) this.#put({ ...contact, lastSeenMs }, turn);
  }

  /** Notes that the user is warned of the key of a peer. False: the user was warned within a day. */
  warnOnce(peerId: PeerId, turn: PeopleTurn): boolean {
    const contact = this.contact(peerId) ?? this.#onlyHeardOf(peerId);
    if (isWarned(contact, turn.now.wallMs)) return false;
    this.#put({ ...contact, warnedAtMs: turn.now.wallMs }, turn);
    return true;
  }

  #put(given: Contact, turn: PeopleTurn): void {
    const contact = withFormerNames(given, this.contact(given.peerId));
    this.#book.contacts.set(contact.peerId, contact);
    this.#namesChanged(contact.peerId, turn);
    if (strangers.isKept(this.#directory(), contact)) this.#ask({ type: 'put-contact', contact }, turn);
  }

  /** This home has another name. */
  calledSelf = (name: string, turn: PeopleTurn): void =>
    this.#republish(this.#book.names.set(this.#ownId, [name]), turn);

  /** Takes over the names of a peer. A name that is shared, or no longer shared, changes the rows of its bearers. */
  #namesChanged(peerId: PeerId, turn: PeopleTurn): void {
    const { names } = this.#book;
    const contact = this.contact(peerId);
    const isKnown = contact !== undefined || this.#book.presence.has(peerId);
    const given = [this.saidName(peerId), ...(contact === undefined ? [] : namesOf(contact))];
    this.#republish(isKnown ? names.set(peerId, given) : names.delete(peerId), turn);
  }

  #republish(peerIds: readonly PeerId[], turn: PeopleTurn): void {
    for (const peerId of peerIds) if (this.#published.has(peerId)) this.publish(peerId, turn);
  }

  /** Makes room for a new contact: forgets the longest unseen stranger with all its data. False: there is none. */
  #forgetStranger(turn: PeopleTurn): boolean {
    const peerId = strangers.longestUnseenStranger(this.#directory());
    if (peerId !== null) this.#drop(peerId, turn);
    return peerId !== null;
  }

  #drop(peerId: PeerId, turn: PeopleTurn): void {
    this.#book.contacts.delete(peerId);
    this.#namesChanged(peerId, turn);
    // A peer that is still present is published once more when it leaves.
    const isPresent = this.#book.presence.has(peerId);
    if (!isPresent) for (const kept of [this.#published, this.#book.seen]) kept.delete(peerId);
    this.#ask({ type: 'drop-contact', peerId }, turn);
  }

  #ask = (ask: ContactAsk, turn: PeopleTurn): void =>
    turn.emit({ to: 'history', token: turn.newToken(), ask });

  /** Logs that a change of a contact did not reach the disk. Its next change is written again. */
  notKept = (code: string, turn: PeopleTurn): void =>
    turn.emit(logLine('error', 'contact-not-kept', { code }));

  #directory = () => ({ book: this.#book, trusted: this.#trusted, ownId: this.#ownId });

  #onlyHeardOf = (peerId: PeerId): Contact =>
    strangers.announcedContact(peerId, this.name(peerId), this.presence(peerId)?.lastSeenMs ?? 0);
}
