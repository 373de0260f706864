/**
 * The tables of the history, and the migrations of older files. Migrations are only appended; `user_version` counts
 * those that a file has seen. Every text is a BLOB (see `sql.ts`).
 */
import type { Sql } from './sql.js';

/**
 * Recreates the search index, empty. With `secure-delete` the words of a deleted text leave the file at once; a table
 * with `contentless_delete` would keep them until its segments are merged.
 */
export const emptyIndex = `DROP TABLE IF EXISTS line_text;
  CREATE VIRTUAL TABLE line_text USING fts5(text, scope, content='', columnsize=0,
    prefix='1 2 3 4', tokenize='unicode61 remove_diacritics 2');
  INSERT INTO line_text(line_text, rank) VALUES('secure-delete', 1);
  DELETE FROM progress WHERE name = 'indexed';`;

/**
 * The migrations, as SQL.
 *
 * Migration 1. `line` holds the entries. `line.waits` is 1 while the outbox holds the entry. `line_id` begins with
 * the id, and an id with the time, so appends of many peers meet on the last page of the index. `line.conversation`
 * is NULL for the common case, a conversation of two. `span` holds the earliest and the latest arrival in each block
 * of `limits.spanLines` rows: a query by time reads only the blocks in question, without an index that every append
 * would have to update. `line_text.scope` holds peer and direction as words, so that a search for a frequent word of
 * a quiet peer skips the matches of other peers; the table keeps no texts of its own.
 *
 * Migration 2. `delivery` has a row for each recipient of an outgoing entry; `waits` moves there. `line.state` and
 * `line.waits` stay unused, since dropping them would rewrite a file of a million rows before the first start.
 * `line.kind` is the kind of content in `line.text`. `contact.features` and `contact.next_key` come from the
 * handshake of the peer.
 *
 * Migration 3. `tally` has a row for each peer with received messages: the `seq` up to which the user has read, the
 * number of later messages, and the bytes of all texts. Messages of an older version count as read.
 * `progress.emitted` is the greatest `seq` that `serve --json` has written. The new columns of `contact` are
 * decisions of the user.
 *
 * Migration 4. `contact.former_names` holds the former names of the peer, one per line, newest first.
 *
 * Migration 5. The index is rebuilt: texts are folded and cut before they are indexed (`words.ts`), and entries can be
 * deleted from it.
 *
 * Migration 6. Operations on messages. `line.text` is the present text and `line.first_text` the one before the first
 * edit; `line.deleted` is 1 where the author deleted the message, 2 where the user removed it here alone or its time ended, 3 where that happened before it was read.
 * `line.reactions` holds the reactions to show. `op` has a row for each edit and reaction that counts, and for each
 * operation that waits for its message; its `seq` is that of the operation in `line`. The index is rebuilt, so that
 * deleted words leave the file.
 *
 * Migration 7. Read marks: `line.read_at` is the time at which the peer reported that it read an own
 * message, `tally.told_seq` the `seq` up to which the peer knows that its messages were read, and `tally.peer_read_seq` the one
 * up to which it read ours. Messages that were read before are reported to nobody. `contact.shares` holds the choices about marks of
 * one peer. `line.ttl` and
 * `line.expires_at` are those of a text that disappears, and `timer` holds the setting of each conversation.
 */
export const migrations: readonly string[] = [
  `CREATE TABLE peer(no INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE);
  CREATE TABLE line(
    seq INTEGER PRIMARY KEY, peer_no INTEGER NOT NULL, direction INTEGER NOT NULL, id BLOB NOT NULL,
    sent_at INTEGER NOT NULL, received_at INTEGER NOT NULL, state INTEGER NOT NULL, waits INTEGER NOT NULL,
    dialect INTEGER NOT NULL, encryption INTEGER NOT NULL, verified INTEGER NOT NULL,
    name BLOB NOT NULL, conversation BLOB, text BLOB NOT NULL);
  CREATE UNIQUE INDEX line_id ON line(id, peer_no, direction);
  CREATE INDEX line_peer ON line(peer_no);
  CREATE INDEX line_waits ON line(peer_no) WHERE waits = 1;
  CREATE TABLE span(block INTEGER PRIMARY KEY, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL);
  CREATE TABLE contact(
    peer_no INTEGER PRIMARY KEY, name BLOB NOT NULL, id_key BLOB NOT NULL, trust INTEGER NOT NULL,
    blocked INTEGER NOT NULL, certificate_serial INTEGER NOT NULL, wire_version INTEGER NOT NULL,
    address BLOB NOT NULL, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL);
  CREATE TABLE setting(key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE progress(name TEXT PRIMARY KEY, number INTEGER NOT NULL, file BLOB) WITHOUT ROWID;
  CREATE VIRTUAL TABLE line_text USING fts5(text, scope, content='', columnsize=0,
    prefix='1 2 3 4', tokenize='unicode61 remove_diacritics 2');`,
  `ALTER TABLE line ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE delivery(
    message INTEGER NOT NULL, recipient INTEGER NOT NULL, state INTEGER NOT NULL, waits INTEGER NOT NULL,
    PRIMARY KEY(message, recipient)) WITHOUT ROWID;
  INSERT INTO delivery SELECT seq, peer_no, state, waits FROM line NOT INDEXED WHERE direction = 1 ORDER BY seq;
  CREATE INDEX delivery_waits ON delivery(recipient) WHERE waits = 1;
  DROP INDEX line_waits;
  ALTER TABLE contact ADD COLUMN features INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE contact ADD COLUMN next_key BLOB;`,
  `CREATE TABLE tally(
    peer_no INTEGER PRIMARY KEY, read_seq INTEGER NOT NULL, unread INTEGER NOT NULL, bytes INTEGER NOT NULL);
  INSERT INTO tally SELECT peer_no, max(seq), 0, sum(length(text)) FROM line NOT INDEXED
    WHERE direction = 0 GROUP BY peer_no;
  INSERT OR REPLACE INTO progress(name, number) SELECT 'emitted', coalesce(max(seq), 0) FROM line;
  ALTER TABLE contact ADD COLUMN alias BLOB;
  ALTER TABLE contact ADD COLUMN note BLOB;
  ALTER TABLE contact ADD COLUMN muted INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE contact ADD COLUMN standing INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE contact ADD COLUMN warned_at INTEGER NOT NULL DEFAULT 0;
  UPDATE contact SET standing = 1 WHERE trust = 1
    OR EXISTS(SELECT 1 FROM line WHERE line.peer_no = contact.peer_no AND direction = 1);`,
  `ALTER TABLE contact ADD COLUMN former_names BLOB;`,
  `DROP TABLE IF EXISTS line_text;
  CREATE VIRTUAL TABLE line_text USING fts5(text, scope, content='', contentless_delete=1,
    prefix='1 2 3 4', tokenize='unicode61 remove_diacritics 2');
  DELETE FROM progress WHERE name = 'indexed';`,
  `ALTER TABLE line ADD COLUMN reply_to BLOB;
  ALTER TABLE line ADD COLUMN edited_at INTEGER;
  ALTER TABLE line ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE line ADD COLUMN first_text BLOB;
  ALTER TABLE line ADD COLUMN reactions BLOB;
  CREATE TABLE op(
    seq INTEGER PRIMARY KEY, peer_no INTEGER NOT NULL, target BLOB NOT NULL, waits INTEGER NOT NULL,
    kind INTEGER NOT NULL, author INTEGER NOT NULL, id BLOB NOT NULL, revision INTEGER NOT NULL,
    emoji BLOB, is_on INTEGER NOT NULL, at INTEGER NOT NULL);
  CREATE INDEX op_target ON op(target);
  CREATE INDEX op_waits ON op(peer_no) WHERE waits = 1;
  ${emptyIndex}`,
  `ALTER TABLE line ADD COLUMN read_at INTEGER;
  ALTER TABLE line ADD COLUMN ttl INTEGER;
  ALTER TABLE line ADD COLUMN expires_at INTEGER;
  CREATE INDEX line_expires ON line(expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE timer(
    peer_no INTEGER PRIMARY KEY, seconds INTEGER NOT NULL, sent_at INTEGER NOT NULL, id BLOB NOT NULL);
  ALTER TABLE tally ADD COLUMN told_seq INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE tally ADD COLUMN peer_read_seq INTEGER NOT NULL DEFAULT 0;
  UPDATE tally SET told_seq = read_seq;
  ALTER TABLE contact ADD COLUMN shares INTEGER NOT NULL DEFAULT 0;`,
];

/** Reads the version of the schema. */
export const schemaVersion = (sql: Sql): number => sql.integer('PRAGMA user_version');

/**
 * Applies the missing migrations in one transaction: a kill leaves the old version or the new one. Throws
 * `SqlTrouble`.
 */
export function migrate(sql: Sql, steps: readonly string[] = migrations): void {
  const version = schemaVersion(sql);
  if (version >= steps.length) return;
  sql.transaction(() => {
    for (let step = version; step < steps.length; step += 1) sql.exec(steps[step] ?? '');
    sql.exec(`PRAGMA user_version = ${String(steps.length)}`);
  });
}
