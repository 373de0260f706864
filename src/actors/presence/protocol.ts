/** The protocols of presence: broadcast, which sends beacons, and discovery, which receives them. */
import type { Call, Cast } from '../../runtime/actor.js';
import type { DropReason } from '../../chat/presence/beacon-gate.js';
import type { HeardReport } from '../../chat/presence/heard-log.js';
import type { PeerId } from '../../ids.js';
import type { ProvedHost, Presence } from '../../chat/people/presence.js';
import type { Status } from '../../wire/status.js';

/** The messages that broadcast takes. */
export type BroadcastProtocol = {
  /** Announces at once, then at every interval. Sent by itself, and by an actor that knows of a change. */
  announce: Cast<Record<string, never>>;
  /** Sets the content of the beacon, and announces it at once. */
  describe: Cast<BeaconDescription>;
  /** Sends one datagram to one address, from the socket that answers come to. Ignores broadcast and far addresses. */
  unicast: Cast<{ readonly bytes: Uint8Array; readonly address: string; readonly port: number }>;
  /** Sends one announcement to each of these hosts, which asks for a reply. Ignores broadcast and far addresses. */
  query: Cast<{ readonly hosts: readonly string[] }>;
  /** Proves our identity to one address: sends an answer with the nonce, unless it would exceed `bytesMax`. */
  answer: Cast<{
    readonly nonce: Uint8Array;
    readonly address: string;
    readonly port: number;
    readonly bytesMax: number;
  }>;
  /**
   * Repeats the last announcement for a newcomer. Where it would exceed `bytesMax`, it goes to all instead: a reply
   * to an unproved address must not be longer than the datagram that caused it.
   */
  greet: Cast<{ readonly address: string; readonly port: number; readonly bytesMax: number | null }>;
  /**
   * Sends the goodbye of this run; nothing is sent afterwards. `terminate` does not do this: a restart of this actor
   * must not end the run for peers, which ignore beacons after a goodbye. Replies once the goodbye has left.
   */
  leave: Call<Record<string, never>, null>;
  /** The last announcement: where it was sent to, and where replies to it arrive. */
  sent: Call<Record<string, never>, SentReport>;
  /** Checks whether the interfaces changed. Sent to itself. */
  pollInterfaces: Cast<Record<string, never>>;
};

/** Where the last announcement went. */
export interface SentReport {
  /** `problem`: the error code of sending; null: it left this machine. */
  readonly targets: readonly {
    readonly address: string;
    readonly port: number;
    readonly problem: string | null;
  }[];
  /** UDP ports to which peers send their replies. */
  readonly replyPorts: readonly number[];
}

/** The content of a beacon. */
export interface BeaconDescription {
  readonly name: string;
  /** 0: accepts no connections (yet). */
  readonly tcpPort: number;
  readonly certificateSerial: number;
  /** `invisible`: nothing is announced, after a goodbye where something was. Absent: here. */
  readonly status?: Status;
}

/** The requests of broadcast to the node, which alone holds the identity key. */
export type BroadcastRequests = {
  /** Signs the body of a beacon record (`beaconSigningBytes` of it); 64 bytes. */
  signBeacon: Call<{ readonly body: Uint8Array }, Uint8Array>;
  /** The content of the beacon, asked for once after each start; `null` while the node does not know it yet. */
  description: Call<Record<string, never>, BeaconDescription | null>;
};

/** The messages that discovery takes. */
export type DiscoveryProtocol = {
  /** A datagram that came to the socket of broadcast, where answers to our beacons arrive. */
  heard: Cast<{ readonly bytes: Uint8Array; readonly address: string; readonly port: number }>;
  /** Contacts are never evicted from the roster and have signature checks reserved. */
  contacts: Cast<{ readonly peerIds: readonly PeerId[] }>;
  /**
   * Sets the awaited peers: messages wait for them, and the last attempt to reach them failed. Each of their beacons
   * is reported to the node.
   */
  awaited: Cast<{ readonly peerIds: readonly PeerId[] }>;
  /** Sets the proved hosts of contacts, which are asked for a sign of life when they fall silent. */
  /** Another service names a host where a node may run. It proves nothing. */
  named: Cast<{ readonly host: string }>;
  watchHosts: Cast<{ readonly hosts: readonly ProvedHost[] }>;
  /** Takes over the rows of an earlier life of this actor, which alone notices that their peers fall silent. */
  recall: Cast<{ readonly rows: readonly Presence[] }>;
  /** Whether nothing may be sent: then the signature alone counts, and no sender proves its address. */
  invisible: Cast<{ readonly isInvisible: boolean }>;
  /** Re-reads clocks: online → away → gone. Sent to itself. */
  age: Cast<Record<string, never>>;
  stats: Call<Record<string, never>, DiscoveryStats>;
  /** All that was heard, and where. */
  report: Call<Record<string, never>, HeardReport>;
};

/** Figures since the start. */
export interface DiscoveryStats {
  readonly datagrams: number;
  readonly signatureChecks: number;
  readonly challenges: number;
  readonly dropped: Readonly<Partial<Record<DropReason | 'off-link', number>>>;
}

/** The reports of discovery to the node. */
export type DiscoveryReports = {
  /** Discovery receives. Sent after each start; the node answers with the contacts. */
  hearing: Cast<Record<string, never>>;
  /** Rows that are new or changed. A hint: only a handshake proves an address. */
  presence: Cast<{ readonly rows: readonly Presence[] }>;
  /** Peers that announced themselves since the last report, and when (wall clock, ms). */
  seen: Cast<{ readonly peers: readonly Pick<Presence, 'peerId' | 'lastSeenMs'>[] }>;
  /** Another node with our identity is announced from this address: a copied home. */
  twin: Cast<{ readonly address: string }>;
};
