/**
 * The freshness of beacons: whether one is newer than the last accepted one of its identity. Source: session-protocol
 * section 6. In one run of the peer the sequence grows. A new run has a later clock than the last accepted beacon. At
 * first sight the clocks must agree roughly. A sender that echoes our nonce is live, whatever the clocks say. Pure;
 * remembers a bounded number of identities.
 */
import type { PeerId } from '../../ids.js';
import { beaconGate as limits } from './limits.js';
import type { BeaconRecord } from '../../wire/beacon.js';
import { isSame } from '../../wire/bytes.js';

/**
 * The result of the check. `repeat`: the record accepted last, since one announcement goes to several ports and
 * interfaces. `unproven`: fresh only if the sender echoes our nonce. `stale`: old in any case.
 */
export type Freshness = 'fresh' | 'repeat' | 'unproven' | 'stale';

/** The last accepted beacon of each identity. */
export interface FreshnessMemory {
  judge(peerId: PeerId, record: BeaconRecord, isLive: boolean, wallClockMs: number): Freshness;
  /** Remembers a record whose signature was checked. */
  accept(peerId: PeerId, record: BeaconRecord): void;
}

interface Accepted {
  readonly bootId: Uint8Array;
  readonly seq: number;
  readonly timeMs: number;
}

/** Creates an empty memory. */
export function createFreshnessMemory(): FreshnessMemory {
  const lastAccepted = new Map<PeerId, Accepted>();
  return {
    judge(peerId, record, isLive, wallClockMs) {
      const last = lastAccepted.get(peerId);
      if (last === undefined) {
        if (isLive) return 'fresh';
        return Math.abs(record.timeMs - wallClockMs) <= limits.clockSkewMaxMs ? 'fresh' : 'unproven';
      }
      if (isSame(last.bootId, record.bootId)) {
        if (record.seq > last.seq) return 'fresh';
        return record.seq === last.seq ? 'repeat' : 'stale';
      }
      return isLive || record.timeMs > last.timeMs ? 'fresh' : 'unproven';
    },
    accept(peerId, { bootId, seq, timeMs }) {
      lastAccepted.delete(peerId);
      lastAccepted.set(peerId, { bootId, seq, timeMs });
      if (lastAccepted.size <= limits.freshnessMax) return;
      const [oldest] = lastAccepted.keys();
      if (oldest !== undefined) lastAccepted.delete(oldest);
    },
  };
}
