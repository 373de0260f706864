/**
 * Texts that disappear, and the timers of conversations, by which the texts to come get their time. Throws `SqlTrouble`.
 */
import type { ConversationTimer, Expired, OutboxSize } from '../../../chat/delivery/entry.js';
import { directConversation, messageIdFromBytes, type MessageId, type PeerId } from '../../../ids.js';
import { operations as limits } from '../limits.js';
import { decodePeerId, type EncodedEntry } from '../rows.js';
import { bytesOf, integerOf, type Sql } from '../sql.js';
import { recount } from '../tally.js';
import { decodeText } from '../text.js';

/** Within a transaction: takes the timer of a conversation, unless a later one is known. */
export function keepTimer(
  sql: Sql,
  peerNo: number,
  { id, sentAtMs }: Pick<EncodedEntry, 'id' | 'sentAtMs'>,
  seconds: number,
): void {
  sql
    .prepare(
      `INSERT INTO timer(peer_no, seconds, sent_at, id) VALUES (?, ?, ?, ?)
       ON CONFLICT(peer_no) DO UPDATE SET seconds = excluded.seconds, sent_at = excluded.sent_at, id = excluded.id
       WHERE (sent_at, id) < (excluded.sent_at, excluded.id)`,
    )
    .run([peerNo, seconds, sentAtMs, id]);
}

/** Reads the timers of all conversations. */
export function timersOf(sql: Sql): readonly ConversationTimer[] {
  return sql
    .prepare(
      `SELECT CAST(peer.id AS BLOB), CAST(seconds AS INTEGER), CAST(sent_at AS INTEGER), CAST(timer.id AS BLOB)
       FROM timer JOIN peer ON peer.no = peer_no`,
    )
    .rows([])
    .map(([peer, seconds, sentAt, id]) => ({
      peerId: decodePeerId(peer),
      seconds: integerOf(seconds),
      sentAtMs: integerOf(sentAt),
      id: messageIdFromBytes(bytesOf(id)),
    }));
}

/** Returns when the next text disappears, ms; null: none will. */
export function nextExpiryOf(sql: Sql): number | null {
  const [next = null] =
    sql.prepare('SELECT CAST(min(expires_at) AS INTEGER) FROM line WHERE expires_at IS NOT NULL').row([]) ??
    [];
  return next === null ? null : integerOf(next);
}

/** The functions of the store that a removal uses. */
interface ExpiringStore {
  readonly outboxDraft: OutboxSize;
  /** Removes one text. `isUnread`: nobody has read it. Returns the own messages that wait no more. */
  expireOne(peerId: PeerId, seq: number, isUnread: boolean): readonly MessageId[];
}

/** Within a transaction: removes texts whose time has ended, a bounded number of them. */
export function expire(store: ExpiringStore, sql: Sql, nowMs: number): Expired {
  // A clock that was set back must not keep a text longer than its whole time.
  sql
    .prepare(
      `UPDATE line SET expires_at = CAST(?1 AS INTEGER) + 1000 * ttl
       WHERE expires_at IS NOT NULL AND expires_at > CAST(?1 AS INTEGER) + 1000 * ttl`,
    )
    .run([nowMs]);
  const rows = sql
    .prepare(
      `SELECT CAST(line.seq AS INTEGER), CAST(line.id AS BLOB), line.direction = 1, CAST(peer.id AS BLOB),
         CAST(line.name AS BLOB),
         direction = 0 AND seq > coalesce((SELECT read_seq FROM tally WHERE tally.peer_no = line.peer_no), 0),
         CAST(line.peer_no AS INTEGER)
       FROM line INDEXED BY line_expires JOIN peer ON peer.no = line.peer_no
       WHERE expires_at <= CAST(? AS INTEGER) ORDER BY expires_at LIMIT ${limits.expireSliceEntries}`,
    )
    .rows([nowMs])
    .map(([seq, id, isOut, peer, name, isUnread, peerNo]) => {
      const peerId = decodePeerId(peer);
      const direction = isOut === 1 ? ('out' as const) : ('in' as const);
      const names = { peerId, peer: decodeText(bytesOf(name)), conversation: directConversation(peerId) };
      return {
        isUnread: isUnread === 1,
        peerNo: integerOf(peerNo),
        seq: integerOf(seq),
        id: messageIdFromBytes(bytesOf(id)),
        direction,
        ...names,
      };
    });
  const cancelled = rows.flatMap(({ peerId, seq, isUnread }) => {
    const ids = store.expireOne(peerId, seq, isUnread);
    return ids.length === 0 ? [] : [{ peerId, ids }];
  });
  for (const peerNo of new Set(rows.filter((row) => row.isUnread).map((row) => row.peerNo)))
    recount(sql, peerNo);
  const gone = rows.map(({ isUnread: _isUnread, peerNo: _peerNo, ...each }) => each);
  return { gone, cancelled, nextMs: nextExpiryOf(sql), outbox: store.outboxDraft };
}
