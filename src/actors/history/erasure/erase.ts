/**
 * The removal of entries, a slice at a time, so that an acknowledgement waits for one slice at most. After the last slice
 * no file holds the texts: free pages are overwritten, the index is built again, the write-ahead log is emptied, and a
 * file of moderate size is rewritten, since its pages may hold what was moved or freed earlier. Throws `SqlTrouble`.
 */
import type { Erased, Erasure } from '../../../chat/delivery/erasure.js';
import { erasure as limits } from '../limits.js';
import { idBytes } from '../rows.js';
import { integerOf, type Sql, type SqlValue } from '../sql.js';

/** The functions of the store that a removal uses. */
interface EraseStore {
  readonly newestSeq: number;
  transaction<T>(work: () => T): T;
  resetIndex(): void;
}

/** Removes the next slice, and sweeps after the last one. `peerNo`: row of the peer; null: all peers. */
export function erase(store: EraseStore, sql: Sql, peerNo: number | null, erasure: Erasure): Erased {
  sql.exec('PRAGMA secure_delete = ON');
  const erased = store.transaction(() => eraseSlice(sql, peerNo, erasure));
  if (!erased.isLast || (erased.removed === 0 && erasure.afterSeq === 0)) return erased;
  store.transaction(() => settle(sql, store.newestSeq));
  store.resetIndex();
  sweep(sql);
  return erased;
}

/** Within a transaction: removes the next entries. */
function eraseSlice(sql: Sql, peerNo: number | null, erasure: Erasure): Erased {
  const conditions = ['seq > CAST(? AS INTEGER)'];
  const values: SqlValue[] = [erasure.afterSeq];
  const only = (condition: string, value: SqlValue): void => {
    conditions.push(condition);
    values.push(value);
  };
  if (peerNo !== null) only('peer_no = CAST(? AS INTEGER)', peerNo);
  if (erasure.beforeMs !== null) only('received_at < CAST(? AS INTEGER)', Math.ceil(erasure.beforeMs));
  if (erasure.id !== null) only('id = ?', idBytes(erasure.id));
  const found = sql
    .prepare(
      `SELECT seq FROM line WHERE ${conditions.join(' AND ')} ORDER BY seq LIMIT ${limits.sliceEntries}`,
    )
    .rows(values)
    .map(([seq]) => integerOf(seq));
  const last = found.at(-1);
  if (last === undefined) return { removed: 0, upToSeq: erasure.afterSeq, isLast: true };
  let removed = 0;
  for (const seq of found) {
    eraseOperations(sql, seq);
    removed += sql
      .prepare(
        `DELETE FROM line WHERE seq = CAST(? AS INTEGER)
         AND NOT EXISTS(SELECT 1 FROM delivery WHERE message = seq AND waits = 1)`,
      )
      .run([seq]);
    sql.prepare('DELETE FROM delivery WHERE message = CAST(? AS INTEGER) AND waits = 0').run([seq]);
  }
  return { removed, upToSeq: last, isLast: found.length < limits.sliceEntries };
}

/** Removes the texts of the operations on a message, and what is known of them. */
function eraseOperations(sql: Sql, seq: number): void {
  const operations = `SELECT op.seq FROM line JOIN op ON op.target = line.id AND op.peer_no = line.peer_no
    WHERE line.seq = CAST(? AS INTEGER) AND NOT EXISTS(SELECT 1 FROM delivery WHERE message = line.seq AND waits = 1)`;
  sql.prepare(`UPDATE line SET text = x'' WHERE kind > 0 AND seq IN (${operations})`).run([seq]);
  sql.prepare(`DELETE FROM op WHERE seq IN (${operations})`).run([seq]);
  sql.prepare('DELETE FROM op WHERE seq = CAST(? AS INTEGER)').run([seq]);
}

/** Within a transaction: counts again what depends on the removed entries, and keeps the numbers rising. */
function settle(sql: Sql, newestSeq: number): void {
  sql
    .prepare(
      `INSERT INTO progress(name, number) VALUES ('seq-floor', CAST(? AS INTEGER))
       ON CONFLICT(name) DO UPDATE SET number = max(number, excluded.number)`,
    )
    .run([newestSeq]);
  sql
    .prepare(
      `UPDATE tally SET
         unread = (SELECT count(*) FROM line INDEXED BY line_peer
           WHERE line.peer_no = tally.peer_no AND seq > read_seq AND direction = 0 AND kind = 0
             AND deleted = 0),
         bytes = (SELECT coalesce(sum(length(text)), 0) FROM line INDEXED BY line_peer
           WHERE line.peer_no = tally.peer_no AND direction = 0)`,
    )
    .run([]);
}

/** Outside a transaction: takes the removed texts out of free space and out of the write-ahead log. */
function sweep(sql: Sql): void {
  const bytes = sql.integer('SELECT page_count * page_size FROM pragma_page_count, pragma_page_size');
  if (bytes <= limits.rewriteBytesMax) sql.exec('VACUUM');
  sql.prepare('PRAGMA wal_checkpoint(TRUNCATE)').rows([]);
}
