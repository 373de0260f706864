/** What delivery asks of the world, and how the history answers. Types only. */
import type { Result } from 'neverthrow';
import type { RuntimeError } from '../../runtime/errors.js';
import type { IdTaken, StoreError } from '../errors.js';
import type { MessageId, PeerId } from '../../ids.js';
import type { ErrorEvent, MessageEvent, StatusEvent } from '../events.js';
import type { CallerEffect, LogEffect, TimerEffect, Token } from '../turn.js';
import type {
  Appended,
  DeliveryState,
  Emitted,
  HistoryQuery,
  Entry,
  NewEntry,
  OutboxPage,
  OutboxSize,
  ReadMark,
} from './entry.js';

export type DeliveryEffect =
  | { readonly to: 'history'; readonly token: Token; readonly ask: LineAsk }
  | { readonly to: 'feed'; readonly event: MessageEvent | StatusEvent | ErrorEvent }
  /** Something waits for these, and they could not be reached: each of their beacons is news. */
  | { readonly to: 'presence'; readonly say: 'awaited'; readonly peerIds: readonly PeerId[] }
  | TimerEffect<DeliveryDue>
  | CallerEffect
  | LogEffect;

export type DeliveryDue =
  /** `atMs`: the monotonic time for which the timer was set. */
  | { readonly type: 'outbox'; readonly atMs: number }
  /** States of messages that the disk did not take are written again. */
  | { readonly type: 'marks' };

export type LineAsk =
  /** Commit lines, all or none; the answer comes after the sync. */
  | { readonly type: 'append'; readonly lines: readonly NewEntry[] }
  /** Move the deliveries of outgoing lines to a peer to a later state. */
  | {
      readonly type: 'mark';
      readonly peerId: PeerId;
      readonly ids: readonly MessageId[];
      readonly state: DeliveryState;
    }
  /** Undelivered lines of one peer with a greater `seq`, oldest first; one line at least, else within both bounds. */
  | {
      readonly type: 'outbox';
      readonly peerId: PeerId;
      readonly afterSeq: number;
      readonly linesMax: number;
      readonly bytesMax: number;
    }
  | { readonly type: 'page'; readonly query: HistoryQuery }
  /** Mark the messages of a peer as read; null: all that are stored. */
  | { readonly type: 'read'; readonly peerId: PeerId; readonly upToSeq: number | null }
  /** A reader of `serve --json` got every message up to this `seq`. */
  | { readonly type: 'emitted'; readonly seq: number };

export type StoreFailure = StoreError | RuntimeError;

/** The answer to a `LineAsk`, under the token of the ask. */
export type LineAnswer =
  | {
      readonly type: 'append';
      /** An outgoing line whose id another text has is refused, and all lines of its request with it. */
      readonly result: Result<Appended, StoreFailure | IdTaken>;
    }
  | {
      readonly type: 'mark';
      /** `reached`: the lines that are in the wanted state now. */
      readonly result: Result<
        { readonly reached: readonly MessageId[]; readonly outbox: OutboxSize },
        StoreFailure
      >;
    }
  | { readonly type: 'outbox'; readonly result: Result<OutboxPage, StoreFailure> }
  | { readonly type: 'page'; readonly result: Result<readonly Entry[], StoreFailure> }
  | { readonly type: 'read'; readonly result: Result<ReadMark, StoreFailure> }
  | { readonly type: 'emitted'; readonly result: Result<Emitted, StoreFailure> };
