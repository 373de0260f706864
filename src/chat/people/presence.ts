/** The announced presence of a peer, which is a hint: only a handshake proves an address. */
import type { DialectName } from '../../dialects/dialect.js';
import type { PeerId } from '../../ids.js';
import type { PeerState } from '../events.js';

/** One row of the roster: an announced identity with its addresses, best first. */
export interface Presence {
  readonly peerId: PeerId;
  readonly name: string;
  readonly state: PeerState;
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  readonly dialect: DialectName;
  /** Wall clock, ms. */
  readonly lastSeenMs: number;
  /** The run of the peer's node (8 bytes, hex); changes with each start. */
  readonly bootIdHex: string;
  /** Serial of the certificate that the peer's signed beacon names; absent where no beacon was heard. */
  readonly certificateSerial?: number;
}
