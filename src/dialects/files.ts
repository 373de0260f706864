/**
 * Words about files between two native peers (kinds 32 to 40). An offer is kept and acknowledged like a text; all
 * others matter within a session, and are said again in the next one.
 *
 *   offer    (32) = id(16) sentAtMs(u48) files(u32) dirs(u32) bytes(u48) manifestBytes(u32) chunkBytes(u32) flags(u8)
 *                   expiresS(u32) manifestHash(32) [root(32)] nameLen(u16) name commentLen(u16) comment
 *   consent  (33) = id answer(u8: 1 accept, 2 decline, 3 later) reason(u8)
 *   manifest (34) = id offset(u32) bytes             without bytes it asks for those from the offset on
 *   pull     (35) = id first(u32) count(u16)         a count of 0 asks for the root
 *   hash     (36) = id first(u32) hash(32)…
 *   data     (37) = id chunk(u32) offset(u32) bytes
 *   root     (38) = id root(32)
 *   stop     (39) = id reason(u8)
 *   stored   (40) = id root(32)
 *
 * Bytes behind the known fields of an offer are ignored, so that a later version can add some.
 */
import { err, ok, type Result } from 'neverthrow';
import type { DialectError } from './errors.js';
import { files as limits } from './limits.js';
import { messageIdFromBytes, writeMessageId, type MessageId } from '../ids.js';
import { ByteReader, ByteWriter, fromHex, toHex } from '../wire/bytes.js';
import { decodeUtf8 } from '../wire/utf8.js';

/** The fields of an offer. */
export interface FileOffer {
  /** Name for the user: of the one file or folder, or of the first of several. */
  readonly name: string;
  readonly files: number;
  readonly directories: number;
  readonly bytes: number;
  readonly manifestBytes: number;
  readonly manifestHash: string;
  readonly chunkBytes: number;
  readonly isFolder: boolean;
  /** Hex; null: the sender has not read everything yet. */
  readonly root: string | null;
  readonly expiresSeconds: number;
  readonly comment: string;
}

/** Why a transfer ended, or was declined. */
export type StopReason =
  | 'cancelled'
  /** A source changed after the offer. */
  | 'changed'
  | 'gone'
  | 'io'
  /** The settings of the receiver refuse it. */
  | 'policy'
  | 'full'
  | 'expired'
  /** The acknowledgement of an end. */
  | 'known';

/** One word about a transfer, for the time of a session. */
export type FileWords =
  | {
      readonly type: 'consent';
      readonly id: MessageId;
      readonly answer: 'accept' | 'decline' | 'later';
      readonly reason: StopReason;
    }
  | {
      readonly type: 'manifest';
      readonly id: MessageId;
      readonly offset: number;
      readonly bytes: Uint8Array;
    }
  | { readonly type: 'pull'; readonly id: MessageId; readonly first: number; readonly count: number }
  | { readonly type: 'hash'; readonly id: MessageId; readonly first: number; readonly hashes: Uint8Array }
  | {
      readonly type: 'data';
      readonly id: MessageId;
      readonly chunk: number;
      readonly offset: number;
      readonly bytes: Uint8Array;
    }
  | { readonly type: 'root'; readonly id: MessageId; readonly root: Uint8Array }
  | { readonly type: 'stored'; readonly id: MessageId; readonly root: Uint8Array }
  | { readonly type: 'stop'; readonly id: MessageId; readonly reason: StopReason };

/** Bytes that a word brings, as far as its sender chooses how many: they count against the credit of its session. */
export function bytesOfWords(words: FileWords): number {
  if (words.type === 'data' || words.type === 'manifest') return words.bytes.length;
  return words.type === 'hash' ? words.hashes.length : 0;
}

/** Kinds of utterances about files. */
export const fileKind = {
  offer: 32,
  consent: 33,
  manifest: 34,
  pull: 35,
  hash: 36,
  data: 37,
  root: 38,
  stop: 39,
  stored: 40,
} as const;

const answers = ['accept', 'decline', 'later'] as const;
const reasons = ['cancelled', 'changed', 'gone', 'io', 'policy', 'full', 'expired', 'known'] as const;
const flag = { isRootKnown: 1, isFolder: 2 } as const;
const idBytes = 16;
const hashBytes = 32;

/** Encodes an offer. Errors: `dialect/malformed`, `dialect/too-long` (its name or comment). */
export function encodeOffer(
  id: MessageId,
  sentAtMs: number,
  offer: FileOffer,
): Result<Uint8Array, DialectError> {
  const name = encoder.encode(offer.name);
  const comment = encoder.encode(offer.comment);
  if (name.length > limits.nameBytesMax) return tooLong(limits.nameBytesMax);
  if (comment.length > limits.commentBytesMax) return tooLong(limits.commentBytesMax);
  const { root, isFolder } = offer;
  const flags = (root === null ? 0 : flag.isRootKnown) | (isFolder ? flag.isFolder : 0);
  const writer = opened(id)
    .u48(sentAtMs)
    .u32(offer.files)
    .u32(offer.directories)
    .u48(offer.bytes)
    .u32(offer.manifestBytes)
    .u32(offer.chunkBytes)
    .u8(flags)
    .u32(offer.expiresSeconds)
    .bytes(fromHex(offer.manifestHash));
  if (root !== null) writer.bytes(fromHex(root));
  return ok(writer.u16(name.length).bytes(name).u16(comment.length).bytes(comment).finish());
}

/** An offer with the fields of its message. */
export interface OfferMessage {
  readonly id: MessageId;
  readonly sentAtMs: number;
  readonly offer: FileOffer;
}

/** Decodes an offer. Errors: `dialect/malformed`, `dialect/too-long`. */
export function decodeOffer(body: Uint8Array): Result<OfferMessage, DialectError> {
  if (body.length > limits.offerBytesMax) return tooLong(limits.offerBytesMax);
  const reader = new ByteReader(body);
  const idAt = reader.take(idBytes);
  const sentAtMs = reader.u48();
  const [files, directories, bytes] = [reader.u32(), reader.u32(), reader.u48()];
  const [manifestBytes, chunkBytes, flags, expiresSeconds] = [
    reader.u32(),
    reader.u32(),
    reader.u8(),
    reader.u32(),
  ];
  const manifestHash = toHex(reader.take(hashBytes));
  const root = (flags & flag.isRootKnown) === 0 ? null : toHex(reader.take(hashBytes));
  const nameLength = reader.u16();
  if (nameLength > limits.nameBytesMax) return tooLong(limits.nameBytesMax);
  const name = decodeUtf8(reader.take(nameLength)).unwrapOr(null);
  const commentLength = reader.u16();
  if (commentLength > limits.commentBytesMax) return tooLong(limits.commentBytesMax);
  const comment = decodeUtf8(reader.take(commentLength)).unwrapOr(null);
  if (reader.isShort || name === null || comment === null) return malformed('file offer');
  const isFolder = (flags & flag.isFolder) !== 0;
  const sizes = { files, directories, bytes, manifestBytes, chunkBytes, expiresSeconds };
  const offer: FileOffer = { name, comment, manifestHash, root, isFolder, ...sizes };
  return ok({ id: messageIdFromBytes(idAt), sentAtMs, offer });
}

/** Encodes a word about a transfer. */
export function encodeFileWords(words: FileWords): Uint8Array {
  const writer = opened(words.id);
  switch (words.type) {
    case 'consent':
      return writer
        .u8(answers.indexOf(words.answer) + 1)
        .u8(reasons.indexOf(words.reason) + 1)
        .view();
    case 'manifest':
      return writer.u32(words.offset).bytes(words.bytes).view();
    case 'pull':
      return writer.u32(words.first).u16(words.count).view();
    case 'hash':
      return writer.u32(words.first).bytes(words.hashes).view();
    case 'data':
      return writer.u32(words.chunk).u32(words.offset).bytes(words.bytes).view();
    case 'root':
    case 'stored':
      return writer.bytes(words.root).view();
    case 'stop':
      return writer.u8(reasons.indexOf(words.reason) + 1).view();
    default:
      return words satisfies never;
  }
}

/** Encodes the fields of `data` before its bytes. */
export const encodeDataHead = ({
  id,
  chunk,
  offset,
}: Extract<FileWords, { readonly type: 'data' }>): Uint8Array => opened(id).u32(chunk).u32(offset).view();

/** Decodes a word about a transfer. The bytes of data stay a view. Errors: `dialect/malformed`. */
export function decodeFileWords(type: FileWords['type'], body: Uint8Array): Result<FileWords, DialectError> {
  const reader = new ByteReader(body);
  const idAt = reader.take(idBytes);
  if (reader.isShort) return malformed(`file ${type}`);
  const id = messageIdFromBytes(idAt);
  const words = fieldsOf(type, id, reader);
  return words === null || reader.isShort ? malformed(`file ${type}`) : ok(words);
}

function fieldsOf(type: FileWords['type'], id: MessageId, reader: ByteReader): FileWords | null {
  switch (type) {
    case 'consent': {
      const answer = answers[reader.u8() - 1];
      const reason = reasons[reader.u8() - 1];
      return answer === undefined ? null : { type, id, answer, reason: reason ?? 'cancelled' };
    }
    case 'manifest':
      return { type, id, offset: reader.u32(), bytes: reader.take(reader.remaining) };
    case 'pull':
      return { type, id, first: reader.u32(), count: reader.u16() };
    case 'hash': {
      const first = reader.u32();
      const hashes = reader.take(reader.remaining);
      const count = hashes.length / hashBytes;
      const isWhole = Number.isInteger(count) && count > 0 && count <= limits.hashesMax;
      return isWhole ? { type, id, first, hashes } : null;
    }
    case 'data': {
      const [chunk, offset] = [reader.u32(), reader.u32()];
      const bytes = reader.take(reader.remaining);
      return bytes.length === 0 ? null : { type, id, chunk, offset, bytes };
    }
    case 'root':
    case 'stored':
      return { type, id, root: reader.take(hashBytes) };
    case 'stop': {
      const reason = reasons[reader.u8() - 1];
      return { type, id, reason: reason ?? 'cancelled' };
    }
    default:
      return type satisfies never;
  }
}

function opened(id: MessageId): ByteWriter {
  const writer = new ByteWriter(128);
  writeMessageId(id, writer.window(idBytes), 0);
  return writer;
}

const encoder = new TextEncoder();

const malformed = (detail: string) =>
  err<never, DialectError>({ code: 'dialect/malformed', dialect: 'native', detail });
const tooLong = (limitBytes: number) =>
  err<never, DialectError>({ code: 'dialect/too-long', dialect: 'native', limitBytes });
