/** The announced presence of a peer, which is a hint: only a handshake proves an address. */
import type { Contact } from './contact.js';
import { contacts as limits } from './limits.js';
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
  /** cmp2204: whether its announcement has its address, as the original program sends it; absent: no announcement was heard. */
  readonly announcesAddress?: boolean;
}

/**
 * The names of peers of foreign programs that said goodbye: labels until these peers speak again. Pure; bounded.
 */
export class LeftNames {
  readonly #names = new Map<PeerId, string>();

  /** Keeps the name of a peer that left. The name of a contact is kept already. */
  note(peerId: PeerId, name: string, contact: Contact | undefined): void {
    if (name === '' || name === contact?.name) return;
    this.#names.delete(peerId);
    this.#names.set(peerId, name);
    const [oldest] = this.#names.keys();
    if (this.#names.size > limits.leftMax && oldest !== undefined) this.#names.delete(oldest);
  }

  /** Returns the row of a peer that speaks again, with its label where it gives no name, and forgets the label. */
  back(row: Presence): Presence {
    const label = this.#names.get(row.peerId) ?? '';
    this.#names.delete(row.peerId);
    return row.name === '' ? { ...row, name: label } : row;
  }

  get = (peerId: PeerId): string | undefined => this.#names.get(peerId);
}

/** The source of a row of presence: an announcement on the network, or a text over a connection. */
export type Source = 'announced' | 'spoke';
