/**
 * The pinned keys beside the identity, in `pins.json`: where the database is lost, they keep a changed key from passing
 * as a first contact, and tell a lost history from a first start. The database stays the only source otherwise.
 */
import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { sharesOf, type Contact } from '../../../chat/people/contact.js';
import type { Share } from '../../../chat/people/privacy/privacy.js';
import { parsePeerId } from '../../../ids.js';
import { pins as limits } from '../limits.js';

/** The state that survives a lost database. */
export interface Pins {
  /** Greatest `seq` that was given when the file was written. */
  readonly seq: number;
  readonly contacts: readonly Contact[];
}

/** The file beside a database. */
export const pinsFileOf = (file: string): string => join(dirname(file), 'pins.json');

/** Whether a database that once existed is missing or empty. */
export function isLost(file: string): boolean {
  try {
    return existsSync(pinsFileOf(file)) && (statSync(file, { throwIfNoEntry: false })?.size ?? 0) === 0;
  } catch {
    // The opening reports what is wrong with the path.
    return false;
  }
}

/** Writes the file at once or not at all. False: the disk refused it. */
export function writePins(file: string, { seq, contacts }: Pins): boolean {
  const target = pinsFileOf(file);
  const pinned = contacts.filter(({ idKeyHex }) => idKeyHex !== '');
  const text = `${JSON.stringify({ version: 1, seq, contacts: pinned })}\n`;
  try {
    const descriptor = openSync(`${target}.new`, 'w', 0o600);
    try {
      // Private and readable, whatever the umask.
      fchmodSync(descriptor, 0o600);
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(`${target}.new`, target);
    return true;
  } catch {
    return false;
  }
}

/** Reads the file. Contacts that cannot be read are left out. */
export function readPins(file: string): Pins {
  try {
    const target = pinsFileOf(file);
    if (statSync(target).size > limits.fileBytesMax) return noPins;
    const read: unknown = JSON.parse(readFileSync(target, 'utf8'));
    if (!isRecord(read) || !Array.isArray(read['contacts'])) return noPins;
    const { seq } = read;
    const contacts = read['contacts'].flatMap((each: unknown) => contactOf(each) ?? []);
    return { seq: isCount(seq) ? seq : 0, contacts };
  } catch {
    return noPins;
  }
}

const noPins: Pins = { seq: 0, contacts: [] };

function contactOf(value: unknown): Contact | null {
  if (!isRecord(value)) return null;
  const text = (field: string): string => (typeof value[field] === 'string' ? value[field] : '');
  const count = (field: string): number => (isCount(value[field]) ? value[field] : 0);
  const peerId = parsePeerId(text('peerId'));
  const idKeyHex = text('idKeyHex');
  if (peerId.isErr() || !/^[0-9a-f]{64}$/.test(idKeyHex)) return null;
  const former = value['formerNames'];
  const formerNames = Array.isArray(former)
    ? former.filter((name: unknown): name is string => typeof name === 'string')
    : [];
  const standing = standings.find((each) => each === value['standing']) ?? 'open';
  return {
    peerId: peerId.value,
    name: text('name'),
    ...(formerNames.length === 0 ? {} : { formerNames }),
    idKeyHex,
    trust: value['trust'] === 'verified' ? 'verified' : 'pinned',
    blocked: value['blocked'] === true,
    certificateSerial: count('certificateSerial'),
    wireVersion: count('wireVersion'),
    features: count('features'),
    nextHex: /^(?:[0-9a-f]{64})?$/.test(text('nextHex')) ? text('nextHex') : '',
    address: text('address'),
    firstSeenMs: count('firstSeenMs'),
    lastSeenMs: count('lastSeenMs'),
    alias: text('alias'),
    note: text('note'),
    muted: value['muted'] === true,
    standing,
    warnedAtMs: count('warnedAtMs'),
    ...sharesOf({ receipts: shareOf(value['receipts']), typing: shareOf(value['typing']) }),
  };
}

const shareOf = (value: unknown): Share | undefined =>
  value === 'on' || value === 'off' ? value : undefined;

const standings = ['open', 'accepted', 'rejected', 'released'] as const;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
