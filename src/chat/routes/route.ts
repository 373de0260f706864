/**
 * Routes, the ways to a peer: delivery uses native sessions and connections with foreign programs by this contract
 * alone. Orders go down a route, reports come back; both are plain values.
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

/** The form in which texts go out over a route. */
export interface Carriage {
  readonly dialect: DialectName;
  readonly encryption: Encryption;
  /** cmp2204: the private number that the user typed; null draws one. */
  readonly privateNumber: bigint | null;
}

/** An order of delivery to a route. */
export type RouteOrder =
  /** Open a way to the peer. The report `up` or `unreached` follows, at once or later. */
  | { readonly type: 'open'; readonly peerId: PeerId }
  /** Send these in this order. `isAgain`: the peer did not confirm them in time. */
  | {
      readonly type: 'utter';
      readonly peerId: PeerId;
      readonly entries: readonly Entry[];
      readonly isAgain: boolean;
    }
  /** Close the way: nothing was confirmed on it for long. */
  | { readonly type: 'close'; readonly peerId: PeerId }
  /** The final states of these are on disk, or will never be. */
  | { readonly type: 'settled'; readonly peerId: PeerId; readonly ids: readonly MessageId[] }
  /** The disk refused messages of this connection: later ones on it must not overtake them. */
  | { readonly type: 'refuse'; readonly peerId: PeerId; readonly sessionId: SessionId };

/** A report of a route to delivery. */
export type RouteReport =
  | { readonly type: 'up' | 'down'; readonly peerId: PeerId }
  /** A dial, or the handshake on it, failed. `retryAfterMs`: the pause that a busy peer asked for; 0: none. */
  | { readonly type: 'unreached'; readonly peerId: PeerId; readonly retryAfterMs: number }
  /** The connection for one message failed, on a route that opens a connection for each message. */
  | { readonly type: 'way-failed'; readonly peerId: PeerId }
  /** A beacon shows that the peer is on the network. */
  | { readonly type: 'present'; readonly peerId: PeerId }
  /** The peer was forgotten in favour of another one. */
  | { readonly type: 'forgotten'; readonly peerId: PeerId }
  /** `peerId` stands for an address, and this identity answers there: the messages are for it. */
  | { readonly type: 'found'; readonly peerId: PeerId; readonly as: PeerId }
  /** The entries were handed to a session that confirms them later. */
  | { readonly type: 'taken'; readonly peerId: PeerId; readonly entries: readonly Entry[] }
  /** The messages have reached the best state of this route. */
  | {
      readonly type: 'confirmed';
      readonly peerId: PeerId;
      readonly ids: readonly MessageId[];
      readonly as: 'sent' | 'delivered';
    }
  /** The messages cannot be sent, now or later. */
  | {
      readonly type: 'refused';
      readonly peerId: PeerId;
      readonly ids: readonly MessageId[];
      readonly reason: string;
    }
  | Heard;

/** Messages of a peer, for the history. */
export interface Heard {
  readonly type: 'heard';
  readonly entries: readonly NewEntry[];
  /** Answered after the commit. Until then the credit of the peer is bounded. */
  readonly call: HeardCall;
  /** The session of a sender that repeats unconfirmed messages; null: the sender never repeats. */
  readonly repeatedBy: { readonly peerId: PeerId; readonly sessionId: SessionId } | null;
}

/** Names the committed messages for which a receipt is due. */
export type HeardCall = CallId<{ readonly receipts: readonly MessageId[] }, never>;

/** One kind of route. The form of a peer's id decides which kind it has. */
export interface Route<T> {
  /** Returns the form in which the texts would go out. Errors: those of each kind of route. */
  admit(
    peerId: PeerId,
    texts: readonly string[],
    via: SendViaOptions | null,
    turn: T,
  ): Result<Carriage, ChatError | DialectError>;
  /** Notes entries that were added to the outbox in this form. */
  queued(peerId: PeerId, ids: readonly MessageId[], carriage: Carriage): void;
  carry(order: RouteOrder, turn: T): readonly RouteReport[];
}

/** A request of routes to the transport. */
export type TransportEffect =
  | {
      readonly to: 'transport';
      readonly say: 'dial';
      readonly connectionId: ConnectionId;
      readonly address: Address;
      readonly deadlineMs: number;
    }
  /** The caller on this accepted connection is authenticated. */
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
      /** Time for which the address is refused; 0: none. */
      readonly penaltyMs: number;
    }
  /** The callers that may use the reserved slot: hosts of trusted contacts, and ids of tickets (hex). */
  | {
      readonly to: 'transport';
      readonly say: 'known';
      readonly hosts: readonly string[];
      readonly ticketIds: readonly string[];
    }
  /** The connection is not needed any more. */
  | { readonly to: 'transport'; readonly say: 'discard'; readonly connectionId: ConnectionId };
