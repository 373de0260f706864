/**
 * Operations on messages between two native peers. Each has an id and a receipt, as a text has.
 *
 *   operation     = id(16) sentAtMs(u48) rest
 *   text    (4)   = fieldsBytes(u16) fields UTF-8        field = type(u8) length(u16) value: 1 the id answered to,
 *                                                        2 the seconds (u32) after which the text disappears
 *   edit    (5)   = target(16) revision(u16) UTF-8
 *   delete  (6)   = target(16)
 *   reaction (7)  = target(16) revision(u16) isOn(u8) UTF-8
 *   read     (8)  = upTo(16) count(u8) id(16)…          the newest message of the other side that was read, and older
 *                                                        ones that were not; the count and the ids may be missing
 *   timer    (9)  = seconds(u32)                        texts disappear after this time from now on; 0: they stay
 *
 * Bytes behind the known fields of `delete`, `read` and `timer` are ignored. A peer that announces the feature
 * `messageOperations` understands all but `timer` and the field 2, for which the feature is `timers`. An operation whose rest cannot be read is `unreadable`: it gets its receipt, or it would come
 * for ever.
 */
import { err, ok, type Result } from 'neverthrow';
import { unreachable } from '../exhaustive.js';
import { messageIdFromBytes, writeMessageId, type MessageId } from '../ids.js';
import { ByteReader, ByteWriter } from '../wire/bytes.js';
import { decodeUtf8 } from '../wire/utf8.js';
import { isEmoji } from './emoji.js';
import type { DialectError } from './errors.js';
import { operation as limits, text as textLimits } from './limits.js';

/** One operation. */
export type Operation =
  /** A text with properties. `replyTo`: the message that it answers. `ttlSeconds`: time until it disappears; 0: it stays. */
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly replyTo: MessageId | null;
      readonly ttlSeconds: number;
    }
  | {
      readonly kind: 'edit';
      readonly target: MessageId;
      readonly revision: number;
      readonly text: string;
    }
  | { readonly kind: 'delete'; readonly target: MessageId }
  | {
      readonly kind: 'reaction';
      readonly target: MessageId;
      readonly revision: number;
      readonly emoji: string;
      readonly isOn: boolean;
    }
  /** The user has read the messages of the other side up to this one, but `unread`. It is a mark: it changes no message. */
  | { readonly kind: 'read'; readonly upTo: MessageId; readonly unread: readonly MessageId[] }
  /** Texts of the conversation disappear after this time from now on; 0: they stay. */
  | { readonly kind: 'timer'; readonly seconds: number }
  | { readonly kind: 'unreadable'; readonly code: number };

/** An operation that is kept as an entry: each one but a mark. */
export type ChangingOperation = Exclude<Operation, { readonly kind: 'read' }>;

/** An operation with its id and the time at which its sender made it. */
export interface SentOperation {
  readonly id: MessageId;
  readonly sentAtMs: number;
  readonly operation: Operation;
}

/** The kinds on the wire. */
export const operationKind = { extendedText: 4, edit: 5, delete: 6, reaction: 7, read: 8, timer: 9 } as const;

const field = { replyTo: 1, ttlSeconds: 2 } as const;
const idBytes = 16;
const headBytes = idBytes + 6;
const timeMax = 2 ** 48 - 1;

/** Encodes the kind and the body. Errors: `dialect/malformed`, `dialect/too-long`. */
export function encodeOperation({
  id,
  sentAtMs,
  operation,
}: SentOperation): Result<{ readonly code: number; readonly body: Uint8Array }, DialectError> {
  if (!Number.isInteger(sentAtMs) || sentAtMs < 0 || sentAtMs > timeMax) return err(malformed('time'));
  const writer = new ByteWriter();
  writeMessageId(id, writer.window(idBytes), 0);
  writer.u48(sentAtMs);
  const done = (code: number) => ok({ code, body: writer.finish() });
  switch (operation.kind) {
    case 'text': {
      const { replyTo, ttlSeconds } = operation;
      if (ttlSeconds !== 0 && !isTtl(ttlSeconds)) return err(malformed('seconds'));
      writer.u16((replyTo === null ? 0 : 3 + idBytes) + (ttlSeconds === 0 ? 0 : 3 + 4));
      if (replyTo !== null) {
        writer.u8(field.replyTo).u16(idBytes);
        writeMessageId(replyTo, writer.window(idBytes), 0);
      }
      if (ttlSeconds !== 0) writer.u8(field.ttlSeconds).u16(4).u32(ttlSeconds);
      return writeText(writer, operation.text).andThen(() => done(operationKind.extendedText));
    }
    case 'edit':
      writeMessageId(operation.target, writer.window(idBytes), 0);
      if (!isRevision(operation.revision)) return err(malformed('revision'));
      writer.u16(operation.revision);
      return writeText(writer, operation.text).andThen(() => done(operationKind.edit));
    case 'delete':
      writeMessageId(operation.target, writer.window(idBytes), 0);
      return done(operationKind.delete);
    case 'reaction':
      writeMessageId(operation.target, writer.window(idBytes), 0);
      if (!isRevision(operation.revision) || !isEmoji(operation.emoji)) return err(malformed('reaction'));
      writer.u16(operation.revision).u8(operation.isOn ? 1 : 0);
      return writeText(writer, operation.emoji).andThen(() => done(operationKind.reaction));
    case 'read':
      writeMessageId(operation.upTo, writer.window(idBytes), 0);
      if (operation.unread.length > limits.unreadIdsMax) return err(tooLong(limits.unreadIdsMax));
      if (operation.unread.length > 0) writer.u8(operation.unread.length);
      for (const unread of operation.unread) writeMessageId(unread, writer.window(idBytes), 0);
      return done(operationKind.read);
    case 'timer':
      if (operation.seconds !== 0 && !isTtl(operation.seconds)) return err(malformed('seconds'));
      writer.u32(operation.seconds);
      return done(operationKind.timer);
    case 'unreadable':
      return err(malformed('unreadable'));
    default:
      return unreachable(operation);
  }
}

/** Decodes a body. Errors: `dialect/malformed` (shorter than an id and a time), `dialect/too-long`. */
export function decodeOperation(code: number, body: Uint8Array): Result<SentOperation, DialectError> {
  if (body.length < headBytes) return err(malformed('no id'));
  if (body.length > headBytes + limits.restBytesMax) return err(tooLong(limits.restBytesMax));
  const reader = new ByteReader(body);
  const id = messageIdFromBytes(reader.take(idBytes));
  const sentAtMs = reader.u48();
  const operation = readRest(code, reader);
  const isWhole = operation !== null && !reader.isShort;
  return ok({ id, sentAtMs, operation: isWhole ? operation : { kind: 'unreadable', code } });
}

function readRest(code: number, reader: ByteReader): Operation | null {
  switch (code) {
    case operationKind.extendedText: {
      const fields = readFields(new ByteReader(reader.take(reader.u16())));
      const text = readText(reader, textLimits.messageBytesMax);
      return fields === null || text === null ? null : { kind: 'text', text, ...fields };
    }
    case operationKind.edit: {
      const target = readId(reader);
      const revision = reader.u16();
      const text = readText(reader, textLimits.messageBytesMax);
      return text === null || !isRevision(revision) ? null : { kind: 'edit', target, revision, text };
    }
    case operationKind.delete:
      return { kind: 'delete', target: readId(reader) };
    case operationKind.reaction: {
      const target = readId(reader);
      const revision = reader.u16();
      const on = reader.u8();
      const emoji = readText(reader, limits.emojiBytesMax);
      if (emoji === null || !isEmoji(emoji) || !isRevision(revision) || on > 1) return null;
      return { kind: 'reaction', target, revision, emoji, isOn: on === 1 };
    }
    case operationKind.read:
      return readMark(reader);
    case operationKind.timer: {
      const seconds = reader.u32();
      return seconds === 0 || isTtl(seconds) ? { kind: 'timer', seconds } : null;
    }
    default:
      return null;
  }
}

/** Reads the fields of a text. Unknown ones are skipped; null: they cannot be read. */
function readFields(
  reader: ByteReader,
): { readonly replyTo: MessageId | null; readonly ttlSeconds: number } | null {
  let replyTo: MessageId | null = null;
  let ttlSeconds = 0;
  while (reader.remaining > 0) {
    const type = reader.u8();
    const value = reader.take(reader.u16());
    if (reader.isShort) return null;
    if (type === field.ttlSeconds) {
      if (value.length < 4 || ttlSeconds !== 0) return null;
      ttlSeconds = new ByteReader(value).u32();
      if (!isTtl(ttlSeconds)) return null;
    }
    if (type !== field.replyTo) continue;
    // In a room the author follows the id; in a conversation of two the id suffices.
    if (value.length < idBytes || replyTo !== null) return null;
    replyTo = messageIdFromBytes(value);
  }
  return { replyTo, ttlSeconds };
}

/** Reads a mark. A mark without a count excepts no message. */
function readMark(reader: ByteReader): Operation | null {
  const upTo = readId(reader);
  const count = reader.remaining === 0 ? 0 : reader.u8();
  if (count > limits.unreadIdsMax) return null;
  return { kind: 'read', upTo, unread: Array.from({ length: count }, () => readId(reader)) };
}

/** An id at the end of a body that is too short reads as zeros; the caller notices by `isShort`. */
function readId(reader: ByteReader): MessageId {
  const bytes = reader.take(idBytes);
  return messageIdFromBytes(bytes.length === idBytes ? bytes : new Uint8Array(idBytes));
}

/** Reads the rest as a text; null: it is empty, too long, or not UTF-8. */
function readText(reader: ByteReader, bytesMax: number): string | null {
  const bytes = reader.take(reader.remaining);
  return bytes.length === 0 || bytes.length > bytesMax ? null : decodeUtf8(bytes).unwrapOr(null);
}

function writeText(writer: ByteWriter, text: string): Result<void, DialectError> {
  if (text === '' || /\p{Surrogate}/u.test(text)) return err(malformed('text'));
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > textLimits.messageBytesMax) return err(tooLong(textLimits.messageBytesMax));
  writer.bytes(bytes);
  return ok(undefined);
}

const isTtl = (seconds: number): boolean =>
  Number.isInteger(seconds) && seconds >= limits.ttlSecondsMin && seconds <= limits.ttlSecondsMax;

const isRevision = (revision: number): boolean =>
  Number.isInteger(revision) && revision >= 1 && revision <= limits.revisionMax;

const malformed = (detail: string): DialectError => ({
  code: 'dialect/malformed',
  dialect: 'native',
  detail: `operation: ${detail}`,
});
const tooLong = (limitBytes: number): DialectError => ({
  code: 'dialect/too-long',
  dialect: 'native',
  limitBytes,
});
