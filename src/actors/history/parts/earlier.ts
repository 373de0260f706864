/** Texts that belong to a message beside its own: the earlier ones, and the one that it answers. Throws `SqlTrouble`. */
import type { Entry, RevisedEntry } from '../../../chat/delivery/entry.js';
import { decodeContent } from '../content.js';
import { operations as limits } from '../limits.js';
import { idBytes } from '../rows.js';
import { bytesOf, integerOf, type Sql } from '../sql.js';
import { decodeText } from '../text.js';

/** Adds the earlier texts of an edited message, oldest first. */
export function withEarlier(sql: Sql, entry: Entry): Entry {
  const { revised } = entry;
  if (revised === undefined || revised.editedAtMs === null) return entry;
  return { ...entry, revised: { ...revised, earlier: earlierOf(sql, entry) } };
}

function earlierOf(sql: Sql, { seq, id, receivedAtMs }: Entry): RevisedEntry['earlier'] & object {
  const first = sql
    .prepare('SELECT CAST(first_text AS BLOB), CAST(peer_no AS INTEGER) FROM line WHERE seq = ?')
    .row([seq]);
  if (first === undefined || first[0] === null) return [];
  const rows = sql
    .prepare(
      `SELECT CAST(line.kind AS INTEGER), CAST(line.text AS BLOB), CAST(op.at AS INTEGER)
       FROM op JOIN line ON line.seq = op.seq WHERE op.target = ? AND op.peer_no = ? AND op.kind = 0
       ORDER BY op.revision LIMIT ?`,
    )
    .rows([idBytes(id), integerOf(first[1]), limits.earlierTextsMax + 1]);
  const edits = rows.flatMap(([kind, body, at]) => {
    const content = decodeContent({ kind: integerOf(kind), body: bytesOf(body) });
    return content.type === 'edit' ? [{ text: content.text, atMs: integerOf(at) }] : [];
  });
  // The last edit is the present text.
  return [{ text: decodeText(bytesOf(first[0])), atMs: receivedAtMs }, ...edits.slice(0, -1)];
}

/** Adds the text that a reply answers, for a peer that knows texts alone. */
export function withQuoted(sql: Sql, entry: Entry): Entry {
  const { content, peerId } = entry;
  if (content.type !== 'text' || content.replyTo === undefined) return entry;
  const row = sql
    .prepare(
      `SELECT CAST(text AS BLOB) FROM line JOIN peer ON peer.no = peer_no
       WHERE line.id = ? AND peer.id = CAST(? AS BLOB) AND kind = 0 LIMIT 1`,
    )
    .row([idBytes(content.replyTo), peerId]);
  return row === undefined ? entry : { ...entry, quoted: decodeText(bytesOf(row[0])) };
}
