/** Dials of native addresses: which address of a peer is next, which dials are under way, and who asked about an address. */
import { parseConnectionId, type ConnectionId, type PeerId } from '../../ids.js';
import { formatAddress, type Address } from '../../wire/address.js';
import type { Turn } from '../turn.js';
import type { TransportEffect } from './route.js';
import { dialing as limits } from './limits.js';
import type { AddressAnswer } from './live-session.js';

export interface Dial {
  /** The peer that is meant; null for an address that was typed. */
  readonly expected: PeerId | null;
  readonly address: Address;
}

export class Dials {
  readonly #underWay = new Map<ConnectionId, Dial>();
  /** Addresses that somebody asked about and that are being dialled. */
  readonly #asked = new Set<string>();
  /** Next address to try, per peer. */
  readonly #next = new Map<PeerId, number>();
  #given = 0;

  /** Dials a peer at the next of its addresses. Returns false where it has none. */
  dialPeer(peerId: PeerId, addresses: readonly Address[], turn: Turn<TransportEffect>): boolean {
    const at = this.#next.get(peerId) ?? 0;
    const address = addresses[at % Math.max(1, addresses.length)];
    if (address === undefined) return false;
    this.#next.set(peerId, at + 1);
    this.dial(peerId, address, turn);
    return true;
  }

  dial(expected: PeerId | null, address: Address, turn: Turn<TransportEffect>): void {
    this.#given += 1;
    // The shape of the id is ours: a failure here is a bug.
    const connectionId = parseConnectionId(`o-${this.#given}`)._unsafeUnwrap();
    this.#underWay.set(connectionId, { expected, address });
    turn.emit({ to: 'transport', say: 'dial', connectionId, address, deadlineMs: limits.connectDeadlineMs });
  }

  /** Dials an address to learn which peer is there. A dial that is under way answers all who ask. */
  ask(address: Address, turn: Turn<TransportEffect>): void {
    const key = formatAddress(address);
    if (this.#asked.has(key)) return;
    this.#asked.add(key);
    this.dial(null, address, turn);
  }

  /** The dial with this connection, which ends here; null for a connection that is no dial of ours. */
  take(connectionId: ConnectionId): Dial | null {
    const dial = this.#underWay.get(connectionId) ?? null;
    this.#underWay.delete(connectionId);
    return dial;
  }

  /** The answer for those who asked about this address; empty where nobody did. */
  answersAt(address: Address, found: AddressAnswer['found']): readonly AddressAnswer[] {
    return this.#asked.delete(formatAddress(address)) ? [{ address, found }] : [];
  }

  /** The first address of the peer is tried first again. */
  tryFirst(peerId: PeerId): void {
    this.#next.delete(peerId);
  }
}
