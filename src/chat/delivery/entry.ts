/**
 * Conversations: what a line of talk is, from the moment somebody said it until it stands in the history.
 * Pure: the types here are the arrows session → conversation → history → node → ui.
 */
import type { DialectName, Encryption } from '../../dialects/dialect.js';
import type { ConversationId, MessageId, PeerId } from '../../ids.js';

export type Direction = 'in' | 'out';

/** `queued`: synced in our outbox. `sent`: handed to the peer, no receipt (yet). `delivered`: the peer committed it. */
export type DeliveryState = 'queued' | 'sent' | 'delivered' | 'failed';

/** A line as it is handed to the history; `seq` is given there. */
export interface NewLine {
  readonly id: MessageId;
  readonly direction: Direction;
  readonly peerId: PeerId;
  /** The peer's label when the line was written. */
  readonly peer: string;
  readonly conversation: ConversationId;
  /** Exactly as said; made safe only where it is shown. */
  readonly text: string;
  /** Wall clock of the sender, ms. */
  readonly sentAtMs: number;
  /** Our wall clock when it arrived (in) or was queued (out), ms. */
  readonly receivedAtMs: number;
  readonly dialect: DialectName;
  readonly encryption: Encryption;
  readonly verified: boolean;
  /** For a line that came in: `delivered`. */
  readonly state: DeliveryState;
}

/** A line in the history. `seq` rises by one per home, over both directions. */
export interface Line extends NewLine {
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

export interface OutboxSize {
  readonly lines: number;
  readonly bytes: number;
}

/** Somebody with whom lines were exchanged. */
export interface Correspondent {
  readonly peerId: PeerId;
  /** At least one line went out. */
  readonly isWrittenTo: boolean;
  /** At least one line waits in the outbox. */
  readonly isWaiting: boolean;
}
