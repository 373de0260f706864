/**
 * Conversations: what an entry is, from the moment somebody said it until it stands in the history. Pure: the types
 * here are the arrows session → conversation → history → node → ui.
 */
import type { DialectName, Encryption } from '../../dialects/dialect.js';
import { unreachable } from '../../exhaustive.js';
import type { ConversationId, MessageId, PeerId } from '../../ids.js';

export type Direction = 'in' | 'out';

/** `queued`: synced in our outbox. `sent`: handed to the peer, no receipt (yet). `delivered`: the peer committed it. */
export type DeliveryState = 'queued' | 'sent' | 'delivered' | 'failed';

/**
 * What an entry says. Texts alone are sent today; the other kinds are what later versions say about a message, and
 * `target` is the id of that message.
 */
export type Content =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'edit';
      readonly target: MessageId;
      /** Of two edits the one with the greater number holds. */
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
  | { readonly type: 'file-offer'; readonly name: string; readonly files: number; readonly bytes: number }
  /** Of a kind that a newer version gave: kept as it is, and not shown. */
  | { readonly type: 'unknown'; readonly kind: number; readonly body: Uint8Array };

export const textContent = (text: string): Content => ({ type: 'text', text });

/** The words to be shown and to be said by routes that carry texts alone; null: the entry is no message. */
export const wordsOf = (content: Content): string | null => (content.type === 'text' ? content.text : null);

/** The size that counts for the bounds of the outbox. */
export function bytesOf(content: Content): number {
  switch (content.type) {
    case 'text':
    case 'edit':
      return Buffer.byteLength(content.text);
    case 'delete':
    case 'reaction':
    case 'file-offer':
      return 0;
    case 'unknown':
      return content.body.byteLength;
    default:
      return unreachable(content);
  }
}

/** An entry as it is handed to the history; `seq` is given there. */
export interface NewEntry {
  readonly id: MessageId;
  readonly direction: Direction;
  readonly peerId: PeerId;
  /** The peer's label when the entry was written. */
  readonly peer: string;
  readonly conversation: ConversationId;
  /** Peers that an outgoing entry goes to, where these are not `peerId` alone; each has a delivery of its own. */
  readonly recipients?: readonly PeerId[];
  /** Exactly as said; made safe only where it is shown. */
  readonly content: Content;
  /** Wall clock of the sender, ms. */
  readonly sentAtMs: number;
  /** Our wall clock when it arrived (in) or was queued (out), ms. */
  readonly receivedAtMs: number;
  readonly dialect: DialectName;
  readonly encryption: Encryption;
  readonly verified: boolean;
  /** For an entry that came in: `delivered`. */
  readonly state: DeliveryState;
}

/** An entry in the history. `seq` rises by one per home, over both directions. */
export interface Entry extends NewEntry {
  readonly seq: number;
}

/** What a transcript is asked for. All bounds are inclusive; `limit` keeps the newest; the answer is oldest first. */
export interface HistoryQuery {
  readonly peerId?: PeerId;
  /** Words, all of which must occur (prefix with `*` at the end), or a phrase in double quotes. */
  readonly search?: string;
  readonly sinceMs?: number;
  readonly untilMs?: number;
  /** Only lines with a greater `seq`, oldest first, at most `limit`: how a reader resumes. */
  readonly afterSeq?: number;
  /** Only lines with a smaller `seq`: how a reader pages back. */
  readonly beforeSeq?: number;
  readonly direction?: Direction;
  readonly limit: number;
}

/** Lines that were committed by one request. */
export interface Appended {
  /** The `seq` of each line, in the order of the request. */
  readonly seqs: readonly number[];
  /** Lines that were stored before. */
  readonly duplicates: readonly Duplicate[];
  readonly outbox: OutboxSize;
}

export interface Duplicate {
  /** Index of the line in the request. */
  readonly at: number;
  /** What the stored line has reached. */
  readonly state: DeliveryState;
}

/** Entries that wait for one peer, oldest first. */
export interface OutboxPage {
  readonly lines: readonly Entry[];
  /** Nothing waits behind them. */
  readonly isLast: boolean;
}

export interface OutboxSize {
  readonly lines: number;
  readonly bytes: number;
}

/** Messages of a peer that the user has not read. */
export interface Unread {
  readonly peerId: PeerId;
  /** Messages up to this `seq` are read. */
  readonly readSeq: number;
  readonly unread: number;
  /** The peer's label in its newest message. */
  readonly name: string;
}

/** What is unread of a peer after a mark. */
export interface ReadMark {
  readonly readSeq: number;
  readonly unread: number;
  /** Newest `seq` that is counted. */
  readonly newestSeq: number;
}

/** Newest `seq` that a reader of `serve --json` got. */
export interface Emitted {
  readonly seq: number;
}

/** What readers have not seen yet, as the history keeps it. */
export interface Unseen {
  readonly unread: readonly Unread[];
  readonly emittedSeq: number;
}

/** Somebody with whom lines were exchanged. */
export interface Correspondent {
  readonly peerId: PeerId;
  /** At least one line went out. */
  readonly isWrittenTo: boolean;
  /** At least one line waits in the outbox. */
  readonly isWaiting: boolean;
}
