/**
 * Words about the network between two native peers: a question what arrived, and its answer. They are not kept, and a
 * node that does not know them skips them.
 *
 *   question (kind 56) = id(8) tcpPort(u16)
 *   answer   (kind 57) = id(8) clock(u48 ms) seenAt dialBack(u8) dialProblem count(u8) (address via ageMs(u32))…
 *   each text          = length(u8) UTF-8
 *
 * Bytes behind the known fields are ignored, so that a later version can add some.
 */
import { err, ok, type Result } from 'neverthrow';
import type { DialectError } from './errors.js';
import { inquiry as limits } from './limits.js';
import { ByteReader, ByteWriter, fromHex, toHex } from '../wire/bytes.js';

/** An announcement of the asker that arrived at the answering node. */
export interface ArrivedThere {
  readonly address: string;
  /** Interface of the answering node; empty: unknown. */
  readonly via: string;
  readonly ageMs: number;
}

/** Outcome of an attempt of the answering node to connect to the asker. */
export type DialBack = 'untried' | 'reached' | 'failed';

/** One statement. `id`: 8 bytes in hex, which tie the answer to the question. */
export type Inquiry =
  /** Asks what arrived. `tcpPort`: the port of the asker, to which the other side may connect. */
  | { readonly kind: 'question'; readonly id: string; readonly tcpPort: number }
  | {
      readonly kind: 'answer';
      readonly id: string;
      /** Wall clock of the answering node, ms. */
      readonly clockMs: number;
      /** Address of the asker as the answering node sees it. */
      readonly seenAt: string;
      readonly dialBack: DialBack;
      /** Error code of a failed attempt; else empty. */
      readonly dialProblem: string;
      readonly arrived: readonly ArrivedThere[];
    };

/** The kinds of inquiries on the wire. */
export const inquiryKind = { question: 56, answer: 57 } as const;

const idBytes = 8;
const outcomes: readonly DialBack[] = ['untried', 'reached', 'failed'];

/** Encodes the body. Errors: `dialect/malformed` (an id that is not 8 bytes in hex). Longer texts and lists are cut. */
export function encodeInquiry(inquiry: Inquiry): Result<Uint8Array, DialectError> {
  if (!/^[0-9a-f]{16}$/.test(inquiry.id)) return err(malformed('id'));
  const writer = new ByteWriter().bytes(fromHex(inquiry.id));
  if (inquiry.kind === 'question') return ok(writer.u16(inquiry.tcpPort).finish());
  writer.u48(Math.max(0, Math.round(inquiry.clockMs)));
  writeText(writer, inquiry.seenAt);
  writer.u8(Math.max(0, outcomes.indexOf(inquiry.dialBack)));
  writeText(writer, inquiry.dialProblem);
  const arrived = inquiry.arrived.slice(0, limits.arrivedMax);
  writer.u8(arrived.length);
  for (const { address, via, ageMs } of arrived) {
    writeText(writer, address);
    writeText(writer, via);
    writer.u32(Math.min(Math.max(0, Math.round(ageMs)), 0xffff_ffff));
  }
  return ok(writer.finish());
}

/** Decodes the body of a question or an answer. Errors: `dialect/malformed`. */
export function decodeInquiry(kind: Inquiry['kind'], body: Uint8Array): Result<Inquiry, DialectError> {
  const reader = new ByteReader(body);
  const id = toHex(reader.take(idBytes));
  if (kind === 'question') {
    const tcpPort = reader.u16();
    return reader.isShort ? err(malformed('question')) : ok({ kind, id, tcpPort });
  }
  const clockMs = reader.u48();
  const seenAt = readText(reader);
  const dialBack = outcomes[reader.u8()];
  const dialProblem = readText(reader);
  const count = reader.u8();
  if (count > limits.arrivedMax || dialBack === undefined) return err(malformed('answer'));
  const arrived = Array.from({ length: count }, () => {
    const address = readText(reader);
    return { address, via: readText(reader), ageMs: reader.u32() };
  });
  if (reader.isShort) return err(malformed('answer'));
  return ok({ kind, id, clockMs, seenAt, dialBack, dialProblem, arrived });
}

function writeText(writer: ByteWriter, text: string): void {
  const bytes = new TextEncoder().encode(text.slice(0, limits.textCharsMax));
  const kept = bytes.subarray(0, limits.textCharsMax);
  writer.u8(kept.length).bytes(kept);
}

/** Reads a text. Only printable ASCII is left, since a peer chose it and people read it. */
const readText = (reader: ByteReader): string =>
  new TextDecoder().decode(reader.take(reader.u8())).replaceAll(/[^\x20-\x7e]/g, '?');

const malformed = (detail: string): DialectError => ({
  code: 'dialect/malformed',
  dialect: 'native',
  detail: `inquiry: ${detail}`,
});
