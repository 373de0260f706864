/** The record of a transfer as its folder holds it. It is checked when it is read, since a disk is not trusted. Pure. */
import * as v from 'valibot';
import type { TransferRecord } from '../../chat/files/record.js';
import { parseMessageId, parsePeerId, type MessageId, type PeerId } from '../../ids.js';

/** Makes the text of a record. */
export const encodeRecord = (record: TransferRecord): string => JSON.stringify(record);

/** Reads the text of a record. Null: this program cannot have written it. */
export function decodeRecord(text: string): TransferRecord | null {
  try {
    const read = v.safeParse(record, JSON.parse(text));
    return read.success ? read.output : null;
  } catch {
    return null;
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';
const messageId = v.custom<MessageId>((value) => isText(value) && parseMessageId(value).isOk());
const peerId = v.custom<PeerId>((value) => isText(value) && parsePeerId(value).isOk());
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/u));
const texts = v.pipe(v.array(v.string()), v.readonly());

const offer = v.pipe(
  v.object({
    name: v.string(),
    files: count,
    directories: count,
    bytes: count,
    manifestBytes: count,
    manifestHash: hash,
    chunkBytes: count,
    isFolder: v.boolean(),
    root: v.nullable(hash),
    expiresSeconds: count,
    comment: v.string(),
  }),
  v.readonly(),
);

const source = v.pipe(v.object({ name: v.string(), path: v.string() }), v.readonly());

const record = v.pipe(
  v.object({
    id: messageId,
    peerId,
    direction: v.picklist(['in', 'out']),
    state: v.picklist(['offered', 'asked', 'accepted', 'done', 'declined', 'stopped', 'expired']),
    reason: v.nullable(
      v.picklist(['cancelled', 'changed', 'gone', 'io', 'policy', 'full', 'expired', 'known']),
    ),
    offer,
    createdAtMs: count,
    updatedAtMs: count,
    directory: v.string(),
    isPlacing: v.boolean(),
    places: texts,
    sources: v.pipe(v.array(source), v.readonly()),
    spool: v.string(),
    notes: texts,
    isTold: v.boolean(),
    isEndedByPeer: v.boolean(),
    hasRemains: v.boolean(),
    keepsMode: v.boolean(),
    replaces: v.boolean(),
    rateMost: v.nullable(count),
    root: v.nullable(hash),
  }),
  v.readonly(),
);
