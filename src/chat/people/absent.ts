/**
 * Addresses at which a handshake proved another key than that of the peer: the peer is not there. Such an address is not
 * dialled until the peer announces itself from there again. Where that announcement is refuted, too,
 * somebody claims an identity without its key. Pure.
 */
import type { PeerId } from '../../ids.js';
import { formatAddress, type Address } from '../../wire/address.js';
import { absent as limits } from './limits.js';
import type { Presence } from './presence.js';

interface Refuted {
  readonly times: number;
  /** Announcements before this time are ignored (monotonic, ms): the calendar may be set back meanwhile. */
  readonly untilMs: number;
  /** The last announcement before (wall clock, ms), to tell it from a later one; null: none. */
  readonly seenMs: number | null;
  readonly isOff: boolean;
}

/** The refuted addresses of each peer. */
export class AbsentAddresses {
  readonly #refuted = new Map<PeerId, Map<string, Refuted>>();

  /** Tells whether the address is not to be dialled for the peer. */
  isOff = (peerId: PeerId, address: Address): boolean =>
    this.#refuted.get(peerId)?.get(formatAddress(address))?.isOff === true;

  /**
   * Notes that another key was proved there at `nowMs` (monotonic). `heard`: the row of the peer. Returns how often that
   * happened, each time after an announcement.
   */
  refute(peerId: PeerId, address: Address, heard: Presence | undefined, nowMs: number): number {
    const ofPeer = this.#refuted.get(peerId) ?? new Map<string, Refuted>();
    const key = formatAddress(address);
    const times = (ofPeer.get(key)?.times ?? 0) + 1;
    const pauseMs =
      times === 1 ? limits.onItsWayMs : Math.min(limits.pauseMostMs, limits.pauseMs * 2 ** (times - 2));
    ofPeer.delete(key);
    ofPeer.set(key, { times, untilMs: nowMs + pauseMs, seenMs: heard?.lastSeenMs ?? null, isOff: true });
    this.#refuted.delete(peerId);
    this.#refuted.set(peerId, ofPeer);
    dropOldest(ofPeer, limits.addressesPerPeerMax);
    dropOldest(this.#refuted, limits.peersMax);
    return times;
  }

  /** Takes an announcement. The address that it came from may be dialled again. */
  announced({ peerId, addresses: [address], lastSeenMs, state }: Presence, nowMs: number): void {
    const ofPeer = this.#refuted.get(peerId);
    if (ofPeer === undefined || address === undefined || state !== 'online') return;
    const key = formatAddress(address);
    const refuted = ofPeer.get(key);
    if (refuted?.isOff === true && lastSeenMs !== refuted.seenMs && nowMs > refuted.untilMs)
      ofPeer.set(key, { ...refuted, isOff: false });
  }

  /** Forgets an address at which the peer proved itself. */
  proved(peerId: PeerId, address: Address): void {
    this.#refuted.get(peerId)?.delete(formatAddress(address));
  }
}

function dropOldest<Key>(map: Map<Key, unknown>, max: number): void {
  for (const oldest of map.keys()) {
    if (map.size <= max) return;
    map.delete(oldest);
  }
}
