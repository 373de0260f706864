/**
 * The warning of a changed key: once per key and day, with the old and the new tag, what it may mean and what to do.
 * Pure.
 */
import type { PeerId } from '../../ids.js';
import type { ErrorEvent } from '../events.js';
import { labelOf } from './book.js';
import { claimedFrom, type Claims } from './claims.js';
import type { Choice } from './contact.js';
import { contacts as limits } from './limits.js';
import { foldCase } from './name.js';

/** Whether the user was warned of a key a short time ago. */
export const isWarned = ({ warnedAtMs }: Choice, nowMs: number): boolean =>
  warnedAtMs > 0 && nowMs - warnedAtMs < limits.warnAgainMs;

/** Returns the event that warns of the key of a peer; null: it changes nothing, or the user knows. */
export function changedKeyWarning(claims: Claims, peerId: PeerId, nowMs: number): ErrorEvent | null {
  const holder = claimedFrom(claims, peerId);
  if (holder === null) return null;
  const name = foldCase(holder.name);
  const warned = [...claims.book.contacts.values()].filter(
    (contact) => isWarned(contact, nowMs) && foldCase(contact.name) === name,
  );
  const isKnown = warned.some((contact) => contact.peerId === peerId);
  if (isKnown || warned.length >= limits.warningsPerNameMax) return null;
  return changedKeyEvent(holder.name, labelOf(claims.book, holder.peerId), labelOf(claims.book, peerId));
}

function changedKeyEvent(name: string, old: string, fresh: string): ErrorEvent {
  const meaning = `a new device or a new home of ${name}, or another person who poses as ${name}`;
  const remedy = `compare codes with "parlance verify ${fresh}", then "parlance contact accept ${fresh}" or "parlance contact reject ${fresh}"`;
  const message = `${name} is here with another key: you know ${old}, and ${fresh} is new. It is ${meaning}. Nothing goes to the new key until you decide: ${remedy}`;
  return { type: 'error', code: 'session/key-changed', message, peer: name };
}
