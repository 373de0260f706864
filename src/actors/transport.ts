import type { MessagePort } from 'node:worker_threads';
import type { DialectName } from '../dialects/dialect.js';
import type { TransportError } from '../errors.js';
import type { ConnectionId, PeerId } from '../ids.js';
import type { Call, Cast } from '../runtime/actor.js';

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
    TransportError
  >;
  /** The session on this inbound connection finished its handshake: it now counts as authenticated. */
  authenticated: Cast<{
    readonly connectionId: ConnectionId;
    readonly peerId: PeerId;
    readonly isContact: boolean;
  }>;
  /** Ends the connection; `penaltyMs` keeps its address out for so long (0: none). */
  close: Cast<{ readonly connectionId: ConnectionId; readonly reason: string; readonly penaltyMs: number }>;
  /** Who may use the reserved slot: addresses where contacts were last proved, and tickets that resume (hex). */
  known: Cast<{ readonly addresses: readonly string[]; readonly ticketIds: readonly string[] }>;
  stats: Call<Record<string, never>, TransportStats>;
};

export interface TransportStats {
  readonly accepted: number;
  readonly refusedBusy: number;
  readonly evicted: number;
  readonly inboundNow: number;
  readonly inboundMost: number;
  readonly outboundNow: number;
}

/** What the transport tells the node. The node's protocol contains these messages. */
export type TransportReports = {
  /** Listening. Sent once after start, before any connection. */
  listening: Cast<{ readonly address: string; readonly port: number }>;
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
