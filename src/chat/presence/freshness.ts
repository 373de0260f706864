/**
 * Is a beacon newer than what was heard of its identity before? Source: session-protocol section 6. Same run of the
 * peer: the sequence grows. New run: its clock is ahead of the last accepted one. First sight: the clocks agree
 * roughly. Whoever echoes our nonce is live, whatever the clocks say. Pure; remembers a bounded number of identities.
 */
import type { PeerId } from '../../ids.js';
import { beaconGate as limits } from './limits.js';
import type { BeaconRecord } from '../../wire/beacon.js';

/**
 * `repeat`: the very record that was accepted last (one announcement goes to several ports and interfaces).
 * `unproven`: fresh if the sender echoes a nonce of ours. `stale`: old, whatever else.
 */
export type Freshness = 'fresh' | 'repeat' | 'unproven' | 'stale';

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

export function createFreshnessMemory(): FreshnessMemory {
  const lastAccepted = new Map<PeerId, Accepted>();
  return {
    judge(peerId, record, isLive, wallClockMs) {
      const last = lastAccepted.get(peerId);
      if (last === undefined) {
        if (isLive) return 'fresh';
        return Math.abs(record.timeMs - wallClockMs) <= limits.clockSkewMaxMs ? 'fresh' : 'unproven';
      }
      if (isSameBytes(last.bootId, record.bootId)) {
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

const isSameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);
