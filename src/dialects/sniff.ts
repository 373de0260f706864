/**
 * The recognition of dialects: which one a new connection on the shared port speaks, by its first bytes. The only
 * file that knows all dialects. Layer dialects, pure; used by the transport before a slot is given.
 *
 * The order of the questions:
 * 1. native, `PARL`: exact and ours, so nothing else may be asked before it.
 * 2. JSON objects: cmp2204 and synergy share the port and the brace; the first key that one of them knows decides.
 *    Asked by key and in order of arrival, so that the answer does not depend on how the bytes were cut.
 * 3. netech, `LISTENING_PORT:`, in any spelling.
 * 4. synergy's text form, `IP:PORT `: the loosest pattern, so it comes last. No other opening starts with a digit.
 * White space and a byte order mark before an opening of 2 to 4 mean nothing.
 *
 * chatbuddy and cse310 send free text first and cannot be recognised: they have ports of their own, and so has netech
 * for its text without a header.
 */
import { foreignFrames } from './limits.js';
import { outermostKeys, plainKey } from '../wire/json/keys.js';
import { openingStart } from '../wire/utf8.js';
import { chatbuddy } from './chatbuddy/codec.js';
import { cmp2204 } from './cmp2204/codec.js';
import { cse310 } from './cse310/codec.js';
import type { DialectName, ForeignDialectName, Sniffed, AnyForeignDialect } from './dialect.js';
import { netech } from './netech/codec.js';
import { synergy } from './synergy/codec.js';

/** The older dialects by name. */
export const foreignDialects: Readonly<Record<ForeignDialectName, AnyForeignDialect>> = {
  cmp2204,
  chatbuddy,
  synergy,
  cse310,
  netech,
};

/** The recognised dialect; `need-more`: the bytes do not decide yet. */
export type SniffAnswer = { readonly dialect: DialectName } | 'need-more' | 'unknown';

/**
 * Recognises the dialect. `first`: all bytes of the connection so far. `need-more` is possible below
 * `foreignFrames.sniffBytesMax` bytes only. A dialect that is switched off is `unknown`, even where its opening is
 * recognised.
 */
export function sniff(first: Uint8Array, enabled: ReadonlySet<DialectName>): SniffAnswer {
  const seen =
    first.length > foreignFrames.sniffBytesMax ? first.subarray(0, foreignFrames.sniffBytesMax) : first;
  const opening = seen.subarray(openingStart(seen));
  let mayStillBe = false;
  for (const row of table) {
    if (!row.dialects.some((name) => enabled.has(name))) continue;
    const answer = row.ask(row.isExact === true ? seen : opening);
    if (answer === 'no') continue;
    if (answer === 'need-more') mayStillBe = true;
    else return enabled.has(answer) ? { dialect: answer } : 'unknown';
  }
  return mayStillBe && seen.length < foreignFrames.sniffBytesMax ? 'need-more' : 'unknown';
}

interface Row {
  /** Nothing stands before the opening. */
  readonly isExact?: boolean;
  readonly dialects: readonly DialectName[];
  ask(seen: Uint8Array): DialectName | 'no' | 'need-more';
}

const table: readonly Row[] = [
  { dialects: ['native'], isExact: true, ask: (seen) => named('native', sniffPrefix(seen, 'PARL')) },
  { dialects: ['cmp2204', 'synergy'], ask: sniffJson },
  { dialects: ['netech'], ask: (seen) => named('netech', sniffLabel(seen)) },
  { dialects: ['synergy'], ask: (seen) => named('synergy', sniffAddress(seen)) },
];

const named = (name: DialectName, answer: Sniffed): DialectName | 'no' | 'need-more' =>
  answer === 'yes' ? name : answer;

/** The dialect of each key, in the spelling of `plainKey`. */
const keyOwners: ReadonlyMap<string, DialectName> = new Map([
  ['unencryptedmessage', 'cmp2204'],
  ['encryptedmessage', 'cmp2204'],
  ['key', 'cmp2204'],
  ['type', 'synergy'],
  ['sendername', 'synergy'],
  ['senderport', 'synergy'],
  ['content', 'synergy'],
]);

function sniffJson(seen: Uint8Array): DialectName | 'no' | 'need-more' {
  const { state, keys } = outermostKeys(seen);
  for (const key of keys) {
    const owner = keyOwners.get(plainKey(key));
    if (owner !== undefined) return owner;
  }
  return state === 'open' ? 'need-more' : 'no';
}

/** Looks for the first label of netech, whose spellings differ as those of keys do. */
function sniffLabel(seen: Uint8Array): Sniffed {
  const head = String.fromCharCode(...seen.subarray(0, labelBytesMax));
  const spelled = plainKey(head);
  if (spelled.startsWith('listeningport:')) return 'yes';
  return seen.length < labelBytesMax && 'listeningport:'.startsWith(spelled) ? 'need-more' : 'no';
}

/** Length of `LISTENING_PORT:` with room for blanks. */
const labelBytesMax = 24;

function sniffPrefix(seen: Uint8Array, prefix: string): Sniffed {
  const length = Math.min(seen.length, prefix.length);
  for (let at = 0; at < length; at += 1) if (seen[at] !== prefix.charCodeAt(at)) return 'no';
  return seen.length >= prefix.length ? 'yes' : 'need-more';
}

/** Length of the longest address, `255.255.255.255:65535 `. */
const addressBytesMax = 22;

/** The forms of an address and port before the blank has come. */
const addressBegin =
  /^(?:localhost:\d{0,5}|\d{0,3}|(?:\d{1,3}\.){1,3}\d{0,3}|(?:\d{1,3}\.){3}\d{1,3}:\d{0,5})$/i;

function sniffAddress(seen: Uint8Array): Sniffed {
  const head = String.fromCharCode(...seen.subarray(0, addressBytesMax));
  if (/^(?:localhost|(?:\d{1,3}\.){3}\d{1,3}):\d{1,5} /i.test(head)) return 'yes';
  const isBegun = addressBegin.test(head) || 'localhost'.startsWith(head.toLowerCase());
  return isBegun ? 'need-more' : 'no';
}
