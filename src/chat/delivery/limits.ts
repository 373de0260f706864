/** The numbers of delivery: what waits for a peer, how often it is tried, what is shown. */

/** What waits for a peer, and how often it is tried (`faults` section 4, *Delivery*). */
export const outbox = {
  /** Messages that wait over all peers (`faults` section 4). Past it a message is refused visibly. */
  linesMax: 10_000,
  bytesMax: 256 * 2 ** 20,
  /** Bytes and messages held in memory and under way to one peer. The rest stays in the history. */
  windowBytesMax: 2 ** 20,
  windowLinesMax: 4_096,
  /** Messages handed to the session in one piece. */
  sayLinesMax: 512,
  dialDelayMinMs: 1_000,
  dialDelayMaxMs: 60_000,
  /**
   * Dials before the delay is `dialDelayMinMs`, after the loss of a session that brought something. Each comes after
   * half the time of the next: 31, 62, 125, 250 and 500 ms. A restarted worker of the peer serves again by then.
   */
  quickDialsMax: 5,
  /** Share of a delay that jitter takes away at most, so that peers of one outage do not return together. */
  jitterShare: 0.5,
  /** Pause between two dials that a beacon of the peer causes. */
  presenceDialEveryMs: 2_000,
  /** Time after which a dial without a report counts as failed. */
  dialDeadlineMs: 30_000,
  loadDeadlineMs: 10_000,
  /** Time without a receipt before a message is sent again, doubled each time: 2 + 4 + 8 s show a dead peer in 15 s. */
  receiptWaitMs: 2_000,
  sayAgainMax: 2,
  /** Pause before the state of messages is written again that the disk did not take: it recovers within 5 s (faults, D10). */
  markAgainMs: 2_000,
} as const;

/** States of messages that readers were told. */
export const told = {
  /** Messages of which the last state is remembered: as many as can wait. A receipt that comes later is told again. */
  statesMax: 10_000,
} as const;

/** Messages that arrive. */
export const incoming = {
  /** Messages of one session in one append: a few batches of a sender in a hurry. */
  appendLinesMax: 2_048,
  /** Ids of messages that crashed the history, which are refused from then on. A sound history has none. */
  poisonIdsMax: 1_000,
} as const;

/** Messages that are shown. */
export const shown = {
  /** Stored messages that a reader which resumes takes at once. */
  resumePageLines: 1_000,
} as const;
