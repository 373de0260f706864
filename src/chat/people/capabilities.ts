/**
 * The capabilities of a peer's dialect, read from the peer's id. The rest of the core asks for a capability and never
 * for the kind of peer. Pure.
 */
import type { Capabilities, DialectName } from '../../dialects/dialect.js';
import { native } from '../../dialects/native.js';
import { foreignDialects } from '../../dialects/sniff.js';
import type { PeerId } from '../../ids.js';
import type { Contact } from './contact.js';
import { parseForeignPeerId } from './name.js';

/** Returns the dialect of a peer. */
export const dialectOf = (peerId: PeerId): DialectName => parseForeignPeerId(peerId)?.dialect ?? 'native';

/** Returns the capabilities of a peer's dialect. */
export function capabilitiesOf(peerId: PeerId): Capabilities {
  const dialect = dialectOf(peerId);
  return dialect === 'native' ? native.can : foreignDialects[dialect].can;
}

/**
 * Whether a Noise handshake proves the key behind the id. The id of a foreign peer is an address that any host may
 * take.
 */
export const isProvable = (peerId: PeerId): boolean => capabilitiesOf(peerId).encryption.includes('noise');

/** Whether the program of a peer has announced a feature (`wire/features.ts`); `unknown` before its first handshake. */
export function abilityOf(
  peerId: PeerId,
  contact: Contact | undefined,
  bit: number,
): 'can' | 'cannot' | 'unknown' {
  if (!isProvable(peerId)) return 'cannot';
  if (contact === undefined || contact.idKeyHex === '') return 'unknown';
  return (contact.features & bit) === 0 ? 'cannot' : 'can';
}
