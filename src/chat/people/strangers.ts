/**
 * Strangers: peers about which the user decided nothing. Any host can make any number of them, so what is kept of them
 * is bounded by number, by bytes and by time. Pure.
 */
import type { PeerId } from '../../ids.js';
import { isUndecided } from './book.js';
import { isProvable } from './capabilities.js';
import type { Claims } from './claims.js';
import { noChoice, type Contact } from './contact.js';
import { contacts as limits } from './limits.js';

/** Whether the user gave a contact a name or a note, or muted it. */
const isMarked = ({ alias, note, muted }: Contact): boolean => alias !== '' || note !== '' || muted;

/** Whether the user decided nothing about a contact. */
export const isStranger = ({ trusted }: Claims, contact: Contact): boolean =>
  isUndecided(contact) && !contact.blocked && !isMarked(contact) && !trusted.has(contact.peerId);

/** Whether a contact has a row on disk. Strangers without messages stay in memory: a row on disk for each would let any host fill it. */
export function isKept(claims: Claims, contact: Contact): boolean {
  const { peerId, warnedAtMs } = contact;
  return warnedAtMs > 0 || !isStranger(claims, contact) || claims.book.unread.bytesOf(peerId) > 0;
}

/** Returns all strangers. */
export const strangersOf = (claims: Claims): readonly Contact[] =>
  [...claims.book.contacts.values()].filter((contact) => isStranger(claims, contact));

/** Whether a new contact displaces a stranger. */
export const isFull = (claims: Claims): boolean =>
  claims.book.contacts.size >= limits.contactsMax || strangersOf(claims).length >= limits.strangersMax;

/** Whether these further bytes of a peer are beyond the quota of a peer that the user has not accepted. */
export function isOverQuota({ book, trusted }: Claims, peerId: PeerId, bytes: number): boolean {
  if (!isProvable(peerId) || trusted.has(peerId)) return false;
  return book.unread.bytesOf(peerId) + bytes > limits.strangerBytesMax;
}

/** Returns the stranger to forget first: not connected, and unseen for longest. `null`: there is none. */
export function longestUnseenStranger(claims: Claims): PeerId | null {
  let oldest: Contact | null = null;
  for (const contact of strangersOf(claims)) {
    if (claims.book.live.has(contact.peerId)) continue;
    if (oldest === null || contact.lastSeenMs < oldest.lastSeenMs) oldest = contact;
  }
  return oldest?.peerId ?? null;
}

/** Returns the strangers that were away for too long. */
export function expiredStrangers(claims: Claims, nowMs: number): readonly PeerId[] {
  const { presence, unread } = claims.book;
  return strangersOf(claims).flatMap(({ peerId, lastSeenMs }) => {
    const ageMaxMs = unread.bytesOf(peerId) === 0 ? limits.silentAgeMs : limits.strangerAgeMs;
    return !presence.has(peerId) && nowMs - lastSeenMs > ageMaxMs ? [peerId] : [];
  });
}

/** Makes a contact of a peer that was only announced: its id is known, its key is not. */
export const announcedContact = (peerId: PeerId, name: string, lastSeenMs: number): Contact => ({
  peerId,
  name,
  idKeyHex: '',
  trust: 'pinned',
  blocked: false,
  certificateSerial: 0,
  wireVersion: 0,
  features: 0,
  nextHex: '',
  address: '',
  firstSeenMs: lastSeenMs,
  lastSeenMs,
  ...noChoice,
});
