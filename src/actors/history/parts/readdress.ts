/**
 * Messages to an address become messages to the identity that answered there. They keep their `seq`, since readers know
 * it. Throws `SqlTrouble`.
 */
import { stateNumber } from '../rows.js';
import { indexText, unindexText } from '../search/search.js';
import { bytesOf, integerOf, type Sql } from '../sql.js';
import { decodeText, encodeText } from '../text.js';

/** The delivery of a message that is there twice goes on as that of its copy, where the copy has failed. */
function takeOverDelivery(sql: Sql, seq: number, toNo: number): void {
  sql
    .prepare(
      `UPDATE delivery SET (state, waits) = (SELECT state, waits FROM delivery WHERE message = ?1)
       WHERE state = ?3 AND recipient = ?2 AND EXISTS(SELECT 1 FROM delivery WHERE message = ?1) AND message =
         (SELECT copy.seq FROM line JOIN line AS copy ON copy.id = line.id AND copy.direction = 1 AND copy.peer_no = ?2
          WHERE line.seq = ?1)`,
    )
    .run([seq, toNo, stateNumber('failed')]);
}

/** Within a transaction: gives the rows of one peer to another. Entries after `indexedSeq` are not in the index yet. */
export function readdress(
  sql: Sql,
  fromNo: number,
  to: { readonly no: number; readonly name: string },
  indexedSeq: number,
): void {
  const rows = sql
    .prepare(
      `SELECT CAST(seq AS INTEGER), direction = 1, CAST(text AS BLOB), kind = 0 FROM line INDEXED BY line_peer
       WHERE peer_no = ?`,
    )
    .rows([fromNo]);
  for (const [seqValue, isOut, text, isText] of rows) {
    const seq = integerOf(seqValue);
    const direction = isOut === 1 ? 1 : 0;
    const bytes = bytesOf(text);
    const isIndexed = isText === 1 && bytes.byteLength > 0 && seq <= indexedSeq;
    if (isIndexed) unindexText(sql, { seq, peerNo: fromNo, direction }, bytes);
    const moved = sql
      .prepare('UPDATE OR IGNORE line SET peer_no = ?, name = ? WHERE seq = ?')
      .run([to.no, encodeText(to.name), seq]);
    if (moved === 0) {
      // The same message was sent to the identity itself, too. A copy that failed gives way to one that did not.
      if (isOut === 1) takeOverDelivery(sql, seq, to.no);
      for (const rows of ['delivery WHERE message', 'op WHERE seq', 'line WHERE seq'])
        sql.prepare(`DELETE FROM ${rows} = ?`).run([seq]);
      continue;
    }
    if (isIndexed) indexText(sql, { seq, peerNo: to.no, direction }, decodeText(bytes));
  }
  sql.prepare('UPDATE OR IGNORE delivery SET recipient = ? WHERE recipient = ?').run([to.no, fromNo]);
  sql.prepare('UPDATE op SET peer_no = ? WHERE peer_no = ?').run([to.no, fromNo]);
}
