/**
 * A way to a peer, whatever it speaks: what delivery knows of native sessions and of connections with foreign programs.
 * Orders go down a route, reports come back; both are plain values.
 */
import type { Result } from 'neverthrow';
import type { Carries, DialectName, Encryption } from '../../dialects/dialect.js';
import type { ChatError } from '../errors.js';
import type { DialectError } from '../../dialects/errors.js';
import type { ConnectionId, MessageId, PeerId, SessionId } from '../../ids.js';
import type { Address } from '../../wire/address.js';
import type { SendViaOptions } from '../contract.js';
import type { Entry, NewEntry } from '../delivery/entry.js';
import type { CallId } from '../turn.js';

/** How texts go out over a route. */
export interface Carriage {
  readonly dialect: DialectName;
  readonly encryption: Encryption;
  /** cmp2204: the private number that the user typed; null draws one. */
  readonly privateNumber: bigint | null;
}

/** What delivery wants of a route. */
export type RouteOrder =
  /** Make a way to the peer; the answer is the report `up` or `unreached`, at once or later. */
  | { readonly type: 'open'; readonly peerId: PeerId }
  /** Say these in this order. `isAgain`: the peer did not confirm them in time. */
  | {
      readonly type: 'utter';
      readonly peerId: PeerId;
      readonly lines: readonly Entry[];
      readonly isAgain: boolean;
    }
  /** Nothing was confirmed for long: whatever is left of the way, it is not the one to speak on. */
  | { readonly type: 'close'; readonly peerId: PeerId }
  /** The disk knows how these ended, or will never know. */
  | { readonly type: 'settled'; readonly peerId: PeerId; readonly ids: readonly MessageId[] }
  /** The disk did not take words that came over this connection: nothing that follows on it may overtake them. */
  | { readonly type: 'refuse'; readonly peerId: PeerId; readonly sessionId: SessionId };

/** What a route tells delivery. */
export type RouteReport =
  | { readonly type: 'up' | 'down'; readonly peerId: PeerId }
  /** A dial, or the handshake on it, failed. `retryAfterMs`: how long the peer asked us to stay away; 0: it did not. */
  | { readonly type: 'unreached'; readonly peerId: PeerId; readonly retryAfterMs: number }
  /** Announcements tell that the peer is there. */
  | { readonly type: 'present'; readonly peerId: PeerId }
  /** The peer made room for another one; nothing of it is kept. */
  | { readonly type: 'forgotten'; readonly peerId: PeerId }
  /** These were handed to a session that confirms them later. */
  | { readonly type: 'taken'; readonly peerId: PeerId; readonly lines: readonly Entry[] }
  /** The best that these can reach on this route is reached. */
  | {
      readonly type: 'confirmed';
      readonly peerId: PeerId;
      readonly ids: readonly MessageId[];
      readonly as: 'sent' | 'delivered';
    }
  /** These can never be said, or not any more: nobody tries again. */
  | {
      readonly type: 'refused';
      readonly peerId: PeerId;
      readonly ids: readonly MessageId[];
      readonly reason: string;
    }
  | Heard;

/** Words of a peer, for the history. */
export interface Heard {
  readonly type: 'heard';
  readonly lines: readonly NewEntry[];
  /** The connection waits for this answer before its peer may send much more. */
  readonly call: HeardCall;
  /** Null: the sender never repeats what the disk did not take. Else the sender keeps its words until a receipt. */
  readonly repeatedBy: { readonly peerId: PeerId; readonly sessionId: SessionId } | null;
}

/** Names the committed messages for which a receipt is due. */
export type HeardCall = CallId<{ readonly receipts: readonly MessageId[] }, never>;

/** A kind of way to peers. Each peer has one route, chosen by the form of its id. */
export interface Route<T> {
  /** How these texts would go out. Errors: as each kind of route says. */
  admit(
    peerId: PeerId,
    texts: readonly string[],
    via: SendViaOptions | null,
    turn: T,
  ): Result<Carriage, ChatError | DialectError>;
  /** Lines were added to the outbox with this carriage. */
  queued(peerId: PeerId, ids: readonly MessageId[], carriage: Carriage): void;
  carry(order: RouteOrder, turn: T): readonly RouteReport[];
}

/** What routes ask of the transport. */
export type TransportEffect =
  | {
      readonly to: 'transport';
      readonly say: 'dial';
      readonly connectionId: ConnectionId;
      readonly address: Address;
      readonly deadlineMs: number;
    }
  /** The caller on this accepted connection is served from now on. */
  | {
      readonly to: 'transport';
      readonly say: 'authenticated';
      readonly connectionId: ConnectionId;
      readonly isContact: boolean;
      readonly carries: Carries;
    }
  | {
      readonly to: 'transport';
      readonly say: 'close';
      readonly connectionId: ConnectionId;
      readonly reason: string;
      /** Keeps the address out for this long; 0: not at all. */
      readonly penaltyMs: number;
    }
  /** Who may use the reserved slot: hosts of trusted contacts, and tickets that resume (hex). */
  | {
      readonly to: 'transport';
      readonly say: 'known';
      readonly hosts: readonly string[];
      readonly ticketIds: readonly string[];
    }
  /** Nobody wants the bytes of this connection any more. */
  | { readonly to: 'transport'; readonly say: 'discard'; readonly connectionId: ConnectionId };
