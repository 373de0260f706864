/** The protocols of presence: broadcast, which sends beacons, and discovery, which receives them. */
import type { Call, Cast } from '../../runtime/actor.js';
import type { DropReason } from '../../chat/presence/beacon-gate.js';
import type { PeerId } from '../../ids.js';
import type { Presence } from '../../chat/people/presence.js';

export type BroadcastProtocol = {
  /** Announces at once, then every interval. Sent to itself, and by whoever knows of a change. */
  announce: Cast<Record<string, never>>;
  /** What the beacon says from now on; announced at once. */
  describe: Cast<BeaconDescription>;
  /** One datagram to one address, from the socket that answers come to. Not sent to a broadcast or far address. */
  unicast: Cast<{ readonly bytes: Uint8Array; readonly address: string; readonly port: number }>;
  /** Proves to one address that it is ours: an answer with the nonce, unless it would exceed `bytesMax`. */
  answer: Cast<{
    readonly nonce: Uint8Array;
    readonly address: string;
    readonly port: number;
    readonly bytesMax: number;
  }>;
  /**
   * The last announcement once more, to a newcomer. Where it would exceed `bytesMax` (an address that is not proved:
   * a reply must not be longer than what provoked it) everybody hears it instead.
   */
  greet: Cast<{ readonly address: string; readonly port: number; readonly bytesMax: number | null }>;
  /**
   * Goodbye: the run ends, and nothing is said after it. Not the business of `terminate`: an actor that is only
   * started anew must not make its run unhearable, since no beacon comes after a goodbye. The reply comes when it left.
   */
  leave: Call<Record<string, never>, null>;
  /** Looks whether the interfaces changed. Sent to itself. */
  look: Cast<Record<string, never>>;
};

export interface BeaconDescription {
  readonly name: string;
  /** 0: accepts no connections (yet). */
  readonly tcpPort: number;
  readonly certificateSerial: number;
}

/** What broadcast asks of the node, which alone holds the identity key. */
export type BroadcastRequests = {
  /** Signs the body of a beacon record (`beaconSigningBytes` of it); 64 bytes. */
  signBeacon: Call<{ readonly body: Uint8Array }, Uint8Array>;
  /** What the beacon should say, asked once after each start; `null` while the node does not know yet. */
  description: Call<Record<string, never>, BeaconDescription | null>;
};

export type DiscoveryProtocol = {
  /** A datagram that another actor's socket heard (answers come to the socket that sent the beacon). */
  heard: Cast<{ readonly bytes: Uint8Array; readonly address: string; readonly port: number }>;
  /** Contacts are never evicted from the roster and have signature checks reserved. */
  contacts: Cast<{ readonly peerIds: readonly PeerId[] }>;
  /** Something waits for these, and the last try to reach them failed: each of their beacons is told to the node. */
  awaited: Cast<{ readonly peerIds: readonly PeerId[] }>;
  /** Whom an earlier life of this actor told of: nobody else would notice that they fall silent. */
  recall: Cast<{ readonly rows: readonly Presence[] }>;
  /** Re-reads clocks: online → away → gone. Sent to itself. */
  age: Cast<Record<string, never>>;
  stats: Call<Record<string, never>, DiscoveryStats>;
};

export interface DiscoveryStats {
  readonly datagrams: number;
  readonly signatureChecks: number;
  readonly challenges: number;
  readonly dropped: Readonly<Partial<Record<DropReason | 'off-link', number>>>;
}

/** What discovery tells the node. */
export type DiscoveryReports = {
  /** Listening. Sent after each start: the node answers with the contacts. */
  hearing: Cast<Record<string, never>>;
  /** Rows that are new or changed. A hint: only a handshake proves an address. */
  presence: Cast<{ readonly rows: readonly Presence[] }>;
  /** Another run with our own identity is announced from there: a copied home. */
  twin: Cast<{ readonly address: string }>;
};
