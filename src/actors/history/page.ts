/** Reading the history: pages of a transcript, with or without a search, and pages of the outbox. */
import { ok, type Result } from 'neverthrow';
import {
  bytesOf,
  wordsOf,
  type Entry,
  type HistoryQuery,
  type MessageTrait,
  type OutboxPage,
} from '../../chat/delivery/entry.js';
import type { StoreError } from '../../chat/errors.js';
import { history as limits } from './limits.js';
import { decodeEntry, deliveryColumns, entryColumns, unsaid } from './rows.js';
import { encodeText } from './text.js';
import { withEarlier, withQuoted } from './parts/earlier.js';
import { notPlain, searchOf } from './search/search.js';
import { integerOf, type Sql, type SqlRow, type SqlValue } from './sql.js';

/** Part of a WHERE clause and its parameters. */
interface Condition {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

interface SeqRange {
  readonly fromSeq: number;
  readonly toSeq: number;
}

/**
 * Reads the newest `limit` entries that fit (with `afterSeq`: the oldest), oldest first; fewer where their texts
 * exceed `limits.pageBytesMax`. `peerNo`: null for all peers, 0 for a peer without entries. Errors:
 * `store/bad-query`.
 */
export const pageOf: typeof plainPageOf = (sql, query, peerNo) => {
  const page = plainPageOf(sql, query, peerNo);
  return query.hasEarlier === true
    ? page.map((entries) => entries.map((entry) => withEarlier(sql, entry)))
    : page;
};

function plainPageOf(
  sql: Sql,
  query: HistoryQuery,
  peerNo: number | null,
): Result<readonly Entry[], StoreError> {
  const range = seqRange(sql, query);
  const entriesMax = Math.min(Math.max(0, Math.trunc(query.limit)), limits.pageEntriesMax);
  const bounds = { entriesMax, bytesMax: limits.pageBytesMax };
  const isForward = query.afterSeq !== undefined;
  const conditions: Condition[] = [
    ...timeConditions(query),
    ...(query.only ?? []).map((only) => ({ sql: onlyConditions[only], values: [] })),
    {
      sql: query.isMessagesOnly === true ? 'line.kind IN (0, 4) AND line.deleted < 2' : 'line.deleted < 2',
      values: [],
    },
  ];
  if (query.search === undefined) {
    const source = { from: 'line', seqColumn: 'line.seq', ...whole };
    conditions.push(...scopeConditions(query, peerNo));
    return ok(readSteps(sql, source, conditions, range, bounds, isForward).entries);
  }
  return searchOf(query.search, { peerNo, direction: query.direction ?? null }).map(
    ({ expression, signs, isHit }) => {
      if (expression === null) {
        conditions.push(...scopeConditions(query, peerNo), {
          // Signs are folded, and texts are not: a text that folding may change is left to `isHit`.
          sql: '(CAST(line.text AS TEXT) GLOB ? OR instr(line.text, CAST(? AS BLOB)) > 0)',
          values: [notPlain, signs],
        });
        const source = { from: 'line', seqColumn: 'line.seq', ...whole };
        return readSteps(sql, source, conditions, range, bounds, isForward, isHit).entries;
      }
      conditions.push({ sql: 'line_text MATCH ?', values: [expression] });
      // CROSS JOIN fixes the order: the index yields matches by `seq` and stops at the limit.
      const from = 'line_text CROSS JOIN line ON line.seq = line_text.rowid';
      const source = { from, seqColumn: 'line_text.rowid', ...whole };
      return readSteps(sql, source, conditions, range, bounds, isForward, isHit).entries;
    },
  );
}

/** The condition for each trait. A link is known by its beginning. */
const onlyConditions: Readonly<Record<MessageTrait, string>> = {
  edited: 'line.edited_at IS NOT NULL',
  file: 'line.kind = 4',
  link: "(instr(line.text, CAST('http://' AS BLOB)) > 0 OR instr(line.text, CAST('https://' AS BLOB)) > 0)",
  reaction: 'line.reactions IS NOT NULL',
  unread: `(line.direction = 0 AND line.deleted = 0 AND line.seq >
    coalesce((SELECT read_seq FROM tally WHERE tally.peer_no = line.peer_no), 0))`,
};

function scopeConditions(query: HistoryQuery, peerNo: number | null): readonly Condition[] {
  const conditions: Condition[] = [];
  if (peerNo !== null) conditions.push({ sql: 'line.peer_no = ?', values: [peerNo] });
  if (query.direction !== undefined)
    conditions.push({ sql: 'line.direction = ?', values: [query.direction === 'out' ? 1 : 0] });
  return conditions;
}

/** Within a transaction: notes that a session may have these entries from now on. */
export function handOver(sql: Sql, entries: readonly Entry[]): void {
  const [first] = entries;
  const last = entries.at(-1);
  if (first === undefined || last === undefined) return;
  sql
    .prepare(
      `UPDATE line SET waits = 0 WHERE seq BETWEEN CAST(? AS INTEGER) AND CAST(? AS INTEGER) AND waits = ${String(unsaid)}
         AND EXISTS(SELECT 1 FROM delivery WHERE message = line.seq AND recipient = (SELECT no FROM peer WHERE id = ?))`,
    )
    .run([first.seq, last.seq, encodeText(first.peerId)]);
}

/** Reads the waiting entries of one peer (null: of all) after `afterSeq`, oldest first. */
export function outboxOf(
  sql: Sql,
  peerNo: number | null,
  afterSeq: number,
  bounds: { readonly entriesMax: number; readonly bytesMax: number },
): OutboxPage {
  const source = {
    from: 'delivery INDEXED BY delivery_waits CROSS JOIN line ON line.seq = delivery.message',
    seqColumn: 'delivery.message',
    columns: deliveryColumns,
    peerColumn: 'delivery.recipient',
  };
  const conditions =
    peerNo === null
      ? [{ sql: 'delivery.waits = 1', values: [] }]
      : [{ sql: 'delivery.waits = 1 AND delivery.recipient = ?', values: [peerNo] }];
  const range = { fromSeq: afterSeq + 1, toSeq: Number.MAX_SAFE_INTEGER };
  const { pageEntriesMax, pageBytesMax } = limits;
  const within = {
    entriesMax: Math.min(bounds.entriesMax, pageEntriesMax),
    bytesMax: Math.min(bounds.bytesMax, pageBytesMax),
  };
  const { entries, isLast } = readSteps(sql, source, conditions, range, within, true);
  return { entries: entries.map((entry) => withQuoted(sql, entry)), isLast };
}

function timeConditions(query: HistoryQuery): Condition[] {
  const conditions: Condition[] = [];
  if (query.sinceMs !== undefined)
    conditions.push({ sql: 'line.received_at >= ?', values: [Math.ceil(query.sinceMs)] });
  if (query.untilMs !== undefined)
    conditions.push({ sql: 'line.received_at <= ?', values: [Math.floor(query.untilMs)] });
  return conditions;
}

/**
 * Returns the range of `seq` that can match. `span` turns times into blocks of rows, whatever the clock did
 * meanwhile.
 */
function seqRange(sql: Sql, query: HistoryQuery): SeqRange {
  const range = {
    fromSeq: (query.afterSeq ?? 0) + 1,
    toSeq: (query.beforeSeq ?? Number.MAX_SAFE_INTEGER) - 1,
  };
  if (query.sinceMs === undefined && query.untilMs === undefined) return range;
  const row = sql
    .prepare(
      `SELECT CAST(min(block) AS INTEGER), CAST(max(block) AS INTEGER) FROM span WHERE to_ms >= ? AND from_ms <= ?`,
    )
    .row([
      Math.ceil(query.sinceMs ?? Number.MIN_SAFE_INTEGER),
      Math.floor(query.untilMs ?? Number.MAX_SAFE_INTEGER),
    ]);
  if (row === undefined || row[0] === null) return { fromSeq: 1, toSeq: 0 };
  return {
    fromSeq: Math.max(range.fromSeq, integerOf(row[0]) * limits.spanEntries),
    toSeq: Math.min(range.toSeq, (integerOf(row[1]) + 1) * limits.spanEntries - 1),
  };
}

/** The tables and columns that rows are read from. */
interface Source {
  readonly from: string;
  readonly seqColumn: string;
  readonly columns: string;
  /** Column with the number of the entry's peer. */
  readonly peerColumn: string;
}

const whole = { columns: entryColumns, peerColumn: 'line.peer_no' } as const;

/**
 * Reads at most `entriesMax` entries within `bytesMax`; the first one in any case. The rows of one step are in memory
 * together, so a step is sized by the bytes left and the length of earlier entries.
 */
function readSteps(
  sql: Sql,
  { from, seqColumn, columns, peerColumn }: Source,
  conditions: readonly Condition[],
  range: SeqRange,
  { entriesMax, bytesMax }: { readonly entriesMax: number; readonly bytesMax: number },
  isForward: boolean,
  isHit: ((text: string) => boolean) | null = null,
): { readonly entries: readonly Entry[]; readonly isLast: boolean } {
  const where = conditions.map((condition) => ` AND ${condition.sql}`).join('');
  // libsql binds every number as a REAL, and FTS5 takes only integers for bounds it can seek by.
  const read = sql.prepare(
    `SELECT ${columns} FROM ${from} LEFT JOIN peer ON peer.no = ${peerColumn}
     WHERE ${seqColumn} >= CAST(? AS INTEGER) AND ${seqColumn} <= CAST(? AS INTEGER)${where}
     ORDER BY ${seqColumn} ${isForward ? 'ASC' : 'DESC'} LIMIT ?`,
  );
  const values = conditions.flatMap((condition) => condition.values);
  const entries: Entry[] = [];
  const page = (isLast: boolean) => ({ entries: isForward ? entries : entries.toReversed(), isLast });
  let { fromSeq, toSeq } = range;
  let bytes = 0;
  let checked = 0;
  let stepMax = Math.min(limits.pageFirstStepEntries, entriesMax);
  while (stepMax > 0) {
    const rows: readonly SqlRow[] = fromSeq > toSeq ? [] : read.rows([fromSeq, toSeq, ...values, stepMax]);
    for (const row of rows) {
      const entry = decodeEntry(row);
      if (isHit !== null) {
        checked += 1;
        if (checked > limits.checkedHitsMax) return page(true);
      }
      if (isHit === null || isHit(wordsOf(entry.content) ?? '')) {
        bytes += bytesOf(entry.content);
        if (bytes > bytesMax && entries.length > 0) return page(false);
        entries.push(entry);
      }
      if (isForward) fromSeq = entry.seq + 1;
      else toSeq = entry.seq - 1;
    }
    if (rows.length < stepMax) return page(true);
    const fitting = Math.ceil((bytesMax - bytes) / Math.max(1, bytes / Math.max(1, entries.length)));
    stepMax = Math.min(limits.pageStepEntries, entriesMax - entries.length, Math.max(1, fitting));
  }
  return page(false);
}
