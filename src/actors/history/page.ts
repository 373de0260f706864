/** Reading the history: pages of a transcript, with or without a search, and what waits in the outbox. */
import { ok, type Result } from 'neverthrow';
import type { HistoryQuery, Line } from '../../chat/delivery/entry.js';
import type { StoreError } from '../../chat/errors.js';
import { history as limits } from './limits.js';
import { decodeLine, lineColumns } from './rows.js';
import { searchExpression } from './search.js';
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
 * The newest `limit` lines that fit (with `afterSeq`: the oldest), oldest first; fewer when their texts exceed
 * `limits.pageBytesMax`. `peerNo`: null for all, 0 for a peer that never said anything. Errors: `store/bad-query`.
 */
export function pageOf(
  sql: Sql,
  query: HistoryQuery,
  peerNo: number | null,
): Result<readonly Line[], StoreError> {
  const range = seqRange(sql, query);
  const linesMax = Math.min(Math.max(0, Math.trunc(query.limit)), limits.pageLinesMax);
  const isForward = query.afterSeq !== undefined;
  const conditions = timeConditions(query);
  if (query.search === undefined) {
    if (peerNo !== null) conditions.push({ sql: 'line.peer_no = ?', values: [peerNo] });
    if (query.direction !== undefined)
      conditions.push({ sql: 'line.direction = ?', values: [query.direction === 'out' ? 1 : 0] });
    return ok(readSteps(sql, 'line', 'line.seq', conditions, range, linesMax, isForward));
  }
  return searchExpression(query.search, { peerNo, direction: query.direction ?? null }).map((expression) => {
    conditions.push({ sql: 'line_text MATCH ?', values: [expression] });
    // CROSS JOIN fixes the order: the index yields matches by `seq` and stops at the limit.
    const from = 'line_text CROSS JOIN line ON line.seq = line_text.rowid';
    return readSteps(sql, from, 'line_text.rowid', conditions, range, linesMax, isForward);
  });
}

/** Lines that wait, of one peer or of all, oldest first, after `afterSeq`. */
export function outboxOf(
  sql: Sql,
  peerNo: number | null,
  afterSeq: number,
  linesMax: number,
): readonly Line[] {
  const conditions = [{ sql: 'line.waits = 1', values: [] }, ...ofPeer(peerNo)];
  const range = { fromSeq: afterSeq + 1, toSeq: Number.MAX_SAFE_INTEGER };
  const count = Math.min(linesMax, limits.pageLinesMax);
  return readSteps(sql, 'line INDEXED BY line_waits', 'line.seq', conditions, range, count, true);
}

const ofPeer = (peerNo: number | null): readonly Condition[] =>
  peerNo === null ? [] : [{ sql: 'line.peer_no = ?', values: [peerNo] }];

function timeConditions(query: HistoryQuery): Condition[] {
  const conditions: Condition[] = [];
  if (query.sinceMs !== undefined)
    conditions.push({ sql: 'line.received_at >= ?', values: [Math.ceil(query.sinceMs)] });
  if (query.untilMs !== undefined)
    conditions.push({ sql: 'line.received_at <= ?', values: [Math.floor(query.untilMs)] });
  return conditions;
}

/** Which `seq` can fit at all. Times become blocks of lines by way of `span`, whatever the clock did meanwhile. */
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
    fromSeq: Math.max(range.fromSeq, integerOf(row[0]) * limits.spanLines),
    toSeq: Math.min(range.toSeq, (integerOf(row[1]) + 1) * limits.spanLines - 1),
  };
}

/** Reads in steps, so that a page of long texts ends at its limit in bytes and not in memory. */
function readSteps(
  sql: Sql,
  from: string,
  seqColumn: string,
  conditions: readonly Condition[],
  range: SeqRange,
  linesMax: number,
  isForward: boolean,
): readonly Line[] {
  const where = conditions.map((condition) => ` AND ${condition.sql}`).join('');
  // libsql binds every number as a REAL, and FTS5 takes only integers for bounds it can seek by.
  const read = sql.prepare(
    `SELECT ${lineColumns} FROM ${from} LEFT JOIN peer ON peer.no = line.peer_no
     WHERE ${seqColumn} >= CAST(? AS INTEGER) AND ${seqColumn} <= CAST(? AS INTEGER)${where}
     ORDER BY ${seqColumn} ${isForward ? 'ASC' : 'DESC'} LIMIT ?`,
  );
  const values = conditions.flatMap((condition) => condition.values);
  const lines: Line[] = [];
  let { fromSeq, toSeq } = range;
  let bytes = 0;
  while (lines.length < linesMax && bytes < limits.pageBytesMax && fromSeq <= toSeq) {
    const stepMax = Math.min(limits.pageStepLines, linesMax - lines.length);
    const rows: readonly SqlRow[] = read.rows([fromSeq, toSeq, ...values, stepMax]);
    for (const row of rows) {
      const line = decodeLine(row);
      lines.push(line);
      bytes += Buffer.byteLength(line.text);
      if (isForward) fromSeq = line.seq + 1;
      else toSeq = line.seq - 1;
    }
    if (rows.length < stepMax) break;
  }
  return isForward ? lines : lines.toReversed();
}
