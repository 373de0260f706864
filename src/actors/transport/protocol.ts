/** The protocol of the transport: its messages, and its reports to the node. */
import type { Unheard } from '../../admission/first-bytes.js';
import type { Address } from '../../wire/address.js';
import type { MessagePort } from 'node:worker_threads';
import type { DialectName } from '../../dialects/dialect.js';
import type { DialError } from '../../chat/errors.js';
import type { ConnectionId } from '../../ids.js';
import type { Call, Cast } from '../../runtime/actor.js';
import type { Carries } from '../../dialects/dialect.js';

/** Figures of the accepted connections since the start. */
export interface AcceptStats {
  /** Connections that got a slot. */
  readonly accepted: number;
  readonly refusedBusy: number;
  /** Callers closed because their queue was full. */
  readonly crowdedOut: number;
  /** Closed at once and without BUSY: crowded out, or refused while another caller got BUSY. */
  readonly reset: number;
  readonly evicted: number;
  readonly inboundNow: number;
  readonly inboundMost: number;
  /** Connections to the shared port that ended before their dialect was known, by reason. */
  readonly unheard: Readonly<Partial<Record<Unheard, number>>>;
}

/** The messages that the transport takes. */
export type TransportProtocol = {
  /** Opens a connection; its bytes travel over the returned port (`runtime/stream.ts`). */
  dial: Call<
    {
      readonly connectionId: ConnectionId;
      readonly host: string;
      readonly port: number;
      readonly deadlineMs: number;
    },
    { readonly port: MessagePort; readonly remoteAddress: string; readonly localAddress: string },
    DialError
  >;
  /** The session on this accepted connection finished its handshake, so the connection counts as authenticated. */
  authenticated: Cast<{
    readonly connectionId: ConnectionId;
    readonly isContact: boolean;
    readonly carries: Carries;
  }>;
  /** Ends the connection. `penaltyMs`: time for which its address is refused afterwards; 0: none. */
  close: Cast<{ readonly connectionId: ConnectionId; readonly reason: string; readonly penaltyMs: number }>;
  /**
   * The callers that may use the reserved slot: addresses where contacts were last proved, and ids of tickets (hex).
   */
  known: Cast<{ readonly addresses: readonly string[]; readonly ticketIds: readonly string[] }>;
  stats: Call<Record<string, never>, TransportStats>;
};

/** Figures of the transport. */
export interface TransportStats extends AcceptStats {
  readonly outboundNow: number;
}

/** A connection that has a slot and a known dialect. */
export interface AcceptedConnection {
  readonly connectionId: ConnectionId;
  readonly dialect: DialectName;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Port over which the session gets the bytes of the connection, the first ones included. */
  readonly port: MessagePort;
}

/** The reports of the transport to the node, whose protocol contains them. */
export type TransportReports = {
  /**
   * The transport listens. Sent once after the start, before any connection; `others`: the ports of single dialects.
   */
  listening: Cast<{
    readonly address: string;
    readonly addresses: readonly string[];
    readonly port: number;
    readonly others: readonly {
      readonly dialect: DialectName;
      readonly address: string;
      readonly port: number;
    }[];
  }>;
  /** A connection was admitted. */
  accepted: Cast<AcceptedConnection>;
  /** A caller needs a slot and none is free: park this authenticated, idle session. */
  slotWanted: Cast<{ readonly connectionId: ConnectionId }>;
  /** A foreign program got no slot, and cannot come again: its words are lost. */
  turnedAway: Cast<{ readonly address: Address; readonly dialect: DialectName }>;
  /** Words came over the shared port that no dialect begins with, or (`isOff`) one that is switched off. */
  unheard: Cast<{ readonly host: string; readonly isOff: boolean }>;
};
