/** The rows of peers: tables of the history name a peer by the number of its row. */
import type { PeerId } from '../../ids.js';
import { history as limits } from './limits.js';
import { integerOf, type Sql } from './sql.js';
import { encodeText } from './text.js';

/** The numbers of peers, with those used last in memory. */
export class PeerNumbers {
  readonly #sql: Sql;
  readonly #known = new Map<PeerId, number>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Forgets the numbers in memory, as after a rollback, which takes new ones back. */
  clear(): void {
    this.#known.clear();
  }

  /** Returns the number of a stored peer; null: unknown. */
  of(peerId: PeerId): number | null {
    const known = this.#known.get(peerId);
    if (known !== undefined) return known;
    const row = this.#sql.prepare('SELECT no FROM peer WHERE id = ?').row([encodeText(peerId)]);
    if (row === undefined) return null;
    if (this.#known.size >= limits.peerCacheMax) this.#known.clear();
    const no = integerOf(row[0]);
    this.#known.set(peerId, no);
    return no;
  }

  /** Within a transaction: returns the number of a peer, which an unknown one gets. */
  give(peerId: PeerId): number {
    const known = this.of(peerId);
    if (known !== null) return known;
    this.#sql.prepare('INSERT INTO peer(id) VALUES (?)').run([encodeText(peerId)]);
    return this.of(peerId) ?? 0;
  }
}
