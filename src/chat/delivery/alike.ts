/**
 * Entries on their way to the thread of the history. The messages of a flood differ in id and text alone, and to copy
 * the other fields for each of them costs most of the way: a run of them travels as one entry and two columns. Pure.
 */
import type { MessageId } from '../../ids.js';
import type { NewEntry } from './entry.js';

/** Texts that are like one entry in all but their id and text. */
export interface AlikeTexts {
  /** The first of them. */
  readonly like: NewEntry;
  /** Ids and texts of all, the first one included. */
  readonly ids: readonly MessageId[];
  readonly texts: readonly string[];
}

/** An entry, or a run of them. */
export type EntryOrRun = NewEntry | AlikeTexts;

/** Joins consecutive texts that are alike. */
export function joinAlike(entries: readonly NewEntry[]): readonly EntryOrRun[] {
  const joined: EntryOrRun[] = [];
  for (let from = 0; from < entries.length;) {
    const like = entries[from];
    if (like === undefined) break;
    const ids: MessageId[] = [];
    const texts: string[] = [];
    for (let at = from; at < entries.length; at += 1) {
      const entry = entries[at];
      if (entry?.content.type !== 'text' || !isAlike(like, entry)) break;
      ids.push(entry.id);
      texts.push(entry.content.text);
    }
    joined.push(ids.length > 1 ? { like, ids, texts } : like);
    from += Math.max(1, ids.length);
  }
  return joined;
}

/** Whether two texts differ in id and text alone, and are as they were sent. */
const isAlike = (one: NewEntry, other: NewEntry): boolean =>
  isPlain(one) &&
  isPlain(other) &&
  one.peerId === other.peerId &&
  one.direction === other.direction &&
  one.state === other.state &&
  one.peer === other.peer &&
  one.conversation === other.conversation &&
  one.sentAtMs === other.sentAtMs &&
  one.receivedAtMs === other.receivedAtMs &&
  one.expiresAtMs === other.expiresAtMs &&
  one.isUnsaid === other.isUnsaid &&
  one.dialect === other.dialect &&
  one.encryption === other.encryption &&
  one.verified === other.verified;

const isPlain = ({ content, recipients, revised, quoted, readAtMs }: NewEntry): boolean =>
  content.type === 'text' &&
  content.replyTo === undefined &&
  content.ttlSeconds === undefined &&
  recipients === undefined &&
  revised === undefined &&
  readAtMs === undefined &&
  quoted === undefined;
