/** The protocol of the transport: its messages, and its reports to the node. */
import type { Unheard } from '../../admission/first-bytes.js';
import type { MessagePort } from 'node:worker_threads';
import type { DialectName } from '../../dialects/dialect.js';
import type { DialError } from '../../chat/errors.js';
import type { ConnectionId } from '../../ids.js';
import type { Call, Cast } from '../../runtime/actor.js';
import type { Carries } from '../../dialects/dialect.js';

export interface AcceptStats {
  /** Connections that were given a place. */
  readonly accepted: number;
  readonly refusedBusy: number;
  /** Closed because too many waited. */
  readonly crowdedOut: number;
  readonly evicted: number;
  readonly inboundNow: number;
  readonly inboundMost: number;
  /** Connections to the shared port that ended before it was known what they speak, by reason. */
  readonly unheard: Readonly<Partial<Record<Unheard, number>>>;
}

export type TransportProtocol = {
  /** Opens a connection; its bytes travel over the returned port (`runtime/stream.ts`). */
  dial: Call<
    {
      readonly connectionId: ConnectionId;
      readonly host: string;
      readonly port: number;
      readonly deadlineMs: number;
    },
    { readonly port: MessagePort; readonly remoteAddress: string },
    DialError
  >;
  /** The session on this inbound connection finished its handshake: it now counts as authenticated. */
  authenticated: Cast<{
    readonly connectionId: ConnectionId;
    readonly isContact: boolean;
    readonly carries: Carries;
  }>;
  /** Ends the connection; `penaltyMs` keeps its address out for so long (0: none). */
  close: Cast<{ readonly connectionId: ConnectionId; readonly reason: string; readonly penaltyMs: number }>;
  /** Who may use the reserved slot: addresses where contacts were last proved, and tickets that resume (hex). */
  known: Cast<{ readonly addresses: readonly string[]; readonly ticketIds: readonly string[] }>;
  stats: Call<Record<string, never>, TransportStats>;
};

export interface TransportStats extends AcceptStats {
  readonly outboundNow: number;
}

/** What the transport tells the node. The node's protocol contains these messages. */
export type TransportReports = {
  /** Listening. Sent once after start, before any connection; `others` are the ports of single dialects. */
  listening: Cast<{
    readonly address: string;
    readonly port: number;
    readonly others: readonly {
      readonly dialect: DialectName;
      readonly address: string;
      readonly port: number;
    }[];
  }>;
  /** An admitted inbound connection. `port` carries its bytes, the first ones included; transferred. */
  accepted: Cast<{
    readonly connectionId: ConnectionId;
    readonly dialect: DialectName;
    readonly remoteAddress: string;
    readonly remotePort: number;
    readonly port: MessagePort;
  }>;
  /** All slots are taken and somebody was refused: park this authenticated, idle connection. */
  slotWanted: Cast<{ readonly connectionId: ConnectionId }>;
};
