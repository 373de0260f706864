/**
 * Read marks between this user and each peer: how far the peer knows that its messages were read, and how far it read
 * ours. Both only rise. Throws `SqlTrouble`.
 */
import type { OwedMark, PeerRead, Unseen } from '../../../chat/delivery/entry.js';
import { messageIdFromBytes, parsePeerId, type MessageId, type PeerId } from '../../../ids.js';
import type { PeerNumbers } from '../peer-numbers.js';
import { operations as limits } from '../limits.js';
import { idBytes, stateNumber } from '../rows.js';
import { bytesOf, integerOf, type Sql } from '../sql.js';
import { decodeText } from '../text.js';

/** The read marks of one open file. */
export class Receipts {
  readonly #sql: Sql;
  readonly #peers: PeerNumbers;

  constructor(sql: Sql, peers: PeerNumbers) {
    this.#sql = sql;
    this.#peers = peers;
  }

  /** Within a transaction: the peer knows that its messages were read up to a `seq`, or is not to learn of it. */
  told(peerId: PeerId, seq: number): void {
    this.#sql
      .prepare('UPDATE tally SET told_seq = max(told_seq, CAST(? AS INTEGER)) WHERE peer_no = ?')
      .run([seq, this.#peers.of(peerId) ?? 0]);
  }

  /** Returns the mark that a peer is owed; null: none. */
  owedTo = (peerId: PeerId): OwedMark | null => owedOf(this.#sql, this.#peers.of(peerId) ?? 0);

  /** Returns the marks that peers are owed. */
  owed(): NonNullable<Unseen['owed']> {
    return this.#sql
      .prepare(
        `SELECT CAST(peer.id AS BLOB), CAST(peer_no AS INTEGER) FROM tally JOIN peer ON peer.no = peer_no
         WHERE read_seq > told_seq`,
      )
      .rows([])
      .flatMap(([id, peerNo]) => {
        const peerId = parsePeerId(decodeText(bytesOf(id)));
        const mark = owedOf(this.#sql, integerOf(peerNo));
        return peerId.isErr() || mark === null ? [] : [{ peerId: peerId.value, ...mark }];
      });
  }

  /** Within a transaction: a peer has read our messages up to this one, but `unread`. Null: it never got such a message. */
  peerRead(peerId: PeerId, upTo: MessageId, unread: readonly MessageId[], atMs: number): PeerRead | null {
    const peerNo = this.#peers.of(peerId) ?? 0;
    const named = this.#sql
      .prepare(
        'SELECT CAST(seq AS INTEGER) FROM line WHERE id = ? AND peer_no = ? AND direction = 1 AND kind IN (0, 4)',
      )
      .row([idBytes(upTo), peerNo]);
    if (named === undefined) return null;
    const seq = integerOf(named[0]);
    const isNews =
      this.#sql
        .prepare(
          `INSERT INTO tally(peer_no, read_seq, unread, bytes, peer_read_seq) VALUES (?1, 0, 0, 0, CAST(?2 AS INTEGER))
           ON CONFLICT(peer_no) DO UPDATE SET peer_read_seq = excluded.peer_read_seq
           WHERE peer_read_seq < excluded.peer_read_seq`,
        )
        .run([peerNo, seq]) > 0;
    if (isNews)
      this.#sql
        .prepare(
          `UPDATE line SET read_at = CAST(? AS INTEGER) WHERE seq IN (
             SELECT seq FROM line INDEXED BY line_peer JOIN delivery ON message = seq AND recipient = peer_no
             WHERE peer_no = ? AND seq <= CAST(? AS INTEGER) AND direction = 1 AND kind IN (0, 4)
               AND read_at IS NULL AND delivery.state <> ? AND id NOT IN (${placeholders}))`,
        )
        .run([Math.trunc(atMs), peerNo, seq, stateNumber('failed'), ...filled(unread)]);
    return { seq, isNews };
  }
}

/** A value for each message that a mark may except; no message has empty bytes as its id. */
const placeholders = Array.from({ length: limits.unreadIdsMax }, () => '?').join(', ');
const filled = (ids: readonly MessageId[]): readonly Uint8Array[] =>
  Array.from({ length: limits.unreadIdsMax }, (_, at) => {
    const id = ids[at];
    return id === undefined ? new Uint8Array() : idBytes(id);
  });

function owedOf(sql: Sql, peerNo: number): OwedMark | null {
  const span = `FROM line INDEXED BY line_peer
    WHERE peer_no = ?1 AND seq > (SELECT told_seq FROM tally WHERE peer_no = ?1)
      AND seq <= (SELECT read_seq FROM tally WHERE peer_no = ?1) AND direction = 0`;
  const gone = sql
    .prepare(
      `SELECT CAST(seq AS INTEGER), CAST(id AS BLOB) ${span} AND deleted = 3
       ORDER BY seq LIMIT ${String(limits.unreadIdsMax + 1)}`,
    )
    .rows([peerNo]);
  // A mark excepts a bounded number: where there are more, it ends before the first one that has no room.
  const before = gone[limits.unreadIdsMax]?.[0] ?? Number.MAX_SAFE_INTEGER;
  const row = sql
    .prepare(
      `SELECT CAST(seq AS INTEGER), CAST(id AS BLOB) ${span} AND kind IN (0, 4) AND deleted < 3
         AND seq < CAST(?2 AS INTEGER) ORDER BY seq DESC LIMIT 1`,
    )
    .row([peerNo, integerOf(before)]);
  if (row === undefined) return null;
  const seq = integerOf(row[0]);
  const unread = gone.filter(([at]) => integerOf(at) < seq).map(([, id]) => messageIdFromBytes(bytesOf(id)));
  return { seq, upTo: messageIdFromBytes(bytesOf(row[1])), ...(unread.length === 0 ? {} : { unread }) };
}
