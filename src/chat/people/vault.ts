/** The identity of a home as the rest of the node sees it. */
import type { PeerId } from '../../ids.js';
import type { LocalIdentity } from '../../session/contract.js';

/** The identity of this home: what others see of it, and the only hand that signs with its key. */
export interface Vault {
  readonly peerId: PeerId;
  readonly idKey: Uint8Array;
  readonly certificateSerial: number;
  readonly local: LocalIdentity;
  readonly sign: (bytes: Uint8Array) => Uint8Array;
}
