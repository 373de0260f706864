/**
 * Counts of received messages by peer: the mark of the user, the number of unread messages, and the bytes of all.
 * They change in the transaction of the messages, so that a start counts nothing. Throws `SqlTrouble`.
 */
import type { Emitted, Unread } from '../../chat/delivery/entry.js';
import { parsePeerId } from '../../ids.js';
import { bytesOf, integerOf, type Sql } from './sql.js';
import { decodeText } from './text.js';

/** Messages of one peer that the open transaction adds. */
export interface Arrival {
  messages: number;
  bytes: number;
}

/** Counts a received entry; only a message can be unread. */
export function countArrival(
  arrivals: Map<number, Arrival>,
  peerNo: number,
  { kind, body }: { readonly kind: number; readonly body: Uint8Array },
): void {
  const arrival = arrivals.get(peerNo) ?? { messages: 0, bytes: 0 };
  arrival.messages += kind === 0 ? 1 : 0;
  arrival.bytes += body.byteLength;
  arrivals.set(peerNo, arrival);
}

/** Adds received messages to the counts. */
export function addArrivals(sql: Sql, arrivals: ReadonlyMap<number, Arrival>): void {
  const add = sql.prepare(
    `INSERT INTO tally(peer_no, read_seq, unread, bytes) VALUES (?, 0, ?, ?) ON CONFLICT(peer_no) DO UPDATE
     SET unread = unread + excluded.unread, bytes = bytes + excluded.bytes`,
  );
  for (const [peerNo, { messages, bytes }] of arrivals) add.run([peerNo, messages, bytes]);
}

/**
 * Marks the messages of a peer as read up to a `seq`; the mark never goes back. Returns the mark and the unread
 * number.
 */
export function readUpTo(sql: Sql, peerNo: number, seq: number): Pick<Unread, 'readSeq' | 'unread'> {
  sql
    .prepare(
      `INSERT INTO tally(peer_no, read_seq, unread, bytes) VALUES (?, ?, 0, 0) ON CONFLICT(peer_no) DO UPDATE
       SET read_seq = max(read_seq, excluded.read_seq)`,
    )
    .run([peerNo, seq]);
  recount(sql, peerNo);
  const row = sql
    .prepare('SELECT CAST(read_seq AS INTEGER), CAST(unread AS INTEGER) FROM tally WHERE peer_no = ?')
    .row([peerNo]);
  return { readSeq: integerOf(row?.[0]), unread: integerOf(row?.[1]) };
}

/** Counts the unread messages again, after the mark moved or entries were put back; null: of every peer. */
export function recount(sql: Sql, peerNo: number | null): void {
  const counted = `SET unread = (SELECT count(*) FROM line INDEXED BY line_peer
      WHERE line.peer_no = tally.peer_no AND seq > read_seq AND direction = 0 AND kind = 0 AND deleted = 0)`;
  if (peerNo === null) sql.prepare(`UPDATE tally ${counted}`).run([]);
  else sql.prepare(`UPDATE tally ${counted} WHERE peer_no = ?`).run([peerNo]);
}

/** The counts of all peers that wrote. */
export function unreadOf(sql: Sql): readonly Unread[] {
  const rows = sql
    .prepare(
      `SELECT CAST(peer.id AS BLOB), CAST(read_seq AS INTEGER), CAST(unread AS INTEGER),
         CAST(bytes AS INTEGER), CASE WHEN unread > 0 THEN (SELECT CAST(name AS BLOB) FROM line WHERE seq = (SELECT max(seq) FROM line WHERE line.peer_no = tally.peer_no)) END
       FROM tally JOIN peer ON peer.no = peer_no ORDER BY peer_no`,
    )
    .rows([]);
  return rows.flatMap(([id, readSeq, unread, bytes, name]) => {
    const peerId = parsePeerId(decodeText(bytesOf(id)));
    if (peerId.isErr()) return [];
    const label = name === null ? '' : decodeText(bytesOf(name));
    const counts = { readSeq: integerOf(readSeq), unread: integerOf(unread), bytes: integerOf(bytes) };
    return [{ peerId: peerId.value, name: label, ...counts }];
  });
}

/** Reads the greatest `seq` that a reader of `serve --json` got. */
export const emittedOf = (sql: Sql): Emitted => ({
  seq: sql.integer("SELECT coalesce(max(number), 0) FROM progress WHERE name = 'emitted'"),
});

/** Raises the mark of `serve --json`; it never goes back. Returns the mark. */
export function raiseEmitted(sql: Sql, seq: number): Emitted {
  sql
    .prepare(
      `INSERT INTO progress(name, number) VALUES ('emitted', CAST(? AS INTEGER))
       ON CONFLICT(name) DO UPDATE SET number = max(number, excluded.number)`,
    )
    .run([seq]);
  return emittedOf(sql);
}
