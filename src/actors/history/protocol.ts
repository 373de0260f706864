/** The protocol of the history. */
import type { Contact } from '../../chat/people/contact.js';
import type { EntryOrRun } from '../../chat/delivery/alike.js';
import type {
  DeliveryState,
  HistoryQuery,
  Entry,
  Appended,
  Correspondent,
  OutboxPage,
  OutboxSize,
  PeerRead,
  Emitted,
  Expired,
  Found,
  MessageWord,
  Rewritten,
  ReadMark,
  Unseen,
} from '../../chat/delivery/entry.js';
import type { Erased, Erasure } from '../../chat/delivery/erasure.js';
import type { IdTaken, StoreError } from '../../chat/errors.js';
import type { MessageId, PeerId } from '../../ids.js';
import type { Call, Cast } from '../../runtime/actor.js';

/** The messages that the history takes. */
export type HistoryProtocol = {
  /**
   * Commits entries, all or none. The reply comes after the sync and holds the `seq` of each entry. A stored entry
   * (equal peer, direction and id) is not written again; an outgoing one must have an equal text.
   */
  append: Call<{ readonly entries: readonly EntryOrRun[] }, Appended, StoreError | IdTaken>;
  /** Finds the messages that a word of a user names, two at most. `emoji`: of the reaction that is to follow. */
  find: Call<
    { readonly peerId: PeerId | null; readonly word: MessageWord; readonly emoji: string },
    readonly Found[],
    StoreError
  >;
  /** Changes the text of a message that was never said, or (null) removes it. `isHere`: it is hidden here alone. */
  rewrite: Call<
    {
      readonly peerId: PeerId;
      readonly seq: number;
      readonly text: string | null;
      readonly isHere: boolean;
    },
    Rewritten,
    StoreError
  >;
  /** Makes all messages to `from`, which stands for an address, messages to an identity with this name. */
  readdress: Call<
    { readonly from: PeerId; readonly peerId: PeerId; readonly name: string },
    OutboxSize,
    StoreError
  >;
  /**
   * Moves deliveries of outgoing entries to a later state. The reply comes after the sync and names the entries that
   * are in this state now, whether this call moved them or an earlier one did.
   */
  mark: Call<
    { readonly peerId: PeerId; readonly ids: readonly MessageId[]; readonly state: DeliveryState },
    { readonly reached: readonly MessageId[]; readonly outbox: OutboxSize },
    StoreError
  >;
  /**
   * Reads the outgoing entries that wait for a peer (null: for any), oldest first. An entry over a dialect without receipts waits
   * until it is sent, every other one until it is delivered. A page holds one entry at least, otherwise at most
   * `bytesMax`.
   */
  outbox: Call<
    {
      readonly peerId: PeerId | null;
      readonly afterSeq: number;
      /** Whether a session gets the page: the reply comes after the sync of the note that the peer may have it. */
      readonly handsOver?: true;
      readonly entriesMax: number;
      readonly bytesMax: number;
    },
    OutboxPage,
    StoreError
  >;
  /** Reads the peers with entries on disk: whether any was sent to them, and whether any still waits. */
  correspondents: Call<Record<string, never>, readonly Correspondent[], StoreError>;
  /** Reads the number and bytes of the waiting entries of all peers, as committed. */
  outboxSize: Call<Record<string, never>, OutboxSize, StoreError>;
  page: Call<HistoryQuery, readonly Entry[], StoreError>;
  /**
   * Marks messages of a peer as read up to a `seq` (null: all); the mark never goes back. `isTold`: the peer is not to
   * learn of it. The reply comes after the sync.
   */
  read: Call<
    { readonly peerId: PeerId; readonly upToSeq: number | null; readonly isTold: boolean },
    ReadMark,
    StoreError
  >;
  /** Notes that a peer knows that its messages were read up to a `seq`. */
  told: Call<{ readonly peerId: PeerId; readonly seq: number }, null, StoreError>;
  /** Notes that a peer has read our messages up to this one, but `unread`. Null: no own message to the peer has this id. */
  peerRead: Call<
    {
      readonly peerId: PeerId;
      readonly upTo: MessageId;
      readonly unread: readonly MessageId[];
      readonly atMs: number;
    },
    PeerRead | null,
    StoreError
  >;
  /** Removes texts whose time has ended (`nowMs`: see `expiry/clock.ts`), a bounded number. The reply comes after the sync. */
  expire: Call<{ readonly nowMs: number }, Expired, StoreError>;
  /** A reader of `serve --json` got every message up to this `seq`; the mark never goes back. */
  emitted: Call<Emitted, Emitted, StoreError>;
  unseen: Call<Record<string, never>, Unseen, StoreError>;
  /** Reads the greatest committed `seq`; 0: none. */
  newest: Call<Record<string, never>, number, StoreError>;
  contacts: Call<Record<string, never>, readonly Contact[], StoreError>;
  putContact: Call<Contact, null, StoreError>;
  dropContact: Call<{ readonly peerId: PeerId }, null, StoreError>;
  /** Removes entries, a slice at a time. The reply comes after the sync. */
  erase: Call<Erasure, Erased, StoreError>;
  /** Reads the transactions since the start, and the entries that a search does not find yet. */
  stats: Call<Record<string, never>, HistoryStats>;
  /** Reopens, salvages and indexes, a slice at a time. Sent to itself when idle. */
  index: Cast<Record<string, never>>;
};

/** The log line of a damaged file that was set aside; its fields are `file` and `reason`, both texts. */
export const setAsideLogEvent = 'history-damaged-set-aside';

/** The log line of a database that is missing or empty beside the identity; its field is `file`, a text. */
export const lostLogEvent = 'history-lost';

/** Figures since the start. */
export interface HistoryStats {
  readonly commits: number;
  readonly unindexed: number;
}
