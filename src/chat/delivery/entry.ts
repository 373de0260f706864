/**
 * Entries: the messages of a conversation, from their sender to the history. Pure. These types are the arrows session
 * → delivery → history → ui.
 */
import type { DialectName, Encryption } from '../../dialects/dialect.js';
import type { FileOffer } from '../../dialects/files.js';
import { unreachable } from '../../exhaustive.js';
import type { ConversationId, MessageId, PeerId } from '../../ids.js';

/** `in`: received. `out`: sent from this home. */
export type Direction = 'in' | 'out';

/**
 * The state of a delivery. `queued`: synced in our outbox. `sent`: handed to the peer, without a receipt so far.
 * `delivered`: the peer has committed it.
 */
export type DeliveryState = 'queued' | 'sent' | 'delivered' | 'failed';

/** The order of the states: a delivery only goes up. */
export const deliveryRanks = {
  queued: 0,
  sent: 1,
  delivered: 2,
  failed: 3,
} as const satisfies Readonly<Record<DeliveryState, number>>;

/** The content of an entry. `target`: the id of the message that the entry is about. */
export type Content =
  /** `replyTo`: the message that the text answers. `ttlSeconds`: time from its arrival until it disappears; missing: never. */
  | {
      readonly type: 'text';
      readonly text: string;
      readonly replyTo?: MessageId;
      readonly ttlSeconds?: number;
    }
  | {
      readonly type: 'edit';
      readonly target: MessageId;
      /** Of two edits the one with the greater number counts. */
      readonly revision: number;
      readonly text: string;
    }
  | { readonly type: 'delete'; readonly target: MessageId }
  | {
      readonly type: 'reaction';
      readonly target: MessageId;
      readonly revision: number;
      readonly emoji: string;
      readonly isOn: boolean;
    }
  | ({ readonly type: 'file-offer' } & FileOffer)
  /** Texts of the conversation disappear after this time from now on; 0: they stay. */
  | { readonly type: 'timer'; readonly seconds: number }
  /** A kind of a newer version: kept as it is, and not shown. */
  | { readonly type: 'unknown'; readonly kind: number; readonly body: Uint8Array };

/** Makes the content of a text. */
export const textContent = (text: string): Content => ({ type: 'text', text });

/**
 * Returns the text of a content, to show it or to send it over a route for texts; null: the content is not a text.
 */
export const wordsOf = (content: Content): string | null => (content.type === 'text' ? content.text : null);

/** Bytes that an operation counts beside its text: without them, operations would pass every bound of the outbox. */
const operationBytes = 64;

/** Returns the size in bytes that counts for the bounds of the outbox. */
export function bytesOf(content: Content): number {
  switch (content.type) {
    case 'text':
      return Buffer.byteLength(content.text);
    case 'edit':
      return operationBytes + Buffer.byteLength(content.text);
    case 'delete':
    case 'reaction':
    case 'timer':
      return operationBytes;
    case 'file-offer':
      return operationBytes + Buffer.byteLength(content.name) + Buffer.byteLength(content.comment);
    case 'unknown':
      return operationBytes + content.body.byteLength;
    default:
      return unreachable(content);
  }
}

/** An entry before the history has given it its `seq`. */
export interface NewEntry {
  readonly id: MessageId;
  readonly direction: Direction;
  readonly peerId: PeerId;
  /** Label of the peer when the entry was written. */
  readonly peer: string;
  readonly conversation: ConversationId;
  /** Recipients of an outgoing entry, where these are not `peerId` alone. Each has a delivery of its own. */
  readonly recipients?: readonly PeerId[];
  /** Exactly as sent; it is escaped only where it is shown. */
  readonly content: Content;
  /** Wall clock of the sender, ms. */
  readonly sentAtMs: number;
  /** Our wall clock at its arrival (in) or when it was queued (out), ms. */
  readonly receivedAtMs: number;
  readonly dialect: DialectName;
  readonly encryption: Encryption;
  readonly verified: boolean;
  /** State of the delivery; `delivered` for a received entry. */
  readonly state: DeliveryState;
  /** Text of the message that a waiting reply answers, for a peer that knows texts alone; not stored with the reply. */
  readonly quoted?: string;
  /** The changes by later operations; missing: none. */
  readonly revised?: RevisedEntry;
  /** When the peer reported that it read an own message (our wall clock, ms); missing: it did not. */
  readonly readAtMs?: number;
  /** Whether no session can have had this own entry, in this run of the program or an earlier one; missing: one can. */
  readonly isUnsaid?: true;
  /** When the text disappears (clock of `expiry/clock.ts`, ms); missing: never. */
  readonly expiresAtMs?: number;
}

/** A message after operations on it. Its content is the present text; a deleted one has none. */
export interface RevisedEntry {
  /** When the present text replaced another one (our wall clock, ms); null: the text is the first one. */
  readonly editedAtMs: number | null;
  readonly isDeleted: boolean;
  /** Oldest first. `author`: the side that reacted. */
  readonly reactions: readonly { readonly emoji: string; readonly author: Direction }[];
  /** Earlier texts, oldest first, where the request asked for them. */
  readonly earlier?: readonly { readonly text: string; readonly atMs: number }[];
}

/**
 * A message as a user names it: its id, the end of its id, or the count back over the messages of one
 * direction, 1 for the last one.
 */
export type MessageWord =
  | { readonly by: 'id'; readonly id: MessageId }
  | { readonly by: 'tail'; readonly hex: string }
  | { readonly by: 'place'; readonly direction: Direction; readonly back: number };

/** A message that was found by a word, with the numbers of the next operations of this side; null: no further one. */
export interface Found {
  readonly entry: Entry;
  readonly nextEdit: number | null;
  readonly nextReaction: number | null;
}

/** The result of a change in place. */
export interface Rewritten {
  /** Messages that wait no more. */
  readonly cancelled: readonly MessageId[];
  readonly outbox: OutboxSize;
}

/** An entry in the history. `seq` numbers the entries of a home, over both directions. */
export interface Entry extends NewEntry {
  readonly seq: number;
}

/** The traits that a search may ask for. */
export const messageTraits = ['edited', 'file', 'link', 'reaction', 'unread'] as const;
/** One of these. */
export type MessageTrait = (typeof messageTraits)[number];

/** A request for a transcript. All bounds are inclusive; `limit` keeps the newest; the answer is oldest first. */
export interface HistoryQuery {
  readonly peerId?: PeerId;
  /** Words, all of which must occur (prefix with `*` at the end), or a phrase in double quotes. */
  readonly search?: string;
  readonly sinceMs?: number;
  readonly untilMs?: number;
  /** Only entries with a greater `seq`, at most `limit`, oldest first: a reader resumes by it. */
  readonly afterSeq?: number;
  /** Only entries with a smaller `seq`: a reader pages back by it. */
  readonly beforeSeq?: number;
  readonly direction?: Direction;
  /** Whether only messages are wanted, without the operations on them. */
  readonly isMessagesOnly?: boolean;
  /** Only messages that are all of these. */
  readonly only?: readonly MessageTrait[];
  /** Whether edited messages come with their earlier texts. */
  readonly hasEarlier?: boolean;
  readonly limit: number;
}

/** The entries that one request has committed. */
export interface Appended {
  /** The `seq` of each entry, in the order of the request. */
  readonly seqs: readonly number[];
  /** Entries that were stored before. */
  readonly duplicates: readonly Duplicate[];
  readonly outbox: OutboxSize;
  /** Whether rows differ from the entries of the request, so that readers get them from the history. */
  readonly isAltered?: true;
  /** Own messages and operations that need not be sent any more, since their message was deleted. */
  readonly cancelled?: readonly MessageId[];
}

/** An entry of a request that was stored before. */
export interface Duplicate {
  /** Index of the entry in the request. */
  readonly at: number;
  /** State of the stored entry. */
  readonly state: DeliveryState;
}

/** Entries that wait for one peer, oldest first. */
export interface OutboxPage {
  readonly entries: readonly Entry[];
  /** Whether no further entry waits. */
  readonly isLast: boolean;
}

/** Entries that wait, and the bytes of their contents. */
export interface OutboxSize {
  readonly entries: number;
  readonly bytes: number;
}

/** Counts of the messages of a peer. */
export interface Unread {
  readonly peerId: PeerId;
  /** Messages up to this `seq` are read. */
  readonly readSeq: number;
  readonly unread: number;
  /** Bytes of all its messages. */
  readonly bytes: number;
  /** The peer's label in its newest message; empty where nothing is unread. */
  readonly name: string;
}

/** The unread messages of a peer after a mark. */
export interface ReadMark {
  readonly readSeq: number;
  readonly unread: number;
  /** Greatest counted `seq`. */
  readonly newestSeq: number;
  /** The mark that the peer is owed; null: it knows of all that was read. */
  readonly owed: OwedMark | null;
}

/** A read mark that a peer does not know yet. `unread`: older messages that disappeared before they were read. */
export interface OwedMark {
  readonly unread?: readonly MessageId[];
  /** The newest message of the peer that was read, and its `seq` here. */
  readonly upTo: MessageId;
  readonly seq: number;
}

/** The own message up to which a peer has read; `isNews`: it had read less before. */
export interface PeerRead {
  readonly seq: number;
  readonly isNews: boolean;
}

/** Greatest `seq` that a reader of `serve --json` got. */
export interface Emitted {
  readonly seq: number;
}

/** The marks of readers, as the history keeps them. */
export interface Unseen {
  readonly unread: readonly Unread[];
  readonly emittedSeq: number;
  /** Read marks that peers do not know yet; missing: none. */
  readonly owed?: readonly (OwedMark & { readonly peerId: PeerId })[];
  /** The timers of conversations, and when the next text disappears; missing: none. */
  readonly timers?: readonly ConversationTimer[];
  readonly nextExpiryMs?: number | null;
}

/** After which time the texts of a conversation disappear. Of two timers the one with the greater time and id counts. */
export interface ConversationTimer {
  readonly peerId: PeerId;
  /** 0: they stay. */
  readonly seconds: number;
  /** Wall clock of its sender, ms. */
  readonly sentAtMs: number;
  readonly id: MessageId;
}

/** Texts whose time has ended and that were removed. */
export interface Expired {
  readonly gone: readonly Pick<Entry, 'seq' | 'id' | 'direction' | 'peerId' | 'peer' | 'conversation'>[];
  /** Own messages that waited and are not sent any more. */
  readonly cancelled: readonly { readonly peerId: PeerId; readonly ids: readonly MessageId[] }[];
  /** When the next one disappears, ms; null: none. */
  readonly nextMs: number | null;
  readonly outbox: OutboxSize;
}

/** A peer with entries in the history. */
export interface Correspondent {
  readonly peerId: PeerId;
  /** Whether at least one entry was sent to it. */
  readonly isWrittenTo: boolean;
  /** Whether at least one entry waits in the outbox. */
  readonly isWaiting: boolean;
}
