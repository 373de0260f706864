/**
 * Transcripts: entries of the history and their states as events, and entries as lines of a file. Pure. Times in the text form are local, as
 * the oldest dialect writes them (dialects section 1), elsewhere ISO 8601 UTC.
 */
import type { MessageId } from '../../ids.js';
import { wordsOf, type DeliveryState, type Entry } from './entry.js';
import type { MessageEvent, OperationEvent, StatusEvent, TimerEvent } from '../events.js';

import { unreachable } from '../../exhaustive.js';

/** One line of the format of the oldest dialect. */
export interface OldLine {
  /** Local time of this machine, ms; whole seconds. */
  readonly atMs: number;
  readonly address: string;
  readonly name: string;
  readonly direction: 'in' | 'out';
  readonly text: string;
}

/** Makes the event of an entry; null: the entry is not a message. */
export function messageEventOf(line: Entry): MessageEvent | null {
  const file = fileOf(line);
  const text = file?.name ?? wordsOf(line.content);
  if (text === null) return null;
  const event: { -readonly [Field in keyof MessageEvent]: MessageEvent[Field] } = {
    type: 'message',
    seq: line.seq,
    id: line.id,
    direction: line.direction,
    peer: line.peer,
    peerId: line.peerId,
    conversation: line.conversation,
    text,
    sentAt: isoTime(line.sentAtMs),
    receivedAt: isoTime(line.receivedAtMs),
    dialect: line.dialect,
    encryption: line.encryption,
    verified: line.verified,
  };
  if (file !== null) event.file = file;
  if (line.expiresAtMs !== undefined) event.expiresAt = isoTime(line.expiresAtMs);
  if (line.direction === 'out') {
    event.state = line.state;
    if (line.readAtMs !== undefined) event.readAt = isoTime(line.readAtMs);
  }
  const isPlain = line.content.type === 'text' && line.content.replyTo === undefined;
  // Most messages of a flood are as they were sent, so they are copied once.
  return isPlain && line.revised === undefined ? event : { ...event, ...changesOf(line) };
}

/** The fields of a message that answers another one, or that operations have changed. */
function changesOf({ content, revised }: Entry): Partial<MessageEvent> {
  const replyTo = content.type === 'text' ? content.replyTo : undefined;
  const { editedAtMs = null, isDeleted = false, reactions = [], earlier = [] } = revised ?? {};
  return {
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(editedAtMs === null ? {} : { editedAt: isoTime(editedAtMs) }),
    ...(isDeleted ? { deleted: true } : {}),
    ...(reactions.length === 0
      ? {}
      : { reactions: reactions.map(({ emoji, author }) => ({ emoji, by: bySide[author] })) }),
    ...(earlier.length === 0
      ? {}
      : { revisions: earlier.map(({ text, atMs }) => ({ text, at: isoTime(atMs) })) }),
  };
}

/** Makes the event of a state. */
export const status = (id: MessageId, peer: string, state: DeliveryState): StatusEvent => ({
  type: 'status',
  id,
  peer,
  state,
});

const bySide = { in: 'peer', out: 'me' } as const;

/** Makes the event of an entry; null: the entry is of a kind that is not shown. */
export function eventOf(entry: Entry): MessageEvent | OperationEvent | TimerEvent | null {
  const { content, direction } = entry;
  switch (content.type) {
    case 'edit':
      return {
        type: 'edit',
        ...commonOf(entry),
        target: content.target,
        text: content.text,
        rev: content.revision,
      };
    case 'delete':
      return { type: 'delete', ...commonOf(entry), target: content.target };
    case 'reaction': {
      const { target, emoji, isOn: on } = content;
      return { type: 'reaction', ...commonOf(entry), target, emoji, on, by: bySide[direction] };
    }
    case 'timer':
      return { type: 'timer', ...commonOf(entry), seconds: content.seconds };
    case 'text':
    case 'file-offer':
      return messageEventOf(entry);
    case 'unknown':
      return null;
    default:
      return unreachable(content);
  }
}

/** The fields that all operations have. */
const commonOf = ({ seq, id, direction, peer, peerId, conversation, receivedAtMs }: Entry) => ({
  seq,
  id,
  direction,
  peer,
  peerId,
  conversation,
  at: isoTime(receivedAtMs),
});

/** Returns what an entry offers; null: no files. */
function fileOf({ content }: Entry): NonNullable<MessageEvent['file']> | null {
  if (content.type !== 'file-offer') return null;
  const { name, files, bytes, comment } = content;
  return { name, files, bytes, ...(comment === '' ? {} : { comment }) };
}

/**
 * Formats a time as ISO 8601 UTC with milliseconds. A time outside the calendar, which a peer may claim, becomes the
 * nearest one.
 */
export function isoTime(ms: number): string {
  if (ms === latest.ms) return latest.text;
  if (ms !== before.ms) {
    const bounded = Math.min(Math.max(Number.isNaN(ms) ? 0 : ms, 0), lastYearMs);
    before = { ms, text: new Date(bounded).toISOString() };
  }
  [latest, before] = [before, latest];
  return latest.text;
}

/**
 * The two times that were formatted last: the entries of one batch share theirs, one of the sender and one of ours, and
 * formatting costs more than the rest of the event.
 */
let latest = { ms: 0, text: new Date(0).toISOString() };
let before = latest;

/**
 * Formats one line, `YYYY-MM-DD HH:MM:SS - IP - USERNAME - SENT|RECEIVED - TEXT`, without line end. One message is
 * one line: line ends and other controls in the text are written as `\n`, `\r` and `\uXXXX`, and a backslash is
 * doubled where it would be read as the start of one of these.
 */
export function formatOldLine(line: OldLine): string {
  const direction = line.direction === 'out' ? 'SENT' : 'RECEIVED';
  // The separator must not occur in the fields before the text, or the line would read otherwise.
  const [address, name] = [line.address, line.name].map((field) =>
    escapeLine(field).replace(/ -(?= |$)/g, ' \u2013'),
  );
  return `${localTime(line.atMs)} - ${address} - ${name} - ${direction} - ${escapeLine(line.text)}`;
}

/** The last millisecond of the year 9999: later ones have another form. */
const lastYearMs = 253_402_300_799_999;

/**
 * Formats a message as a line of the oldest dialect. `addressOf`: the last proved address of a peer; may be empty.
 */
export function oldLineOf(message: MessageEvent, addressOf: (peerId: string) => string): string {
  return formatOldLine({
    atMs: Date.parse(message.receivedAt),
    address: foreignHost(message.peerId) ?? addressOf(message.peerId),
    name: message.peer,
    direction: message.direction,
    text: message.text,
  });
}

/** Returns the host in the id of a foreign peer, which is its address. */
function foreignHost(peerId: string): string | null {
  return /^[a-z0-9]+:\/\/(\[[^\]]*\]|[^:]*)/.exec(peerId)?.[1] ?? null;
}

const two = (value: number): string => value.toString().padStart(2, '0');

function localTime(ms: number): string {
  const date = new Date(ms);
  const day = [date.getFullYear().toString().padStart(4, '0'), two(date.getMonth() + 1), two(date.getDate())];
  const time = [two(date.getHours()), two(date.getMinutes()), two(date.getSeconds())];
  return `${day.join('-')} ${time.join(':')}`;
}

/** Characters to escape: line ends, those that a terminal acts on, and lone surrogates, which no file can hold. */
const escaped = /[\u0000-\u0008\u000A-\u001F\u007F-\u009F\u2028\u2029\p{Bidi_Control}\p{Cs}]/u;
const escapedAll = new RegExp(`${escaped.source}|\\\\`, 'gu');

function escapeLine(text: string): string {
  return text.replace(escapedAll, (character, offset: number) => {
    if (character === '\n') return '\\n';
    if (character === '\r') return '\\r';
    if (character !== '\\') return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
    const following = text.charAt(offset + 1);
    return /[\\nru]/.test(following) || escaped.test(following) ? '\\\\' : '\\';
  });
}
