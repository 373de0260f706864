/** The content of an entry as a number for its kind and the bytes of its body. Pure. */
import type { Content, Direction, RevisedEntry } from '../../chat/delivery/entry.js';
import { parseMessageId } from '../../ids.js';
import { decodeText, encodeText } from './text.js';

/** The file stores the index of a kind in this list, so kinds are only appended. */
const kinds = ['text', 'edit', 'delete', 'reaction', 'file-offer', 'timer'] as const;

/** A content as it is stored. */
export interface StoredContent {
  readonly kind: number;
  /** The bytes of a text; of every other kind its fields as JSON. */
  readonly body: Uint8Array;
}

/** Encodes a content. */
export function encodeContent(content: Content): StoredContent {
  if (content.type === 'text') return { kind: 0, body: encodeText(content.text) };
  if (content.type === 'unknown') return { kind: content.kind, body: content.body };
  const { type, ...fields } = content;
  return { kind: kinds.indexOf(type), body: encodeText(JSON.stringify(fields)) };
}

/** Decodes a content. A kind or a body that this version cannot read becomes `unknown`. */
export function decodeContent({ kind, body }: StoredContent): Content {
  if (kind === 0) return { type: 'text', text: decodeText(body) };
  const type = kinds[kind];
  const content = type === undefined || type === 'text' ? null : readFields(type, parse(body));
  return content ?? { type: 'unknown', kind, body };
}

function readFields(type: Exclude<(typeof kinds)[number], 'text'>, fields: Fields): Content | null {
  const { target: targetText, revision, text, emoji, isOn } = fields;
  const target = typeof targetText === 'string' ? parseMessageId(targetText).unwrapOr(null) : null;
  switch (type) {
    case 'edit':
      return target !== null && isWhole(revision) && typeof text === 'string'
        ? { type, target, revision, text }
        : null;
    case 'delete':
      return target === null ? null : { type, target };
    case 'reaction':
      return target !== null && isWhole(revision) && typeof emoji === 'string' && typeof isOn === 'boolean'
        ? { type, target, revision, emoji, isOn }
        : null;
    case 'file-offer':
      return readOffer(fields);
    case 'timer':
      return isWhole(fields['seconds']) ? { type, seconds: fields['seconds'] } : null;
    default:
      return type satisfies never;
  }
}

function readOffer(fields: Fields): Content | null {
  const { name, files, directories, bytes, manifestBytes, manifestHash, chunkBytes } = fields;
  const { isFolder, root, expiresSeconds, comment } = fields;
  if (!isWhole(files) || !isWhole(directories) || !isWhole(bytes)) return null;
  if (!isWhole(manifestBytes) || !isWhole(chunkBytes) || !isWhole(expiresSeconds)) return null;
  if (typeof name !== 'string' || typeof manifestHash !== 'string' || typeof comment !== 'string')
    return null;
  if (typeof isFolder !== 'boolean' || (root !== null && typeof root !== 'string')) return null;
  const sizes = { files, directories, bytes, manifestBytes, chunkBytes, expiresSeconds };
  return { type: 'file-offer', name, manifestHash, comment, isFolder, root, ...sizes };
}

/** Encodes the reactions that are shown with a message; null: none. */
export const encodeReactions = (
  reactions: readonly { readonly emoji: string; readonly author: Direction }[],
): Uint8Array | null =>
  reactions.length === 0
    ? null
    : encodeText(JSON.stringify(reactions.map(({ emoji, author }) => [emoji, author])));

/** Decodes reactions. Those that cannot be read are left out. */
export function decodeReactions(bytes: Uint8Array): RevisedEntry['reactions'] {
  const list = parseList(bytes);
  return list.flatMap((each: unknown) => {
    if (!Array.isArray(each)) return [];
    const [emoji, author]: readonly unknown[] = each;
    if (typeof emoji !== 'string' || (author !== 'in' && author !== 'out')) return [];
    return [{ emoji, author }];
  });
}

function parseList(bytes: Uint8Array): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(decodeText(bytes));
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

type Fields = Readonly<Record<string, unknown>>;

function parse(body: Uint8Array): Fields {
  try {
    const value: unknown = JSON.parse(decodeText(body));
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);
