/** The identity of this home for the rest of the node. */
import type { PeerId } from '../../ids.js';
import type { LocalIdentity } from '../../session/contract.js';

/** The identity of this home: its public parts, and the only function that signs with its key. */
export interface Vault {
  readonly peerId: PeerId;
  readonly idKey: Uint8Array;
  readonly certificateSerial: number;
  readonly local: LocalIdentity;
  readonly sign: (bytes: Uint8Array) => Uint8Array;
}
