/**
 * Names: labels that peers give themselves. Identity is the key, so a name is cleaned, shown with a tag where it
 * collides, warned about where it looks like another, and resolved back to a peer. Pure.
 */
import { err, ok, type Result } from 'neverthrow';
import type { DialectName, ForeignDialectName } from '../../dialects/dialect.js';
import type { ChatError } from '../errors.js';
import { parsePeerId, type PeerId } from '../../ids.js';
import { name as limits } from './limits.js';
import { foreignPorts, text } from '../../dialects/limits.js';
import { formatAddress, isIpAddress, parseAddress, type Address } from '../../wire/address.js';
import { hostOf } from '../../wire/address-space.js';
import { hasTag, isNativeId, parseNativeId, tagCharsAmong, tagOf } from './identity.js';
import { isJoiner, withoutIdleJoiners } from './joiners.js';

/** A peer with its name. */
export interface NamedPeer {
  readonly peerId: PeerId;
  readonly name: string;
  /** Names that it bore before. */
  readonly formerNames?: readonly string[];
}

/** The target of a PEER word. `dialect`, `host` and `port` are those to dial. */
export type PeerTarget =
  | { readonly type: 'peer'; readonly peerId: PeerId }
  | { readonly type: 'address'; readonly host: string; readonly port: number }
  | {
      readonly type: 'foreign';
      readonly peerId: PeerId;
      readonly dialect: ForeignDialectName;
      readonly host: string;
      readonly port: number;
    };

/** The failure of a name that cannot be used. */
export type NameFault = Extract<ChatError, { readonly code: 'chat/name-invalid' }>;

/**
 * Cleans a name for storing and showing: NFC, no control, format, zero-width, private or unassigned characters,
 * single blanks, at most 64 graphemes and 256 bytes (longer ones are cut). Errors: `chat/name-invalid` (no visible
 * character is left).
 */
export function sanitiseName(raw: string): Result<string, NameFault> {
  const name = stable(raw, (text) => clipName(cleaned(text)));
  if (/^(?:\p{M}|\u{200C}|\u{200D})*$/u.test(name))
    return err({ code: 'chat/name-invalid', detail: 'it has no visible character' });
  return ok(name);
}

/**
 * Cleans the own name of the user. Errors: `chat/name-invalid`, also where the name is too long, which is not cut.
 */
export function parseOwnName(raw: string): Result<string, NameFault> {
  const whole = cleaned(raw);
  const isCut = whole !== clipName(whole);
  if (!isCut && raw.length <= limits.rawCharsMax) return sanitiseName(raw);
  const characters = [...graphemesOf(whole)].length;
  const detail =
    characters > limits.graphemesMax
      ? `it has ${characters} characters, at most ${limits.graphemesMax} are shown`
      : `it takes ${Buffer.byteLength(isCut ? whole : raw)} bytes, at most ${text.nameBytesMax} are kept`;
  return err({ code: 'chat/name-invalid', detail });
}

/**
 * Returns the invisible characters that cleaning removes from a name, such as `U+200B`: control characters, and joiners
 * that the letters around them do not need.
 */
export function invisibleIn(raw: string): readonly string[] {
  const kept = new Set(cleaned(raw));
  const removed = Array.from(raw.slice(0, limits.rawCharsMax)).filter(
    (point) => /\p{Default_Ignorable_Code_Point}|(?!\s)\p{C}/u.test(point) && !kept.has(point),
  );
  return [...new Set(removed)].map(
    (point) => `U+${(point.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
}

const cleaned = (raw: string): string => stable(raw.slice(0, limits.rawCharsMax), cleanedOnce);

const cleanedOnce = (raw: string): string =>
  withoutIdleJoiners(
    raw
      .normalize('NFC')
      .replace(/\p{Default_Ignorable_Code_Point}/gu, (point) => (isJoiner(point) ? point : ''))
      .replace(/[\s\p{Z}\u2800]+/gu, ' ')
      .replace(/\p{C}/gu, (point) => (isJoiner(point) ? point : ''))
      // Removed characters bring blanks together, and letters and marks.
      .replace(/ {2,}/g, ' ')
      .normalize('NFC')
      .replace(excessMarks, '$1'),
  )
    // A name must not contain a tag: in `bob#7kq2` we give the tag, not the peer.
    .replace(/#(?=[a-zA-Z2-7-]{4,}$)/, '\uFF03')
    .trim();

/** Repeats `step` until nothing changes: a removed character may be what another one was needed for. */
function stable(text: string, step: (text: string) => string): string {
  let current = text;
  for (;;) {
    const next = step(current);
    if (next === current) return next;
    current = next;
  }
}

const clipName = (name: string): string =>
  clipBytes(clipGraphemes(name, limits.graphemesMax), text.nameBytesMax).trim();

/** Cuts a text to `graphemesMax` grapheme clusters, and reads no more of it than needed. */
export function clipGraphemes(value: string, graphemesMax: number): string {
  if (value.length <= graphemesMax) return value;
  let clipped = '';
  let count = 0;
  for (const { segment } of graphemesOf(value)) {
    count += 1;
    if (count > graphemesMax) return clipped;
    clipped += segment;
  }
  return value;
}

/**
 * Cuts a text to whole grapheme clusters within `bytesMax` bytes of UTF-8; to code points where the first is too
 * long.
 */
export function clipBytes(value: string, bytesMax: number): string {
  if (Buffer.byteLength(value) <= bytesMax) return value;
  const whole = takeWhileFits(segmentsOf(value), bytesMax);
  return whole === '' ? takeWhileFits(value, bytesMax) : whole;
}

/** Returns the name of a peer with its tag, `name#tag`, which is longer among `sharers` of the name. */
export function taggedName(peer: NamedPeer, sharers: readonly NamedPeer[] = []): string {
  const others = sharers.map(({ peerId }) => peerId).filter((peerId) => peerId !== peer.peerId);
  return `${peer.name}#${tagOf(peer.peerId, others.length === 0 ? undefined : tagCharsAmong(peer.peerId, others))}`;
}

/**
 * Resolves a PEER word: an address in a dialect, `HOST:PORT`, a full id, `name#tag`, or a name (exactly, else
 * whatever the case). Addresses come first, so that no name can hide one. The name of a foreign peer never makes that
 * of a native peer ambiguous. Errors: `chat/unknown-peer`; `chat/ambiguous-peer` with the labels to choose from.
 */
export function resolvePeer(word: string, peers: readonly NamedPeer[]): Result<PeerTarget, ChatError> {
  const peer = word.trim();
  const unknown = err<PeerTarget, ChatError>({ code: 'chat/unknown-peer', peer });
  const isAddressed = peer.startsWith(scheme);
  if (peer.includes('://') && !isAddressed) return parseForeignAddress(peer) ?? unknown;
  const address = parseAddress(isAddressed ? peer.slice(scheme.length) : peer);
  if (isAddressed && address === null) return unknown;
  if (address !== null) return ok({ type: 'address', host: hostOf(address.host), port: address.port });
  const id = parseNativeId(peer);
  if (id.isOk()) return ok({ type: 'peer', peerId: id.value });
  const candidates = bearersOf(peer, peers);
  const [first, second] = candidates;
  if (first === undefined) return bareAddress(peer) ?? unknown;
  if (second === undefined) return ok({ type: 'peer', peerId: first.peerId });
  return err({
    code: 'chat/ambiguous-peer',
    peer,
    candidates: candidates.map((each) => taggedName(each, candidates)),
  });
}

/** An IP address, or `localhost`, without a port means the port that nodes listen on by default; null: neither. */
function bareAddress(word: string): Result<PeerTarget, ChatError> | null {
  const host = word.replace(/^\[(.*)\]$/, '$1');
  if (!isIpAddress(host) && host.toLowerCase() !== 'localhost') return null;
  return ok({ type: 'address', host: host.toLowerCase(), port: foreignPorts.cmp2204 });
}

/**
 * Makes the id of a foreign peer. The usual port of the dialect is left out, so that one peer has one id. Null: the
 * address is invalid.
 */
export function foreignPeerId(dialect: ForeignDialectName, host: string, port: number): PeerId | null {
  const suffix = port === usualPort(dialect) ? '' : `:${port}`;
  // IPv6 has brackets in an address with a port, and none in an address to dial.
  const shown = host.includes(':') ? `[${host}]` : host;
  return parsePeerId(`${dialect}://${shown}${suffix}`).unwrapOr(null);
}

/** Parses the id of a foreign peer; null for a native one. */
export function parseForeignPeerId(
  peerId: PeerId,
): { readonly dialect: ForeignDialectName; readonly host: string; readonly port: number } | null {
  const parsed = parseForeignAddress(peerId);
  return parsed?.isOk() === true && parsed.value.type === 'foreign' ? parsed.value : null;
}

/**
 * Returns the peers that a name or `name#PREFIX` may mean, PREFIX the beginning of a tag of any length: those who bear
 * the name, else those who bore it.
 */
export function bearersOf(word: string, peers: readonly NamedPeer[]): readonly NamedPeer[] {
  const given = word.trim().normalize('NFC');
  const native = peers.filter((peer) => isNativeId(peer.peerId));
  // A name of an older program must not hide that of a native peer, however each is spelled.
  const current = currentBearers(given, native);
  const found = current.length > 0 ? current : currentBearers(given, peers);
  return found.length > 0 ? found : unique(peers.filter((peer) => isMeant(given, peer, formerNamesOf(peer))));
}

/** Splits `name#PREFIX`; null for a bare name. */
export function tagIn(word: string): { readonly name: string; readonly tag: string } | null {
  const [, name, tag] = /^(.+)#([a-zA-Z2-7-]+)$/su.exec(word.trim()) ?? [];
  return name === undefined || tag === undefined ? null : { name, tag };
}

function currentBearers(word: string, peers: readonly NamedPeer[]): readonly NamedPeer[] {
  const exact = unique(peers.filter((peer) => peer.name === word));
  return exact.length > 0 ? exact : unique(peers.filter((peer) => isMeant(word, peer, [peer.name])));
}

function isMeant(word: string, { peerId }: NamedPeer, names: readonly string[]): boolean {
  const folded = names.map(foldCase);
  if (folded.includes(foldCase(word))) return true;
  const tagged = tagIn(word);
  return tagged !== null && folded.includes(foldCase(tagged.name)) && hasTag(peerId, tagged.tag);
}

const formerNamesOf = ({ formerNames = [] }: NamedPeer): readonly string[] => formerNames;

const unique = (peers: readonly NamedPeer[]): NamedPeer[] => [
  ...new Map(peers.map((peer) => [peer.peerId, peer])).values(),
];

function parseForeignAddress(word: string): Result<PeerTarget, ChatError> | null {
  // The identity does not contain the form in which synergy is spoken.
  const match = /^([a-z0-9]+)(?:(?<=^synergy)\+json)?:\/\/(.+)$/i.exec(word);
  const dialect = foreignDialect(match?.[1]?.toLowerCase() ?? '');
  const rest = match?.[2]?.replace(/\/$/, '') ?? '';
  if (dialect === null || rest === '') return null;
  const usual = usualPort(dialect);
  const address = parseAddress(rest) ?? (usual === null ? null : parseAddress(`${rest}:${usual}`));
  if (address === null) return null;
  const peerId = foreignPeerId(dialect, address.host, address.port);
  return peerId === null ? null : ok({ type: 'foreign', peerId, dialect, ...address });
}

function foreignDialect(name: string): ForeignDialectName | null {
  const known: readonly ForeignDialectName[] = ['cmp2204', 'chatbuddy', 'synergy', 'cse310', 'netech'];
  return known.find((dialect) => dialect === name) ?? null;
}

const usualPorts: ReadonlyMap<DialectName, number> = new Map(
  Object.entries(foreignPorts).flatMap(([name, port]) => {
    const dialect = foreignDialect(name);
    return dialect === null ? [] : [[dialect, port] as const];
  }),
);
const usualPort = (dialect: ForeignDialectName): number | null => usualPorts.get(dialect) ?? null;

/** Folds a name: names that differ only in case, in the composition of letters or in joiners are equal. */
export const foldCase = (name: string): string =>
  name
    .normalize('NFC')
    .toLowerCase()
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '');

let segmenter: Intl.Segmenter | null = null;
/** Cuts into grapheme clusters. Made when first used: it loads tables for some 25 ms, and most threads need none. */
const graphemesOf = (value: string): Intl.Segments =>
  (segmenter ??= new Intl.Segmenter('und', { granularity: 'grapheme' })).segment(value);
const excessMarks = new RegExp(`(\\p{M}{${limits.combiningMarksMax}})\\p{M}+`, 'gu');

function* segmentsOf(value: string): Generator<string> {
  for (const { segment } of graphemesOf(value)) yield segment;
}

function takeWhileFits(parts: Iterable<string>, bytesMax: number): string {
  let taken = '';
  let bytes = 0;
  for (const part of parts) {
    bytes += Buffer.byteLength(part);
    if (bytes > bytesMax) break;
    taken += part;
  }
  return taken;
}

/** Messages to an address where nobody answers wait under an id made of the address. */
const scheme = 'native://';

/** Returns the id under which messages to an address wait; null: the address has a form that no id can hold. */
export const addressedId = (address: Address): PeerId | null =>
  parsePeerId(`${scheme}${formatAddress(address)}`).unwrapOr(null);

/** Returns the address that an id stands for; null: the id names an identity, or a peer of a foreign program. */
export const addressBehind = (peerId: PeerId): Address | null =>
  peerId.startsWith(scheme) ? parseAddress(peerId.slice(scheme.length)) : null;
