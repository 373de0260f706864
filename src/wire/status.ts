/**
 * The status that a person gives: here, away, busy or invisible, with a short text. Beacons and sessions carry it in
 * one form. Source: messages, sections 2 and 8.
 *
 *   status = presence(u8: 1 here, 2 away, 3 busy, 4 invisible) until(u48 ms, 0 = none) UTF-8
 */
import { ByteReader, ByteWriter } from './bytes.js';
import { status as limits } from './limits.js';

/** The words for the presence of a person, in the order of their codes. */
export const presenceWords = ['here', 'away', 'busy', 'invisible'] as const;
/** The presence that a person gives. */
export type PresenceWord = (typeof presenceWords)[number];

/** The status of a person. */
export interface Status {
  readonly presence: PresenceWord;
  /** Empty: none. */
  readonly text: string;
  /** End of the status, wall clock of its owner in ms; null: none is set. */
  readonly untilMs: number | null;
}

/** The status of a person that gave none. */
export const plainStatus: Status = { presence: 'here', text: '', untilMs: null };

/** Whether two statuses say the same. Undefined: no status is known. */
export const isSameStatus = (a: Status | undefined, b: Status | undefined): boolean =>
  a?.presence === b?.presence && a?.text === b?.text && a?.untilMs === b?.untilMs;

/** Encodes a status. Throws on a text that the caller must have checked. */
export function encodeStatus({ presence, text, untilMs }: Status): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > limits.textBytesMax) throw new RangeError('status text too long');
  const until = Math.min(Math.max(0, Math.round(untilMs ?? 0)), 2 ** 48 - 1);
  const writer = new ByteWriter().u8(presenceWords.indexOf(presence) + 1).u48(until);
  writer.window(bytes.length).set(bytes);
  return writer.finish();
}

/** Decodes a status. Null: it is malformed, or of a later version. */
export function decodeStatus(bytes: Uint8Array): Status | null {
  if (bytes.length > limits.bytesMax) return null;
  const reader = new ByteReader(bytes);
  const presence = presenceWords[reader.u8() - 1];
  const untilMs = reader.u48();
  if (reader.isShort || presence === undefined) return null;
  // Broken UTF-8 becomes U+FFFD: a status is a label.
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(limits.headerBytes));
  return { presence, text, untilMs: untilMs === 0 ? null : untilMs };
}
