/**
 * The messages of this run that wait in the outbox, by id: a receipt names ids, and with their `seq` in memory it takes
 * one statement for a range of rows instead of two that look up each id.
 */
import type { DeliveryState, OutboxSize } from '../../chat/delivery/entry.js';
import type { DialectName } from '../../dialects/dialect.js';
import type { MessageId } from '../../ids.js';
import type { Marked } from './deliveries.js';
import { history as limits } from './limits.js';
import { isWaiting, stateNumber } from './rows.js';
import { integerOf, type Sql } from './sql.js';

/** One message and its one recipient. */
export interface WaitingMessage {
  readonly seq: number;
  readonly peerNo: number;
  readonly bytes: number;
  readonly dialect: DialectName;
}

/** Consecutive `seq` of one peer. */
interface Run {
  readonly ids: MessageId[];
  readonly fromSeq: number;
  bytes: number;
}

/** A bounded memory: messages that it does not hold are looked up on disk. */
export class WaitingMessages {
  readonly #byId = new Map<MessageId, WaitingMessage>();

  /** Notes a message that the open transaction stores as waiting. */
  add(id: MessageId, message: WaitingMessage): void {
    if (this.#byId.size >= limits.waitingKnownMax) {
      const [oldest] = this.#byId.keys();
      if (oldest !== undefined) this.#byId.delete(oldest);
    }
    this.#byId.set(id, message);
  }

  /** Forgets all, as after a rollback. */
  clear(): void {
    this.#byId.clear();
  }

  /**
   * Moves the known ones of these deliveries to a state in which they no longer wait. Returns the changes, and the ids
   * that are left to look up; null: the disk differs from this memory.
   */
  mark(
    sql: Sql,
    peerNo: number,
    ids: readonly MessageId[],
    state: DeliveryState,
  ): (Marked & { readonly rest: readonly MessageId[] }) | null {
    const { runs, rest } = this.#runsOf(peerNo, ids, state);
    const update = sql.prepare(
      'UPDATE delivery SET state = ?, waits = 0 WHERE recipient = ? AND message BETWEEN ? AND ? AND waits = 1',
    );
    let [moved, bytes] = [0, 0];
    for (const run of runs) {
      const toSeq = run.fromSeq + run.ids.length - 1;
      if (update.run([stateNumber(state), peerNo, run.fromSeq, toSeq]) !== run.ids.length) return null;
      moved += run.ids.length;
      bytes += run.bytes;
    }
    const reached = runs.flatMap((run) => run.ids);
    for (const id of reached) this.#byId.delete(id);
    return { reached, outboxEntries: -moved, outboxBytes: -bytes, moved, rest };
  }

  #runsOf(peerNo: number, ids: readonly MessageId[], state: DeliveryState) {
    const runs: Run[] = [];
    const rest: MessageId[] = [];
    let nextSeq = 0;
    for (const id of new Set(ids)) {
      const known = this.#byId.get(id);
      if (known?.peerNo !== peerNo || isWaiting(state, known.dialect)) {
        rest.push(id);
        continue;
      }
      const last = runs.at(-1);
      if (last !== undefined && known.seq === nextSeq) {
        last.ids.push(id);
        last.bytes += known.bytes;
      } else runs.push({ ids: [id], fromSeq: known.seq, bytes: known.bytes });
      nextSeq = known.seq + 1;
    }
    return { runs, rest };
  }
}

/** Counts the entries that wait, within the open transaction or outside of one. */
export function waitingSize(sql: Sql): OutboxSize {
  const row = sql
    .prepare(
      `SELECT count(*), coalesce(sum(length(text)), 0) FROM delivery INDEXED BY delivery_waits
       JOIN line ON line.seq = message WHERE delivery.waits = 1`,
    )
    .row([]);
  return { entries: integerOf(row?.[0]), bytes: integerOf(row?.[1]) };
}

/** Within a transaction: keeps later entries from a `seq` up to this one. */
export function keepSeqFloor(sql: Sql, seq: number): void {
  sql
    .prepare("INSERT OR REPLACE INTO progress(name, number) VALUES ('seq-floor', CAST(? AS INTEGER))")
    .run([seq]);
}

/** Reads the greatest committed `seq`; 0: none. */
export const newestSeqOf = (sql: Sql): number =>
  sql.integer(
    `SELECT max(coalesce((SELECT max(seq) FROM line), 0),
       coalesce((SELECT number FROM progress WHERE name = 'seq-floor'), 0))`,
  );
