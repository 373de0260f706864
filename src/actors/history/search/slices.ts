/**
 * Slices of the search index. Each is short, by bytes and by time. Before the work on a slice begins, the file holds a
 * note of it; a note that a start finds means that the work ended the thread. The next slices are then smaller, and an
 * entry that ends the thread by itself is set aside: it is stored and shown, and no search finds it.
 */
import { history as limits } from '../limits.js';
import { indexSlice, nextSeq } from './search.js';
import { integerOf, type Sql } from '../sql.js';

/** The progress of the index. Throws `SqlTrouble`. */
export class IndexSlices {
  readonly #sql: Sql;
  /** Number of times in a row that the thread ended while it indexed after this `seq`. */
  #deaths: number;
  /** Whether the file holds a note of the next slice that this run wrote. */
  #isNoted = false;
  /** Whether the file holds a note that an earlier run left. */
  #hasOldNote: boolean;
  /** Bytes of the next slice at most; adapted to the speed of this machine. */
  #bytesMax: number = limits.indexSliceBytes;

  constructor(sql: Sql, fromSeq: number) {
    this.#sql = sql;
    const row = sql.prepare("SELECT CAST(number AS INTEGER) FROM progress WHERE name = 'indexing'").row([]);
    const isSameSlice = row !== undefined && integerOf(row[0]) === fromSeq;
    const before = sql.integer(
      "SELECT coalesce(max(number), 0) FROM progress WHERE name = 'indexing-deaths'",
    );
    this.#deaths = isSameSlice ? before + 1 : 0;
    this.#hasOldNote = row !== undefined;
  }

  /** Entries and bytes of the next slice; null: the next entry is set aside. */
  get bounds(): { readonly entriesMax: number; readonly bytesMax: number } | null {
    if (this.#deaths > limits.indexDeathsMax) return null;
    const share = limits.indexShrink ** this.#deaths;
    const isLast = this.#deaths === limits.indexDeathsMax;
    return {
      entriesMax: isLast ? 1 : Math.max(1, Math.floor(limits.indexSliceEntries / share)),
      bytesMax: Math.max(1, Math.floor(this.#bytesMax / share)),
    };
  }

  /** Indexes one slice after `fromSeq`. Returns the new watermark. */
  step(fromSeq: number, newestSeq: number): number {
    if (!this.#isNoted) this.#note(fromSeq);
    const { bounds } = this;
    const startedMs = performance.now();
    const lastSeq =
      bounds === null
        ? this.#setAside(fromSeq, newestSeq)
        : indexSlice(this.#sql, fromSeq, newestSeq, bounds, (seq) =>
            moveWatermark(this.#sql, seq, newestSeq),
          );
    this.#adaptSize(performance.now() - startedMs);
    this.#deaths = 0;
    this.#isNoted = lastSeq < newestSeq;
    this.#hasOldNote = false;
    return lastSeq;
  }

  /** Removes the note, since the thread ends in order. */
  close(): void {
    if (this.#isNoted || this.#hasOldNote) this.#sql.transaction(() => this.#sql.exec(forgetNote));
    this.#isNoted = false;
    this.#hasOldNote = false;
  }

  #note(fromSeq: number): void {
    this.#sql.transaction(() => {
      for (const [name, number] of [
        ['indexing', fromSeq],
        ['indexing-deaths', this.#deaths],
      ] as const)
        this.#sql
          .prepare('INSERT OR REPLACE INTO progress(name, number) VALUES (?, CAST(? AS INTEGER))')
          .run([name, number]);
    });
    this.#isNoted = true;
  }

  #setAside(fromSeq: number, newestSeq: number): number {
    const seq = nextSeq(this.#sql, fromSeq) ?? newestSeq;
    this.#sql.transaction(() => moveWatermark(this.#sql, seq, newestSeq));
    return seq;
  }

  /** Adapts the size of the next slice: long texts of new words take longer than short ones of known words. */
  #adaptSize(tookMs: number): void {
    if (tookMs > limits.indexSliceMs)
      this.#bytesMax = Math.max(limits.indexSliceBytesMin, Math.floor(this.#bytesMax / 2));
    else if (tookMs < limits.indexSliceMs / 2)
      this.#bytesMax = Math.min(limits.indexSliceBytes, this.#bytesMax * 2);
  }
}

const forgetNote = "DELETE FROM progress WHERE name IN ('indexing', 'indexing-deaths')";

/** Notes that the index reaches up to `seq`, and moves the note to the next slice. Call within a transaction. */
export function moveWatermark(sql: Sql, seq: number, newestSeq: number): void {
  const put = sql.prepare('INSERT OR REPLACE INTO progress(name, number) VALUES (?, CAST(? AS INTEGER))');
  put.run(['indexed', seq]);
  if (seq >= newestSeq) sql.exec(forgetNote);
  else {
    put.run(['indexing', seq]);
    put.run(['indexing-deaths', 0]);
  }
}
