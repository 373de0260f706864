import type { Call, Cast } from '../runtime/actor.js';
import type { Presence } from '../chat/roster.js';
import type { PeerId } from '../ids.js';

export type DiscoveryProtocol = {
  /** A datagram that another actor's socket heard (answers come to the socket that sent the beacon). */
  heard: Cast<{ readonly bytes: Uint8Array; readonly address: string; readonly port: number }>;
  /** Contacts are never evicted from the roster and have signature checks reserved. */
  contacts: Cast<{ readonly peerIds: readonly PeerId[] }>;
  /** Re-reads clocks: online → away → gone. Sent to itself. */
  age: Cast<Record<string, never>>;
  roster: Call<Record<string, never>, readonly Presence[]>;
};

/** What discovery tells the node. */
export type DiscoveryReports = {
  /** Rows that are new or changed. A hint: only a handshake proves an address. */
  presence: Cast<{ readonly rows: readonly Presence[] }>;
};
