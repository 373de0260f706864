/** The times of arrival in each block of rows, by which a query by time finds its rows. Throws `SqlTrouble`. */
import { history as limits } from '../limits.js';
import type { Sql } from '../sql.js';

/** The earliest and the latest arrival in blocks of rows, by the number of the block. */
export type Spans = Map<number, { fromMs: number; toMs: number }>;

/** Adds the arrival of one row. */
export function widen(spans: Spans, seq: number, atMs: number): void {
  const block = Math.floor(seq / limits.spanEntries);
  const span = spans.get(block);
  if (span === undefined) spans.set(block, { fromMs: atMs, toMs: atMs });
  else {
    span.fromMs = Math.min(span.fromMs, atMs);
    span.toMs = Math.max(span.toMs, atMs);
  }
}

/** Adds arrivals to the stored ones. Call within a transaction. */
export function writeSpans(sql: Sql, spans: Spans): void {
  const put = sql.prepare(
    `INSERT INTO span VALUES (?, ?, ?) ON CONFLICT(block) DO UPDATE
     SET from_ms = min(from_ms, excluded.from_ms), to_ms = max(to_ms, excluded.to_ms)`,
  );
  for (const [block, span] of spans) put.run([block, span.fromMs, span.toMs]);
}
