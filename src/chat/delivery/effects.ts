/** The effects of delivery, and the answers of the history. Types only. */
import type { Result } from 'neverthrow';
import type { RuntimeError } from '../../runtime/errors.js';
import type { IdTaken, StoreError } from '../errors.js';
import type { MessageId, PeerId } from '../../ids.js';
import type {
  ErrorEvent,
  MessageEvent,
  OperationEvent,
  ReadEvent,
  StatusEvent,
  TimerEvent,
} from '../events.js';
import type { CallerEffect, LogEffect, TimerEffect, Token } from '../turn.js';
import type {
  Appended,
  DeliveryState,
  Emitted,
  Expired,
  Found,
  MessageWord,
  Rewritten,
  HistoryQuery,
  Entry,
  NewEntry,
  OutboxPage,
  OutboxSize,
  PeerRead,
  ReadMark,
} from './entry.js';

/** One effect of delivery. */
export type DeliveryEffect =
  | { readonly to: 'history'; readonly token: Token; readonly ask: EntryAsk }
  | {
      readonly to: 'feed';
      readonly event: MessageEvent | OperationEvent | TimerEvent | ReadEvent | StatusEvent | ErrorEvent;
    }
  /** Messages wait for these unreachable peers, so each of their beacons is to be reported. */
  | { readonly to: 'presence'; readonly say: 'awaited'; readonly peerIds: readonly PeerId[] }
  | TimerEffect<DeliveryDue>
  | CallerEffect
  | LogEffect;

/** A timer of delivery. */
export type DeliveryDue =
  /** `atMs`: the monotonic time for which the timer was set. */
  | { readonly type: 'outbox'; readonly atMs: number }
  /** States of messages that the disk refused are written again. */
  | { readonly type: 'marks' }
  /** A text disappears, or the clock is looked at. */
  /** `atMs`: the time for which it was set (monotonic). */
  | { readonly type: 'expiry'; readonly atMs: number };

/** A request to the history about entries. */
export type EntryAsk =
  /** Commit entries, all or none. The answer comes after the sync. */
  | { readonly type: 'append'; readonly entries: readonly NewEntry[] }
  /** Find the messages that a word names, two at most. */
  | {
      readonly type: 'find';
      readonly peerId: PeerId | null;
      readonly word: MessageWord;
      readonly emoji: string;
    }
  /** Change the text of a message that was never said, or (null) remove it; `isHere`: hide it here alone. */
  | {
      readonly type: 'rewrite';
      readonly peerId: PeerId;
      readonly seq: number;
      readonly text: string | null;
      readonly isHere: boolean;
    }
  /** Make all messages to `from`, which stands for an address, messages to an identity with this name. */
  | { readonly type: 'readdress'; readonly from: PeerId; readonly peerId: PeerId; readonly name: string }
  /** Remove texts whose time has ended (ms by `expiry/clock.ts`). */
  | { readonly type: 'expire'; readonly nowMs: number }
  /** Move the deliveries of outgoing entries to a peer to a later state. */
  | {
      readonly type: 'mark';
      readonly peerId: PeerId;
      readonly ids: readonly MessageId[];
      readonly state: DeliveryState;
    }
  /**
   * Read undelivered entries of one peer, or (null) of all, with a greater `seq`, oldest first: one at least, otherwise within both
   * bounds.
   */
  | {
      readonly type: 'outbox';
      readonly peerId: PeerId | null;
      readonly afterSeq: number;
      /** Whether a session gets the page, so that the disk notes that the peer may have its entries. */
      readonly handsOver?: true;
      readonly entriesMax: number;
      readonly bytesMax: number;
    }
  | { readonly type: 'page'; readonly query: HistoryQuery }
  /** Mark the messages of a peer as read; null: all that are stored. `isTold`: the peer is not to learn of it. */
  | {
      readonly type: 'read';
      readonly peerId: PeerId;
      readonly upToSeq: number | null;
      readonly isTold: boolean;
    }
  | ReceiptAsk
  /** A reader of `serve --json` got every message up to this `seq`. */
  | { readonly type: 'emitted'; readonly seq: number };

/** A request about read marks between this user and a peer. */
export type ReceiptAsk =
  /** The peer knows that its messages were read up to a `seq`. */
  | { readonly type: 'told'; readonly peerId: PeerId; readonly seq: number }
  /** The peer has read our messages up to this one, at a time (wall clock, ms). */
  | {
      readonly type: 'peer-read';
      readonly peerId: PeerId;
      readonly upTo: MessageId;
      /** Older messages that it has not read. */
      readonly unread: readonly MessageId[];
      readonly atMs: number;
    };

/** The answer to a request about read marks. */
export type ReceiptAnswer =
  | { readonly type: 'told'; readonly result: Result<null, StoreFailure> }
  /** Null: no own message to the peer has this id. */
  | { readonly type: 'peer-read'; readonly result: Result<PeerRead | null, StoreFailure> };

/** The answers about marks of this user and of peers. */
export type PeopleAnswer = ReceiptAnswer | Extract<EntryAnswer, { readonly type: 'read' | 'emitted' }>;

/** Failures of a request to the history. */
export type StoreFailure = StoreError | RuntimeError;

/** The answer to an `EntryAsk`, with the token of the request. */
export type EntryAnswer =
  | {
      readonly type: 'append';
      /** An outgoing entry whose id belongs to another text is refused, together with its whole request. */
      readonly result: Result<Appended, StoreFailure | IdTaken>;
    }
  | {
      readonly type: 'mark';
      /** `reached`: the entries that are in the wanted state now. */
      readonly result: Result<
        { readonly reached: readonly MessageId[]; readonly outbox: OutboxSize },
        StoreFailure
      >;
    }
  | { readonly type: 'outbox'; readonly result: Result<OutboxPage, StoreFailure> }
  | { readonly type: 'page'; readonly result: Result<readonly Entry[], StoreFailure> }
  | { readonly type: 'find'; readonly result: Result<readonly Found[], StoreFailure> }
  | { readonly type: 'rewrite'; readonly result: Result<Rewritten, StoreFailure> }
  | { readonly type: 'expire'; readonly result: Result<Expired, StoreFailure> }
  | { readonly type: 'readdress'; readonly result: Result<OutboxSize, StoreFailure> }
  | { readonly type: 'read'; readonly result: Result<ReadMark, StoreFailure> }
  | ReceiptAnswer
  | { readonly type: 'emitted'; readonly result: Result<Emitted, StoreFailure> };
