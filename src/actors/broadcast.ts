import type { Call, Cast } from '../runtime/actor.js';

export type BroadcastProtocol = {
  /** Announces at once, then every interval. Sent to itself, and by whoever knows of a change. */
  announce: Cast<Record<string, never>>;
  /** What the beacon says from now on; announced at once. */
  describe: Cast<{ readonly name: string; readonly tcpPort: number }>;
  /** One datagram to one address, from the socket that answers come to. */
  unicast: Cast<{ readonly bytes: Uint8Array; readonly address: string; readonly port: number }>;
};

/** What broadcast asks of the node, which alone holds the identity key. */
export type BroadcastRequests = {
  /** Signs the body of a beacon record; 64 bytes. */
  signBeacon: Call<{ readonly body: Uint8Array }, Uint8Array>;
};
