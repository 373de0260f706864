/** The changes of an open transaction. They take effect with its commit, and vanish with its rollback. */
import type { OutboxSize } from '../../../chat/delivery/entry.js';
import type { Arrival } from '../tally.js';
import type { Spans } from './spans.js';

/** The changes so far. */
export interface Draft {
  newestSeq: number;
  outboxEntries: number;
  outboxBytes: number;
  walBytes: number;
  readonly spans: Spans;
  /** By the number of the peer. An append holds one direction, so taking it back leaves them as they are. */
  readonly arrivals: Map<number, Arrival>;
}

/** Begins a transaction behind what is committed. */
export const newDraft = (newestSeq: number, outbox: OutboxSize): Draft => ({
  newestSeq,
  outboxEntries: outbox.entries,
  outboxBytes: outbox.bytes,
  walBytes: 0,
  spans: new Map(),
  arrivals: new Map(),
});
