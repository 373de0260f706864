/**
 * Rows of entries, written many at a time: most of the cost of a row is to hand its values over to SQLite, and the
 * entries of a flood share all of them but `seq`, id and text.
 */
import { history as limits } from './limits.js';
import { stateOf, textAt, type EncodedEntry } from './rows.js';
import { integerOf, type Sql, type SqlValue } from './sql.js';

/** Inserts one entry: `seq`, peer, direction, id and `rest`. */
export const insertEntry =
  'INSERT INTO line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING';

/** Splits entries into runs of `runEntries` that one statement can insert, and the entries between them, one by one. */
export function runsOf(entries: readonly EncodedEntry[]): readonly (readonly EncodedEntry[])[] {
  const runs: (readonly EncodedEntry[])[] = [];
  for (let from = 0; from < entries.length;) {
    const first = entries[from];
    let to = from + 1;
    while (to < from + limits.runEntries && isAlike(first, entries[to])) to += 1;
    if (to - from === limits.runEntries) runs.push(entries.slice(from, to));
    else for (let at = from; at < to; at += 1) runs.push(entries.slice(at, at + 1));
    from = to;
  }
  return runs;
}

/**
 * Inserts a run from `fromSeq` on, with the deliveries to `recipientNo` (null: received entries). Returns false, and
 * writes nothing, where one of the entries is stored already.
 */
export function insertRun(
  sql: Sql,
  fromSeq: number,
  peerNo: number,
  recipientNo: number | null,
  entries: readonly EncodedEntry[],
): boolean {
  const [first] = entries;
  if (first === undefined) return true;
  const shared = first.rest.toSpliced(textAt, 1);
  const values: SqlValue[] = [fromSeq, peerNo, first.direction, ...shared];
  for (const { id, body } of entries) values.push(id, body);
  const written = sql.prepare(insertRunOf(entries.length, first.rest.length)).run(values);
  const toSeq = fromSeq + entries.length - 1;
  if (written !== entries.length) {
    sql.prepare('DELETE FROM line WHERE seq BETWEEN ? AND ?').run([fromSeq, toSeq]);
    return false;
  }
  if (recipientNo !== null)
    sql
      .prepare('INSERT INTO delivery SELECT seq, ?, ?, ? FROM line WHERE seq BETWEEN ? AND ?')
      .run([recipientNo, first.state, first.waits, fromSeq, toSeq]);
  return true;
}

/**
 * Returns the statement for a run. `?1` is the first `seq`, `?2` the peer, `?3` the direction; the shared values of
 * `rest` follow, then the id and the text of each entry.
 */
function insertRunOf(entries: number, restLength: number): string {
  const known = runStatements.get(`${entries} ${restLength}`);
  if (known !== undefined) return known;
  const ownFrom = 3 + restLength;
  const rows = Array.from({ length: entries }, (_, row) => {
    const [id, text] = [ownFrom + 2 * row, ownFrom + 2 * row + 1];
    const rest = Array.from({ length: restLength }, (_, at) =>
      at === textAt ? `?${text}` : `?${4 + at - (at > textAt ? 1 : 0)}`,
    );
    return `(?1 + ${row}, ?2, ?3, ?${id}, ${rest.join(', ')})`;
  });
  const statement = `INSERT INTO line VALUES ${rows.join(', ')} ON CONFLICT DO NOTHING`;
  runStatements.set(`${entries} ${restLength}`, statement);
  return statement;
}

const runStatements = new Map<string, string>();

/** Whether two entries differ in id and text alone. */
function isAlike(one: EncodedEntry | undefined, other: EncodedEntry | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return (
    one.peerId === other.peerId &&
    one.direction === other.direction &&
    one.state === other.state &&
    one.waits === other.waits &&
    one.recipients.length === one.direction &&
    other.recipients.length === one.direction &&
    one.recipients[0] === other.recipients[0] &&
    (one.rest === other.rest ||
      one.rest.every((value, at) => at === textAt || isSameValue(value, other.rest[at])))
  );
}

const isSameValue = (one: SqlValue, other: SqlValue | undefined): boolean =>
  one === other ||
  (one instanceof Uint8Array && other instanceof Uint8Array && Buffer.compare(one, other) === 0);

/** Finds the stored entry with the peer, direction and id of `entry`. */
export function knownEntry(sql: Sql, peerNo: number, { direction, id, kind, body }: EncodedEntry) {
  // The text of an entry may have been changed or removed since.
  const row = sql
    .prepare(
      `SELECT seq, (SELECT state FROM delivery WHERE message = seq AND recipient = peer_no),
         kind = ? AND (coalesce(first_text, text) = ? OR length(text) = 0)
       FROM line WHERE peer_no = ? AND direction = ? AND id = ?`,
    )
    .row([kind, body, peerNo, direction, id]);
  const state = direction === 1 ? stateOf(row?.[1]) : 'delivered';
  return { seq: integerOf(row?.[0]), state, isSame: row?.[2] === 1 } as const;
}
