/**
 * The state of a message after operations on it: edits, a deletion, reactions. It is a function of the set of
 * operations: their order and their repetition do not matter, so both sides agree in the end. Pure.
 *
 *   state = operations.reduce(revise, unrevised)
 */
import { unreachable } from '../../exhaustive.js';
import type { MessageId } from '../../ids.js';
import type { Content, Direction } from '../delivery/entry.js';
import { revisions as limits } from './limits.js';

/** The contents that change another message. */
export type ChangeContent = Extract<Content, { readonly type: 'edit' | 'delete' | 'reaction' }>;

/** One operation on a message. `author`: in a conversation of two, the direction names it. */
export interface Change {
  readonly id: MessageId;
  readonly author: Direction;
  readonly content: ChangeContent;
  /** Time at which the operation was received or queued (wall clock, ms). */
  readonly atMs: number;
}

/** One text that replaced an earlier one. */
export interface Revision {
  readonly id: MessageId;
  readonly revision: number;
  readonly text: string;
  readonly atMs: number;
}

/** The last word of an author about one emoji. */
export interface Reaction {
  readonly id: MessageId;
  readonly revision: number;
  readonly author: Direction;
  readonly emoji: string;
  readonly isOn: boolean;
}

/** The state of a message. A deletion is final: it keeps neither edits nor reactions. */
export interface Revised {
  readonly isDeleted: boolean;
  /** One for each number, the last one counts. */
  readonly edits: readonly Revision[];
  /** One for each author and emoji, those that were taken back included; the newest first. */
  readonly reactions: readonly Reaction[];
}

/** The state of a message without operations. */
export const unrevised: Revised = { isDeleted: false, edits: [], reactions: [] };

const deleted: Revised = { isDeleted: true, edits: [], reactions: [] };

/** Whether a content changes another message. */
export const isChange = (content: Content): content is ChangeContent =>
  content.type === 'edit' || content.type === 'delete' || content.type === 'reaction';

/** Whether the author of an operation may do it: a text is changed by its own author alone. */
export const isAllowed = (content: ChangeContent, author: Direction, authorOfTarget: Direction): boolean =>
  content.type === 'reaction' || author === authorOfTarget;

/** Returns the state after one operation more. An operation that may not be done, or came before, changes nothing. */
export function revise(before: Revised, authorOfTarget: Direction, change: Change): Revised {
  const { content, author } = change;
  if (before.isDeleted || !isAllowed(content, author, authorOfTarget)) return before;
  switch (content.type) {
    case 'delete':
      return deleted;
    case 'edit':
      return { ...before, edits: withEdit(before.edits, change, content) };
    case 'reaction':
      return { ...before, reactions: withReaction(before.reactions, change, content) };
    default:
      return unreachable(content);
  }
}

/** Returns the edit that counts; null: the first text stands. */
export const lastEdit = ({ edits }: Revised): Revision | null => edits.at(-1) ?? null;

/** Returns the reactions to show: of each author the newest few emoji, oldest first. */
export function shownReactions({ reactions }: Revised): readonly Reaction[] {
  const shown = (['out', 'in'] as const).flatMap((author) =>
    reactions.filter((each) => each.author === author && each.isOn).slice(0, limits.emojiMax),
  );
  return shown.sort((one, other) => rank(one, other)).slice(0, limits.reactionsShownMax);
}

/** Returns the number for the next edit of the message; null: it was edited too often. */
export function nextEdit(revised: Revised): number | null {
  const next = (lastEdit(revised)?.revision ?? 0) + 1;
  return next > limits.editsMax ? null : next;
}

/** Returns the number for the next reaction of this author with this emoji; null: it was changed too often. */
export function nextReaction({ reactions }: Revised, author: Direction, emoji: string): number | null {
  const before = reactions.find((each) => each.author === author && each.emoji === emoji);
  const next = (before?.revision ?? 0) + 1;
  return next > limits.revisionMax ? null : next;
}

/** Negative: the first one is older. Of equal numbers the greater id is the newer one. */
function rank(one: Pick<Revision, 'revision' | 'id'>, other: Pick<Revision, 'revision' | 'id'>): number {
  if (one.revision !== other.revision) return one.revision - other.revision;
  if (one.id === other.id) return 0;
  return one.id < other.id ? -1 : 1;
}

/** Whether an edit can have this number. */
export const isEditNumber = (revision: number): boolean => revision >= 1 && revision <= limits.editsMax;

function withEdit(
  edits: readonly Revision[],
  { id, atMs }: Change,
  { revision, text }: Extract<Content, { readonly type: 'edit' }>,
): readonly Revision[] {
  if (!isEditNumber(revision)) return edits;
  const edit: Revision = { id, revision, text, atMs };
  const same = edits.find((each) => each.revision === revision);
  if (same !== undefined && rank(same, edit) >= 0) return edits;
  // The list is in order already, and a peer sends thousands of edits.
  const at = edits.findIndex((each) => each.revision >= revision);
  return edits.toSpliced(at === -1 ? edits.length : at, same === undefined ? 0 : 1, edit);
}

function withReaction(
  reactions: readonly Reaction[],
  { id, author }: Change,
  { revision, emoji, isOn }: Extract<Content, { readonly type: 'reaction' }>,
): readonly Reaction[] {
  if (revision < 1 || revision > limits.revisionMax) return reactions;
  const reaction: Reaction = { id, revision, author, emoji, isOn };
  const same = reactions.find((each) => each.author === author && each.emoji === emoji);
  if (same !== undefined && rank(same, reaction) >= 0) return reactions;
  const own = reactions.filter((each) => each.author === author && each !== same);
  const others = reactions.filter((each) => each.author !== author);
  // The newest are kept, whatever the order of arrival: what is older than all of them stays out when it comes again.
  const kept = [...own, reaction].sort((one, other) => rank(other, one)).slice(0, limits.registersMax);
  return [...kept, ...others].sort((one, other) => rank(other, one) || (one.author < other.author ? -1 : 1));
}
