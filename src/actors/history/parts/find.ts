/** Finding the message that an operation is about, by the word of a user. Throws `SqlTrouble`. */
import type { Found, MessageWord } from '../../../chat/delivery/entry.js';
import { nextEdit, nextReaction, revise, unrevised } from '../../../chat/operations/revisions.js';
import { messageIdFromBytes } from '../../../ids.js';
import { operations as limits } from '../limits.js';
import { decodeEntry, idBytes, entryColumns } from '../rows.js';
import { bytesOf, integerOf, type Sql, type SqlRow } from '../sql.js';

/** Returns the messages that a word names, newest first, two at most. `peerNo`: null for every conversation. */
export function findMessages(
  sql: Sql,
  word: MessageWord,
  peerNo: number | null,
  emoji: string,
): readonly Found[] {
  return rowsOf(sql, word, peerNo).map((row) => {
    const entry = decodeEntry(row);
    const peer = integerOf(row[22]);
    return { entry, ...nextNumbers(sql, entry.id, peer, emoji) };
  });
}

function rowsOf(sql: Sql, word: MessageWord, peerNo: number | null): readonly SqlRow[] {
  const scope = peerNo === null ? '' : ' AND line.peer_no = ?';
  const values = peerNo === null ? [] : [peerNo];
  const select = `SELECT ${entryColumns}, CAST(line.peer_no AS INTEGER) FROM line LEFT JOIN peer ON peer.no = line.peer_no`;
  switch (word.by) {
    case 'id':
      return sql
        .prepare(`${select} WHERE line.id = ? AND line.kind = 0 AND line.deleted < 2${scope} LIMIT 2`)
        .rows([idBytes(word.id), ...values]);
    case 'tail':
      return sql
        .prepare(
          `${select} WHERE line.seq > (SELECT coalesce(max(seq), 0) FROM line) - ${String(limits.tailEntries)}
             AND line.kind = 0 AND line.deleted < 2 AND lower(substr(hex(line.id), ?)) = ?${scope}
           ORDER BY line.seq DESC LIMIT 2`,
        )
        .rows([-word.hex.length, word.hex, ...values]);
    case 'place':
      return sql
        .prepare(
          `${select} WHERE line.direction = ? AND line.kind = 0 AND line.deleted = 0${scope}
           ORDER BY line.seq DESC LIMIT 1 OFFSET ?`,
        )
        .rows([word.direction === 'out' ? 1 : 0, ...values, word.back - 1]);
    default:
      return word satisfies never;
  }
}

/** The numbers that the next operations of this side get. */
function nextNumbers(sql: Sql, id: Found['entry']['id'], peerNo: number, emoji: string) {
  const rows = sql
    .prepare(
      `SELECT CAST(kind AS INTEGER), CAST(revision AS INTEGER), CAST(emoji AS BLOB), CAST(id AS BLOB) FROM op
       WHERE target = ? AND peer_no = ? AND author = 1`,
    )
    .rows([idBytes(id), peerNo]);
  const revised = rows.reduce((state, row) => {
    const revision = integerOf(row[1]);
    const change = { id: messageIdFromBytes(bytesOf(row[3])), author: 'out', atMs: 0 } as const;
    if (row[2] === null)
      return integerOf(row[0]) === 0
        ? revise(state, 'out', { ...change, content: { type: 'edit', target: id, revision, text: '' } })
        : state;
    const sign = Buffer.from(bytesOf(row[2])).toString('utf8');
    const content = { type: 'reaction', target: id, revision, emoji: sign, isOn: true } as const;
    return revise(state, 'out', { ...change, content });
  }, unrevised);
  return { nextEdit: nextEdit(revised), nextReaction: nextReaction(revised, 'out', emoji) };
}
