import type { Call, Cast } from '../runtime/actor.js';
import type { Contact } from '../chat/contact.js';
import type { DeliveryState, HistoryQuery, Line, NewLine } from '../chat/conversation.js';
import type { StoreError } from '../errors.js';
import type { MessageId, PeerId } from '../ids.js';

export type HistoryProtocol = {
  /**
   * Commits lines. The reply comes after the sync: for each line its `seq`, and whether it was there already
   * (same peer, direction and id), in which case it was not written again.
   */
  append: Call<
    { readonly lines: readonly NewLine[] },
    { readonly stored: readonly { readonly seq: number; readonly isDuplicate: boolean }[] },
    StoreError
  >;
  /** Moves outgoing lines to a later delivery state. The reply (after the sync) names those that really changed. */
  mark: Call<
    { readonly peerId: PeerId; readonly ids: readonly MessageId[]; readonly state: DeliveryState },
    { readonly changed: readonly MessageId[] },
    StoreError
  >;
  /** Outgoing lines not delivered yet, oldest first: of one peer, or of all. */
  outbox: Call<
    { readonly peerId?: PeerId; readonly afterSeq: number; readonly linesMax: number },
    readonly Line[],
    StoreError
  >;
  /** How many lines and bytes of text wait, over all peers. */
  outboxSize: Call<Record<string, never>, { readonly lines: number; readonly bytes: number }, StoreError>;
  page: Call<HistoryQuery, readonly Line[], StoreError>;
  /** Newest `seq`, 0 when empty. */
  newest: Call<Record<string, never>, number, StoreError>;
  contacts: Call<Record<string, never>, readonly Contact[], StoreError>;
  putContact: Call<Contact, null, StoreError>;
  /** Indexes for search what was appended since; sent to itself when idle. */
  index: Cast<Record<string, never>>;
};
