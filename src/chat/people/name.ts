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
import { parseAddress } from '../../wire/address.js';
import { isNativeId, parseNativeId, tagOf } from './identity.js';

/** What is needed of a peer to name it. */
export interface NamedPeer {
  readonly peerId: PeerId;
  readonly name: string;
}

/** Whom a PEER word of the command line means. `dialect` and `host`, `port` as they are to be dialled. */
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

export type NameFault = Extract<ChatError, { readonly code: 'chat/name-invalid' }>;

/**
 * A name as it may be kept and shown: NFC, no control, format, zero-width, private or unassigned characters, single
 * blanks, at most 64 graphemes and 256 bytes (longer ones are cut). Errors: `chat/name-invalid` (nothing is left).
 */
export function sanitiseName(raw: string): Result<string, NameFault> {
  const name = clipName(cleaned(raw));
  if (/^\p{M}*$/u.test(name)) return err({ code: 'chat/name-invalid', detail: 'no visible character' });
  return ok(name);
}

/** The same for a name that somebody chooses for himself: one that is too long is not cut, and he is told. */
export function parseOwnName(raw: string): Result<string, NameFault> {
  const whole = cleaned(raw);
  const isCut = whole !== clipName(whole);
  if (!isCut && raw.length <= limits.rawCharsMax) return sanitiseName(raw);
  const characters = [...graphemes.segment(whole)].length;
  const detail =
    characters > limits.graphemesMax
      ? `it has ${characters} characters, at most ${limits.graphemesMax} are shown`
      : `it takes ${Buffer.byteLength(isCut ? whole : raw)} bytes, at most ${text.nameBytesMax} are kept`;
  return err({ code: 'chat/name-invalid', detail });
}

const cleaned = (raw: string): string =>
  raw
    .slice(0, limits.rawCharsMax)
    .normalize('NFC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replace(/[\s\p{Z}\u2800]+/gu, ' ')
    .replace(/\p{C}/gu, '')
    // What stood between them is gone: blanks meet, and so do letters and marks.
    .replace(/ {2,}/g, ' ')
    .normalize('NFC')
    .replace(excessMarks, '$1')
    // A name must not bring its own tag: `bob#7kq2` is what we call a bob, not what he calls himself.
    .replace(/#(?=[a-zA-Z2-7]{4}$)/, '\uFF03')
    .trim();

const clipName = (name: string): string =>
  clipBytes(clipGraphemes(name, limits.graphemesMax), text.nameBytesMax).trim();

/** The first `graphemesMax` grapheme clusters; looks at no more of the text than it must. */
export function clipGraphemes(value: string, graphemesMax: number): string {
  if (value.length <= graphemesMax) return value;
  let clipped = '';
  let count = 0;
  for (const { segment } of graphemes.segment(value)) {
    count += 1;
    if (count > graphemesMax) return clipped;
    clipped += segment;
  }
  return value;
}

/** As many whole grapheme clusters as fit `bytesMax` bytes of UTF-8; whole code points of the first, if that is too long. */
export function clipBytes(value: string, bytesMax: number): string {
  if (Buffer.byteLength(value) <= bytesMax) return value;
  const whole = takeWhileFits(segmentsOf(value), bytesMax);
  return whole === '' ? takeWhileFits(value, bytesMax) : whole;
}

/**
 * What a name looks like: two names with the same skeleton can be mistaken for each other. Compatibility forms, marks
 * and case are folded, then letters of other scripts and digits to the Latin letter they resemble. Never shown.
 */
export function skeletonOf(name: string): string {
  const stripped = name.normalize('NFKD').replace(/[\p{M}\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/gu, '');
  const capitals = Array.from(stripped, (point) => capitalLookAlikes.get(point) ?? point).join('');
  const small = Array.from(capitals.toLowerCase(), (point) => lookAlikes.get(point) ?? point).join('');
  return small.replaceAll('rn', 'm').replaceAll('vv', 'w').replaceAll('cl', 'd');
}

/** How `peer` is called among `peers`: its name, or `name#tag` when another identity has the same one. */
export function labelOf(peer: NamedPeer, peers: Iterable<NamedPeer>): string {
  const folded = foldCase(peer.name);
  for (const other of peers) {
    if (other.peerId !== peer.peerId && foldCase(other.name) === folded) return taggedName(peer);
  }
  return peer.name;
}

export const taggedName = (peer: NamedPeer): string => `${peer.name}#${tagOf(peer.peerId)}`;

/**
 * Whom `word` means: an address in a dialect, `HOST:PORT`, a full id, `name#tag`, or a name (exactly, else whatever
 * the case). Addresses come first, so that no name can stand in front of one; a name of an older program's peer never
 * makes a native peer's name ambiguous. Errors: `chat/unknown-peer`; `chat/ambiguous-peer` with the labels to choose from.
 */
export function resolvePeer(word: string, peers: readonly NamedPeer[]): Result<PeerTarget, ChatError> {
  const peer = word.trim();
  const unknown = err<PeerTarget, ChatError>({ code: 'chat/unknown-peer', peer });
  if (peer.includes('://')) return parseForeignAddress(peer) ?? unknown;
  const address = parseAddress(peer);
  if (address !== null) return ok({ type: 'address', ...address });
  const id = parseNativeId(peer);
  if (id.isOk()) return ok({ type: 'peer', peerId: id.value });
  const candidates = candidatesFor(peer.normalize('NFC'), preferNative(peer, peers));
  const [first, second] = candidates;
  if (first === undefined) return unknown;
  if (second === undefined) return ok({ type: 'peer', peerId: first.peerId });
  return err({ code: 'chat/ambiguous-peer', peer, candidates: candidates.map(taggedName) });
}

/** The id of a peer of an older program; its usual port is left out, so that one peer has one id. Null: no such address. */
export function foreignPeerId(dialect: ForeignDialectName, host: string, port: number): PeerId | null {
  const suffix = port === usualPort(dialect) ? '' : `:${port}`;
  // IPv6 takes brackets in an address with a port, and none where it is dialled.
  const shown = host.includes(':') ? `[${host}]` : host;
  return parsePeerId(`${dialect}://${shown}${suffix}`).unwrapOr(null);
}

/** What the id of an older program's peer says; null for a native one. */
export function parseForeignPeerId(
  peerId: PeerId,
): { readonly dialect: ForeignDialectName; readonly host: string; readonly port: number } | null {
  const parsed = parseForeignAddress(peerId);
  return parsed?.isOk() === true && parsed.value.type === 'foreign' ? parsed.value : null;
}

function candidatesFor(word: string, peers: readonly NamedPeer[]): readonly NamedPeer[] {
  const tagged = /^(.+)#([a-zA-Z2-7]{4})$/su.exec(word);
  if (tagged?.[1] !== undefined && tagged[2] !== undefined) {
    const [name, tag] = [foldCase(tagged[1]), tagged[2].toLowerCase()];
    return unique(peers.filter((peer) => foldCase(peer.name) === name && tagOf(peer.peerId) === tag));
  }
  const exact = unique(peers.filter((peer) => peer.name === word));
  return exact.length > 0 ? exact : unique(peers.filter((peer) => foldCase(peer.name) === foldCase(word)));
}

/** Before spellings are compared: `bob` of an older program must not stand in front of a native Bob. */
function preferNative(word: string, peers: readonly NamedPeer[]): readonly NamedPeer[] {
  const native = peers.filter((peer) => isNativeId(peer.peerId));
  return candidatesFor(word.normalize('NFC'), native).length > 0 ? native : peers;
}

const unique = (peers: readonly NamedPeer[]): NamedPeer[] => [
  ...new Map(peers.map((peer) => [peer.peerId, peer])).values(),
];

function parseForeignAddress(word: string): Result<PeerTarget, ChatError> | null {
  const match = /^([a-z0-9]+):\/\/(.+)$/i.exec(word);
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

/** Names that differ only in case, or in how their letters are composed, are the same. */
export const foldCase = (name: string): string => name.normalize('NFC').toLowerCase();

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
const excessMarks = new RegExp(`(\\p{M}{${limits.combiningMarksMax}})\\p{M}+`, 'gu');

function* segmentsOf(value: string): Generator<string> {
  for (const { segment } of graphemes.segment(value)) yield segment;
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

/** Pairs of strings of equal length: the character at one place looks like the one at the same place in the other. */
function lookAlikeTable(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, string> {
  return new Map(
    pairs.flatMap(([from, to]) => {
      const targets = Array.from(to);
      return Array.from(from, (point, index) => [point, targets[index] ?? point] as const);
    }),
  );
}

/** Capitals whose small form looks like something else than the capital does. */
const capitalLookAlikes = lookAlikeTable([
  ['ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ', 'abezhikmnoptyx'],
  ['АВЕЅІЈКМНОРСТУХԌԚԜҮҺӀ', 'abesijkmhopctyxgqwyhl'],
  ['ᎪᏴᏟᎠᎬᎻᎫᏦᏞᎷᏢᏚᎢᏙᎳᏃ', 'abcdehjklmpstvwz'],
  ['I', 'l'],
]);

const lookAlikes = lookAlikeTable([
  ['αβγεηικνορστυχωϲ', 'abyenlkvopotuxwc'],
  ['авгеѕіјкмнорстухһԁԛԝүӏьё', 'abresljkmhopctyxhdqwylbe'],
  ['ıɩɪƖɑɡɢʀʏøłđħŧʼß', 'llllaggryoldhtʼb'],
  ['օսհոցղտքզաեէ', 'ouhngnmpqwet'],
  ['0123456789|!$@', 'olzeasbtbgllsa'],
  ['i', 'l'],
]);
