/** The protocol of the history. */
import type { Contact } from '../../chat/people/contact.js';
import type {
  DeliveryState,
  HistoryQuery,
  Entry,
  NewEntry,
  Appended,
  Correspondent,
  OutboxPage,
  OutboxSize,
  Emitted,
  ReadMark,
  Unseen,
} from '../../chat/delivery/entry.js';
import type { IdTaken, StoreError } from '../../chat/errors.js';
import type { MessageId, PeerId } from '../../ids.js';
import type { Call, Cast } from '../../runtime/actor.js';

export type HistoryProtocol = {
  /**
   * Commits lines, all or none. The reply comes after the sync: for each line its `seq`. A line that is there already
   * (same peer, direction and id) is not written again; an outgoing one must have the same text.
   */
  append: Call<{ readonly lines: readonly NewEntry[] }, Appended, StoreError | IdTaken>;
  /**
   * Moves the deliveries of outgoing lines to a peer to a later state. The reply (after the sync) names the lines that
   * are in this state now, whether this call moved them or an earlier one did.
   */
  mark: Call<
    { readonly peerId: PeerId; readonly ids: readonly MessageId[]; readonly state: DeliveryState },
    { readonly reached: readonly MessageId[]; readonly outbox: OutboxSize },
    StoreError
  >;
  /**
   * Outgoing lines that wait for a peer, oldest first. A line over a dialect without receipts waits until it is sent,
   * every other one until it is delivered. A page holds no more bytes than `bytesMax`, but one line at least.
   */
  outbox: Call<
    {
      readonly peerId: PeerId;
      readonly afterSeq: number;
      readonly linesMax: number;
      readonly bytesMax: number;
    },
    OutboxPage,
    StoreError
  >;
  /** With whom there is something on disk: whether we ever wrote to them, and whether something still waits. */
  correspondents: Call<Record<string, never>, readonly Correspondent[], StoreError>;
  /** How many lines and bytes of text wait, over all peers, as committed. */
  outboxSize: Call<Record<string, never>, OutboxSize, StoreError>;
  page: Call<HistoryQuery, readonly Entry[], StoreError>;
  /** Marks messages of a peer as read up to a `seq` (null: all); the mark never goes back. The reply comes after the sync. */
  read: Call<{ readonly peerId: PeerId; readonly upToSeq: number | null }, ReadMark, StoreError>;
  /** A reader of `serve --json` got every message up to this `seq`; the mark never goes back. */
  emitted: Call<Emitted, Emitted, StoreError>;
  unseen: Call<Record<string, never>, Unseen, StoreError>;
  /** Newest committed `seq`, 0 when empty. */
  newest: Call<Record<string, never>, number, StoreError>;
  contacts: Call<Record<string, never>, readonly Contact[], StoreError>;
  putContact: Call<Contact, null, StoreError>;
  dropContact: Call<{ readonly peerId: PeerId }, null, StoreError>;
  /** Transactions committed since the start, and lines that a search does not find yet. */
  stats: Call<Record<string, never>, HistoryStats>;
  /** Reopens, salvages and indexes, a slice at a time; sent to itself when idle. */
  index: Cast<Record<string, never>>;
};

export interface HistoryStats {
  readonly commits: number;
  readonly unindexed: number;
}
