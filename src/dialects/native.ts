/**
 * The native dialect, which travels inside the DATA of a session. Several utterances follow each other in one
 * content, so that small messages share a record.
 *
 *   data    = (kind(u8) length(u32) body)…        an unknown kind is skipped and counted
 *   text    = id(16) sentAtMs(u48) UTF-8
 *   receipt = id(16)…
 *   profile = instance(8) UTF-8 name
 *   now     = what(u8) …                          1: types, seconds(u8); 2: stopped typing; 3: a status
 *                                                 (`wire/status.ts`); others are skipped and counted
 *   operation on a message, see `operations.ts`
 *   offer and other words about files, see `files.ts`
 *   inquiry = question or answer about the network, see `inquiry.ts`
 */
import { err, ok, type Result } from 'neverthrow';
import { unreachable } from '../exhaustive.js';
import type { DialectError } from './errors.js';
import { messageIdFromBytes, writeMessageId, type MessageId } from '../ids.js';
import {
  decodeFileWords,
  decodeOffer,
  encodeDataHead,
  encodeFileWords,
  encodeOffer,
  fileKind,
  type FileWords,
} from './files.js';
import { decodeInquiry, encodeInquiry, inquiryKind } from './inquiry.js';
import { decodeOperation, encodeOperation, operationKind } from './operations.js';
import { native as sessionLimits, text as textLimits } from './limits.js';
import { wireV1 } from '../wire/limits.js';
import { ByteReader, ByteWriter, copy, toHex } from '../wire/bytes.js';
import { encodeControl, magic } from '../wire/frames.js';
import { decodeStatus, encodeStatus } from '../wire/status.js';
import type { Dialect, Sniffed, Utterance } from './dialect.js';
import { decodeUtf8 } from '../wire/utf8.js';

/** The kinds that this version reads and writes. */
export const kind = {
  text: 1,
  receipt: 2,
  profile: 3,
  now: 10,
  ...inquiryKind,
  ...operationKind,
  ...fileKind,
} as const;

/** Subjects of the kind `now`, which matters at this moment alone: it has neither id nor receipt. */
const now = { typing: 1, stopped: 2, status: 3 } as const;

/** A range of kinds that a later version gives a meaning, both ends included. */
interface ReservedKinds {
  readonly first: number;
  readonly last: number;
  readonly use: string;
}

/**
 * The kinds that have an owner; all others are free. A number is never given twice. An older node skips and counts the
 * kinds that it does not know, so a kind that the peer must not miss goes only to a peer whose `features` have its bit.
 */
export const reservedKinds: readonly ReservedKinds[] = [
  { first: 16, last: 24, use: 'rooms' },
  { first: 41, last: 41, use: 'files: chunks that a member of a room has' },
  { first: 48, last: 49, use: 'proofs' },
  { first: 64, last: 79, use: 'hub' },
];

const idBytes = 16;
const textHeaderBytes = idBytes + 6;
const instanceBytes = 8;
const timeMax = 2 ** 48 - 1;

/** The dialect. One utterance with its header is a frame; a session packs many of them (`pack`). */
export const native: Dialect<Uint8Array> = {
  name: 'native',
  framing: { type: 'length-prefixed' },
  can: {
    receipts: true,
    connection: 'conversation',
    encryption: ['noise'],
    textBytesMax: textLimits.messageBytesMax,
  },
  sniff(first): Sniffed {
    const seen = Math.min(first.length, magic.length);
    for (let i = 0; i < seen; i += 1) if (first[i] !== magic[i]) return 'no';
    return seen < magic.length ? 'need-more' : 'yes';
  },
  decode(frame) {
    return unpack(frame).andThen((utterances) => {
      const [utterance] = utterances;
      return utterance === undefined || utterances.length > 1
        ? err<Utterance, DialectError>(unsupported('not one utterance'))
        : ok(utterance);
    });
  },
  encode(utterance) {
    const writer = new ByteWriter();
    return write(writer, utterance).map(() => writer.finish());
  },
};

/**
 * Packs utterances into contents for DATA, in order: small ones share a record, a larger one stands alone (it is
 * fragmented). `connect` and `leave` are left out, since a session expresses them by opening and closing. Errors:
 * `dialect/malformed` (no id, ill-formed text), `dialect/too-long`; nothing may be sent then.
 */
export function pack(utterances: readonly Utterance[]): Result<readonly Uint8Array[], DialectError> {
  const writer = new ByteWriter(wireV1.recordContentBytesMax);
  const ends: number[] = [];
  let start = 0;
  for (const utterance of utterances.flatMap(splitReceipt)) {
    const before = writer.length;
    const written = write(writer, utterance);
    if (written.isErr()) {
      if (written.error.code === 'dialect/unsupported') continue;
      return err(written.error);
    }
    if (before > start && writer.length - start > wireV1.recordContentBytesMax) {
      ends.push(before);
      start = before;
    }
  }
  if (writer.length > start) ends.push(writer.length);
  const whole = writer.view();
  return ok(ends.map((end, i) => whole.subarray(ends[i - 1] ?? 0, end)));
}

/**
 * Packs a word about files as a content of its own, in two parts: the second one is the bytes of a file, which are not
 * copied. Throws where it exceeds a record: its maker bounds it.
 */
export function packFileWords(words: FileWords): readonly [Uint8Array, Uint8Array] {
  const bytes = words.type === 'data' ? words.bytes : nothing;
  const body = words.type === 'data' ? encodeDataHead(words) : encodeFileWords(words);
  const bodyBytes = body.length + bytes.length;
  const head = new ByteWriter(body.length + 5).u8(fileKind[words.type]).u32(bodyBytes).bytes(body).view();
  if (head.length + bytes.length > wireV1.bulkContentBytesMax)
    throw new Error('a word about files is too long');
  return [head, bytes];
}

const nothing = new Uint8Array(0);

/** Reads the utterances in the content of DATA. Errors: `dialect/malformed`, `dialect/too-long`. */
export function unpack(data: Uint8Array): Result<readonly Utterance[], DialectError> {
  const reader = new ByteReader(data);
  const utterances: Utterance[] = [];
  while (reader.remaining > 0) {
    const code = reader.u8();
    const body = reader.take(reader.u32());
    if (reader.isShort) return err(malformed('an incomplete utterance'));
    const read = readBody(code, body);
    if (read.isErr()) return err(read.error);
    utterances.push(read.value);
  }
  return ok(utterances);
}

/** Encodes BUSY, which the transport sends to a connection that it cannot serve. */
export const encodeBusy = (retryAfterMs: number): Uint8Array =>
  encodeControl({ control: 'busy', retryAfterSeconds: Math.ceil(retryAfterMs / 1_000) });

function write(writer: ByteWriter, utterance: Utterance): Result<void, DialectError> {
  switch (utterance.type) {
    case 'text':
      return writeText(writer, utterance.id, utterance.sentAtMs, utterance.text);
    case 'receipt': {
      if (utterance.ids.length > sessionLimits.receiptIdsMax)
        return err(tooLong(sessionLimits.receiptIdsMax));
      writer.u8(kind.receipt).u32(utterance.ids.length * idBytes);
      const window = writer.window(utterance.ids.length * idBytes);
      for (const [i, id] of utterance.ids.entries()) writeMessageId(id, window, i * idBytes);
      return ok(undefined);
    }
    case 'profile':
      return writeProfile(writer, utterance.name, utterance.instance);
    case 'status': {
      const status = encodeStatus(utterance.status);
      writer
        .u8(kind.now)
        .u32(1 + status.length)
        .u8(now.status);
      writer.window(status.length).set(status);
      return ok(undefined);
    }
    case 'typing': {
      const { seconds } = utterance;
      if (seconds === 0) writer.u8(kind.now).u32(1).u8(now.stopped);
      else writer.u8(kind.now).u32(2).u8(now.typing).u8(seconds);
      return ok(undefined);
    }
    case 'inquiry': {
      const code = kind[utterance.inquiry.kind];
      return encodeInquiry(utterance.inquiry).map((body) => {
        writer.u8(code).u32(body.length).bytes(body);
      });
    }
    case 'operation':
      return encodeOperation(utterance).map(({ code, body }) => {
        writer.u8(code).u32(body.length).bytes(body);
      });
    case 'offer':
      return encodeOffer(utterance.id, utterance.sentAtMs, utterance.offer).map((body) => {
        writer.u8(fileKind.offer).u32(body.length).bytes(body);
      });
    case 'file': {
      const body = encodeFileWords(utterance.words);
      writer.u8(fileKind[utterance.words.type]).u32(body.length).bytes(body);
      return ok(undefined);
    }
    case 'connect':
    case 'leave':
    case 'unknown':
      return err(unsupported(utterance.type));
    default:
      return unreachable(utterance);
  }
}

function writeText(
  writer: ByteWriter,
  id: MessageId | null,
  sentAtMs: number,
  text: string,
): Result<void, DialectError> {
  if (id === null) return err(malformed('a text needs an id'));
  if (!Number.isInteger(sentAtMs) || sentAtMs < 0 || sentAtMs > timeMax) return err(malformed('time'));
  // A UTF-16 unit takes a byte at least, so a text that is far too long is refused before it is encoded.
  if (text.length > textLimits.messageBytesMax) return err(tooLong(textLimits.messageBytesMax));
  const start = writer.length;
  writer.u8(kind.text).u32(0);
  writeMessageId(id, writer.window(idBytes), 0);
  writer.u48(sentAtMs);
  return writeUtf8(writer, text, textLimits.messageBytesMax).map((bytes) =>
    writer.setU32(start + 1, textHeaderBytes + bytes),
  );
}

function writeProfile(writer: ByteWriter, name: string, instance: string): Result<void, DialectError> {
  if (!instanceShape.test(instance)) return err(malformed('instance'));
  const start = writer.length;
  writer.u8(kind.profile).u32(0);
  for (let i = 0; i < instance.length; i += 2) writer.u8(Number.parseInt(instance.slice(i, i + 2), 16));
  return writeUtf8(writer, name, textLimits.nameBytesMax).map((bytes) =>
    writer.setU32(start + 1, instanceBytes + bytes),
  );
}

/** Returns the written bytes. After an error they must not be sent. */
function writeUtf8(writer: ByteWriter, text: string, bytesMax: number): Result<number, DialectError> {
  // The encoder would put U+FFFD for a lone surrogate: another text than the one that was said.
  if (loneSurrogate.test(text)) return err(malformed('ill-formed text'));
  const room = Math.min(text.length * 3, bytesMax);
  const { read, written } = encoder.encodeInto(text, writer.window(room));
  if (read < text.length) return err(tooLong(bytesMax));
  writer.drop(room - written);
  return ok(written);
}

function readBody(code: number, body: Uint8Array): Result<Utterance, DialectError> {
  switch (code) {
    case kind.text: {
      if (body.length < textHeaderBytes) return err(malformed('text'));
      if (body.length > textHeaderBytes + textLimits.messageBytesMax)
        return err(tooLong(textLimits.messageBytesMax));
      const text = decodeUtf8(body.subarray(textHeaderBytes)).unwrapOr(null);
      if (text === null) return err(malformed('text is not UTF-8'));
      const sentAtMs = new ByteReader(body.subarray(idBytes)).u48();
      return ok({ type: 'text', id: messageIdFromBytes(body), sentAtMs, text });
    }
    case kind.receipt: {
      const count = body.length / idBytes;
      if (!Number.isInteger(count)) return err(malformed('receipt'));
      if (count > sessionLimits.receiptIdsMax) return err(tooLong(sessionLimits.receiptIdsMax));
      const ids = Array.from({ length: count }, (_, i) => messageIdFromBytes(body, i * idBytes));
      return ok({ type: 'receipt', ids });
    }
    case kind.profile: {
      if (body.length < instanceBytes) return err(malformed('profile'));
      if (body.length > instanceBytes + textLimits.nameBytesMax) return err(tooLong(textLimits.nameBytesMax));
      const name = decodeUtf8(body.subarray(instanceBytes)).unwrapOr(null);
      if (name === null) return err(malformed('name is not UTF-8'));
      return ok({ type: 'profile', name, instance: toHex(copy(body, 0, instanceBytes)) });
    }
    case kind.now: {
      const [what, seconds = 0] = body;
      if (what === now.stopped || (what === now.typing && seconds > 0))
        return ok({ type: 'typing', seconds: what === now.stopped ? 0 : seconds });
      const status = what === now.status ? decodeStatus(body.subarray(1)) : null;
      return ok(
        status === null ? { type: 'unknown', kind: code, bytes: body.length } : { type: 'status', status },
      );
    }
    case kind.question:
      return decodeInquiry('question', body).map((inquiry) => ({ type: 'inquiry', inquiry }));
    case kind.answer:
      return decodeInquiry('answer', body).map((inquiry) => ({ type: 'inquiry', inquiry }));
    case kind.extendedText:
    case kind.edit:
    case kind.delete:
    case kind.reaction:
    case kind.read:
    case kind.timer:
      return decodeOperation(code, body).map((operation) => ({ type: 'operation', ...operation }));
    case fileKind.offer:
      return decodeOffer(body).map((message) => ({ type: 'offer', ...message }));
    default: {
      const type = fileWordsOf.get(code);
      if (type === undefined) return ok({ type: 'unknown', kind: code, bytes: body.length });
      return decodeFileWords(type, body).map((words) => ({ type: 'file', words }));
    }
  }
}

const fileWordsOf: ReadonlyMap<number, FileWords['type']> = new Map(
  (['consent', 'manifest', 'pull', 'hash', 'data', 'root', 'stop', 'stored'] as const).map((type) => [
    fileKind[type],
    type,
  ]),
);

/** A receipt for more messages than one may name is several. */
function splitReceipt(utterance: Utterance): readonly Utterance[] {
  if (utterance.type !== 'receipt' || utterance.ids.length <= sessionLimits.receiptIdsMax) return [utterance];
  const parts: Utterance[] = [];
  for (let i = 0; i < utterance.ids.length; i += sessionLimits.receiptIdsMax)
    parts.push({ type: 'receipt', ids: utterance.ids.slice(i, i + sessionLimits.receiptIdsMax) });
  return parts;
}

const encoder = new TextEncoder();
const loneSurrogate = /\p{Surrogate}/u;
const instanceShape = /^[0-9a-f]{16}$/;

const malformed = (detail: string): DialectError => ({
  code: 'dialect/malformed',
  dialect: 'native',
  detail,
});
const tooLong = (limitBytes: number): DialectError => ({
  code: 'dialect/too-long',
  dialect: 'native',
  limitBytes,
});
const unsupported = (what: string): DialectError => ({
  code: 'dialect/unsupported',
  dialect: 'native',
  what,
});
