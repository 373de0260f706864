/** Entries and contacts as rows of the history. Pure. Rows that are read are checked, since a disk is not trusted. */
import { sharesOf, type Contact, type Standing, type Trust } from '../../chat/people/contact.js';
import type { Share } from '../../chat/people/privacy/privacy.js';
import type { Content, DeliveryState, Entry, NewEntry } from '../../chat/delivery/entry.js';
import type { EntryOrRun } from '../../chat/delivery/alike.js';
import type { DialectName, Encryption } from '../../dialects/dialect.js';
import {
  directConversation,
  messageIdFromBytes,
  parseConversationId,
  parsePeerId,
  writeMessageId,
  type MessageId,
  type PeerId,
} from '../../ids.js';
import { decodeContent, decodeReactions, encodeContent } from './content.js';
import { bytesOf, integerOf, SqlTrouble, type SqlRow, type SqlValue } from './sql.js';
import { decodeText, encodeText } from './text.js';

/** The file stores the index of a value in its list, so values are only appended. */
const states: readonly DeliveryState[] = ['queued', 'sent', 'delivered', 'failed'];
const dialects: readonly DialectName[] = ['native', 'cmp2204', 'chatbuddy', 'synergy', 'cse310', 'netech'];
const encryptions: readonly Encryption[] = ['noise', 'toy-dh-3des', 'none'];
const trusts: readonly Trust[] = ['pinned', 'verified'];
const standings: readonly Standing[] = ['open', 'accepted', 'rejected', 'released'];

/** Returns the stored number of a state. */
export const stateNumber = (state: DeliveryState): number => place(states, state);
/** Throws `SqlTrouble` (damaged). */
export const stateOf = (value: unknown): DeliveryState => member(states, value);

/** An entry that is checked and encoded before any transaction is open. */
export interface EncodedEntry {
  readonly peerId: PeerId;
  readonly direction: 0 | 1;
  readonly id: Uint8Array;
  readonly messageId: MessageId;
  readonly dialect: DialectName;
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
  readonly kind: number;
  readonly body: Uint8Array;
  /** Recipients of an outgoing entry; empty for a received one. */
  readonly recipients: readonly PeerId[];
  /** State of the delivery to each recipient. */
  readonly state: number;
  readonly waits: 0 | 1;
  /** Values after `id`, in the order of the table's columns; in the place of the text any text. See `valuesOf`. */
  readonly rest: readonly SqlValue[];
}

/** The place of the text in `EncodedEntry.rest`, which the entries of a run share. */
export const textAt = 9;

/** Returns the values of an entry after `id`, in the order of the table's columns. */
export const valuesOf = ({ rest, body }: EncodedEntry): readonly SqlValue[] => rest.with(textAt, body);

/** Encodes an entry, or a run of texts that share all but id and text. Throws like `encodeEntry`. */
export function encodeEntries(entries: EntryOrRun): readonly EncodedEntry[] {
  if (!('like' in entries)) return [encodeEntry(entries)];
  const { like, ids, texts } = entries;
  if (like.content.type !== 'text' || texts.length !== ids.length)
    throw new TypeError('a run has a text for each id');
  const first = encodeEntry(like);
  return ids.map((id, at) => ({
    ...first,
    id: idBytes(id),
    messageId: id,
    body: encodeText(texts[at] ?? ''),
  }));
}

/** Encodes an entry. Throws a TypeError on invalid values: stored, they would look like damage to the whole file. */
export function encodeEntry(entry: NewEntry): EncodedEntry {
  const { kind, body } = encodeContent(entry.content);
  const direction = entry.direction === 'out' ? 1 : 0;
  const waits = direction === 1 && isWaiting(entry.state, entry.dialect) ? 1 : 0;
  const isDirect = entry.conversation === directConversation(entry.peerId);
  return {
    peerId: entry.peerId,
    direction,
    id: idBytes(entry.id),
    messageId: entry.id,
    dialect: entry.dialect,
    sentAtMs: entry.sentAtMs,
    receivedAtMs: entry.receivedAtMs,
    kind,
    body,
    recipients: entry.direction === 'out' ? (entry.recipients ?? [entry.peerId]) : [],
    state: stateNumber(entry.state),
    waits,
    rest: [
      whole(entry.sentAtMs),
      whole(entry.receivedAtMs),
      0,
      entry.isUnsaid === true ? unsaid : 0,
      place(dialects, entry.dialect),
      place(encryptions, entry.encryption),
      entry.verified ? 1 : 0,
      encodeText(entry.peer),
      isDirect ? null : encodeText(entry.conversation),
      body,
      kind,
      entry.content.type === 'text' && entry.content.replyTo !== undefined
        ? idBytes(entry.content.replyTo)
        : null,
      entry.revised?.editedAtMs ?? null,
      entry.revised?.isDeleted === true ? 1 : 0,
      null,
      null,
      entry.readAtMs ?? null,
      entry.content.type === 'text' ? (entry.content.ttlSeconds ?? null) : null,
      entry.expiresAtMs === undefined ? null : whole(entry.expiresAtMs),
    ],
  };
}

/**
 * The value of `line.waits` for an entry that no session can have had. Version 1 wrote 0 and 1 there; `line.state` is unused
 * since the deliveries have a table of their own.
 */
export const unsaid = 2;

/** Whether the entry still waits in the outbox. Foreign dialects have no receipts, so *sent* ends the wait. */
export const isWaiting = (state: DeliveryState, dialect: DialectName): boolean =>
  state === 'queued' || (state === 'sent' && dialect === 'native');

/**
 * The columns that `decodeEntry` reads; `state` and `kind` are expressions. Casts keep a damaged cell from reaching
 * libsql as an invalid text.
 */
export const entryColumnsWith = (
  state: string,
  kind = 'CAST(line.kind AS INTEGER)',
  later = laterColumnsOf(Number.POSITIVE_INFINITY),
): string =>
  `line.seq, line.direction = 1, CAST(line.id AS BLOB), CAST(line.sent_at AS INTEGER),
  CAST(line.received_at AS INTEGER), ${state}, CAST(line.dialect AS INTEGER),
  CAST(line.encryption AS INTEGER), line.verified = 1, CAST(line.name AS BLOB), CAST(line.conversation AS BLOB),
  CAST(line.text AS BLOB), CAST(peer.id AS BLOB), ${kind}, ${later}`;

/** The columns of migrations 6 and 7 in a file of a schema version. */
export function laterColumnsOf(version: number): string {
  const sixth = version < 6 ? 'NULL, NULL, 0, NULL' : sixthColumns;
  return `${sixth}, ${version < 7 ? 'NULL, NULL, NULL' : seventhColumns}, CAST(line.waits AS INTEGER)`;
}

const sixthColumns = `CAST(line.reply_to AS BLOB), CAST(line.edited_at AS INTEGER), CAST(line.deleted AS INTEGER),
  CAST(line.reactions AS BLOB)`;
const seventhColumns =
  'CAST(line.read_at AS INTEGER), CAST(line.ttl AS INTEGER), CAST(line.expires_at AS INTEGER)';

/** The state of a received entry. */
const receivedState = String(stateNumber('delivered'));
const failedState = String(stateNumber('failed'));

/** With several recipients the least advanced delivery counts; a message has failed only where it failed for all. */
export const entryState = `CASE line.direction WHEN 1 THEN (SELECT coalesce(min(CASE WHEN state < ${failedState} THEN state END), ${failedState})
    FROM delivery WHERE message = line.seq) ELSE ${receivedState} END`;

/** The columns that `decodeEntry` reads, in a file of this version. */
export const entryColumns = entryColumnsWith(entryState);

/** The columns of an entry together with its delivery to one recipient. */
export const deliveryColumns = entryColumnsWith('CAST(delivery.state AS INTEGER)');

/** Decodes an entry. Throws `SqlTrouble` (damaged) where this program cannot have written the row. */
export function decodeEntry(row: SqlRow): Entry {
  const peerId = decodePeerId(row[12]);
  const id = bytesOf(row[2]);
  if (id.byteLength !== 16) throw damaged('message id');
  return {
    seq: integerOf(row[0]),
    id: messageIdFromBytes(id),
    direction: integerOf(row[1]) === 1 ? 'out' : 'in',
    peerId,
    peer: decodeText(bytesOf(row[9])),
    conversation: row[10] === null ? directConversation(peerId) : decodeConversation(row[10]),
    content: withFields(decodeContent({ kind: integerOf(row[13]), body: bytesOf(row[11]) }), row),
    sentAtMs: integerOf(row[3]),
    receivedAtMs: integerOf(row[4]),
    dialect: member(dialects, row[6]),
    encryption: member(encryptions, row[7]),
    verified: integerOf(row[8]) === 1,
    state: member(states, row[5]),
    ...(row[18] === null ? {} : { readAtMs: integerOf(row[18]) }),
    ...(row[20] === null ? {} : { expiresAtMs: integerOf(row[20]) }),
    ...(row[21] === unsaid && row[1] === 1 ? { isUnsaid: true as const } : {}),
    ...revisedOf(row),
  };
}

/** Most texts answer no message, and stay. */
function withFields(content: Content, row: SqlRow): Content {
  const [replyTo, ttl] = [row[14], row[19]];
  if (content.type !== 'text' || (replyTo === null && ttl === null)) return content;
  const id = replyTo === null ? null : bytesOf(replyTo);
  if (id !== null && id.byteLength !== 16) throw damaged('message id');
  return {
    ...content,
    ...(id === null ? {} : { replyTo: messageIdFromBytes(id) }),
    ...(ttl === null ? {} : { ttlSeconds: integerOf(ttl) }),
  };
}

/** Most messages are as they were sent. */
function revisedOf([, , , , , , , , , , , , , , , editedAt, deleted, reactions]: SqlRow): Pick<
  NewEntry,
  'revised'
> {
  if (editedAt === null && deleted === 0 && reactions === null) return {};
  return {
    revised: {
      editedAtMs: editedAt === null ? null : integerOf(editedAt),
      isDeleted: integerOf(deleted) > 0,
      reactions: reactions === null ? [] : decodeReactions(bytesOf(reactions)),
    },
  };
}

/**
 * Encodes a contact as the values after its peer, in the order of the table's columns. Throws a TypeError on invalid
 * values.
 */
export const contactValues = (contact: Contact): readonly SqlValue[] => [
  encodeText(contact.name),
  encodeText(contact.idKeyHex),
  place(trusts, contact.trust),
  contact.blocked ? 1 : 0,
  whole(contact.certificateSerial),
  whole(contact.wireVersion),
  encodeText(contact.address),
  whole(contact.firstSeenMs),
  whole(contact.lastSeenMs),
  whole(contact.features),
  textOrNull(contact.nextHex),
  textOrNull(contact.alias),
  textOrNull(contact.note),
  contact.muted ? 1 : 0,
  place(standings, contact.standing),
  whole(contact.warnedAtMs),
  textOrNull((contact.formerNames ?? []).join('\n')),
  place(shares, contact.receipts) + shares.length * place(shares, contact.typing),
];

/** The file stores two places in this list in one number, so it is never changed. */
const shares: readonly (Share | undefined)[] = [undefined, 'on', 'off'];

/** The columns that `decodeContact` reads; `second`, `third` and `fourth` are the columns of these migrations. */
const contactColumnsWith = (
  second: string,
  third: string,
  fourth: string,
  seventh = '0',
): string => `CAST(peer.id AS BLOB), CAST(name AS BLOB), CAST(id_key AS BLOB),
  CAST(trust AS INTEGER), blocked = 1, CAST(certificate_serial AS INTEGER), CAST(wire_version AS INTEGER),
  CAST(address AS BLOB), CAST(first_seen AS INTEGER), CAST(last_seen AS INTEGER), ${second}, ${third}, ${fourth}, ${seventh}`;

const secondColumns = 'CAST(features AS INTEGER), CAST(next_key AS BLOB)';
const thirdColumns = `CAST(alias AS BLOB), CAST(note AS BLOB), CAST(muted AS INTEGER), CAST(standing AS INTEGER),
  CAST(warned_at AS INTEGER)`;
/** The third group of columns of a contact about which nothing was decided. */
const noThird = 'NULL, NULL, 0, 0, 0';

const fourthColumns = 'CAST(former_names AS BLOB)';
const seventhContactColumn = 'CAST(shares AS INTEGER)';

/** The columns that `decodeContact` reads, in a file of this version. */
export const contactColumns = contactColumnsWith(
  secondColumns,
  thirdColumns,
  fourthColumns,
  seventhContactColumn,
);

/** Returns the columns that `decodeContact` reads, for a file of an older schema version. */
export function contactColumnsOf(version: number): string {
  if (version === 1) return contactColumnsWith('0, NULL', noThird, 'NULL');
  if (version === 2) return contactColumnsWith(secondColumns, noThird, 'NULL');
  if (version === 3) return contactColumnsWith(secondColumns, thirdColumns, 'NULL');
  return version < 7 ? contactColumnsWith(secondColumns, thirdColumns, fourthColumns) : contactColumns;
}

/** Throws `SqlTrouble` (damaged). */
export function decodeContact(row: SqlRow): Contact {
  const share = integerOf(row[18]);
  return {
    peerId: decodePeerId(row[0]),
    name: decodeText(bytesOf(row[1])),
    idKeyHex: decodeText(bytesOf(row[2])),
    trust: member(trusts, row[3]),
    blocked: integerOf(row[4]) === 1,
    certificateSerial: integerOf(row[5]),
    wireVersion: integerOf(row[6]),
    address: decodeText(bytesOf(row[7])),
    firstSeenMs: integerOf(row[8]),
    lastSeenMs: integerOf(row[9]),
    features: integerOf(row[10]),
    nextHex: textOf(row[11]),
    alias: textOf(row[12]),
    note: textOf(row[13]),
    muted: integerOf(row[14]) === 1,
    standing: member(standings, row[15]),
    warnedAtMs: integerOf(row[16]),
    ...(row[17] === null ? {} : { formerNames: textOf(row[17]).split('\n') }),
    ...sharesOf({
      receipts: shares[share % shares.length],
      typing: shares[Math.floor(share / shares.length)],
    }),
  };
}

/** Encodes an id as 16 bytes. */
export function idBytes(id: MessageId): Uint8Array {
  const bytes = new Uint8Array(16);
  writeMessageId(id, bytes, 0);
  return bytes;
}

const textOrNull = (text: string): SqlValue => (text === '' ? null : encodeText(text));
const textOf = (value: unknown): string => (value === null ? '' : decodeText(bytesOf(value)));

const damaged = (what: string): SqlTrouble => new SqlTrouble('damaged', `${what} is not one`);

function whole(value: number): number {
  if (!Number.isSafeInteger(value)) throw new TypeError(`${String(value)} is not a whole number`);
  return value;
}

function place<T>(list: readonly T[], value: T): number {
  const found = list.indexOf(value);
  if (found < 0) throw new TypeError(`${String(value)} is not one of ${list.join(', ')}`);
  return found;
}

function member<T>(list: readonly T[], value: unknown): T {
  const found = list[integerOf(value)];
  if (found === undefined) throw damaged('a stored choice');
  return found;
}

/** Throws `SqlTrouble` (damaged). */
export function decodePeerId(value: unknown): PeerId {
  const parsed = parsePeerId(decodeText(bytesOf(value)));
  if (parsed.isErr()) throw damaged('peer id');
  return parsed.value;
}

function decodeConversation(value: unknown): Entry['conversation'] {
  const parsed = parseConversationId(decodeText(bytesOf(value)));
  if (parsed.isErr()) throw damaged('conversation id');
  return parsed.value;
}
