/** The numbers of delivery: the outbox, its retries, and pages of messages. */

/** Bounds of the outbox, and times of its retries (`faults` section 4, *Delivery*). */
export const outbox = {
  /**
   * Messages that wait over all peers (`faults` section 4). Beyond this number a message is refused with an error.
   */
  entriesMax: 10_000,
  bytesMax: 256 * 2 ** 20,
  /** Bytes in memory and in flight to one peer. The rest stays in the history. */
  windowBytesMax: 2 ** 20,
  /** Messages in memory and in flight to one peer: all that can wait, since those beyond it are read from the disk. */
  windowEntriesMax: 10_000,
  /** Messages of one page that is read from the disk: larger ones would delay what comes behind them. */
  pageEntriesMax: 4_096,
  /** Messages handed to the session in one piece. */
  sayEntriesMax: 512,
  dialDelayMinMs: 1_000,
  dialDelayMaxMs: 60_000,
  /**
   * Quick dials after the loss of a session that confirmed messages, before delays of `dialDelayMinMs` begin. They
   * come after 31, 62, 125, 250 and 500 ms: a restarted worker of the peer serves again within that time.
   */
  quickDialsMax: 5,
  /** Share of a delay that jitter takes away at most, so that peers of one outage do not return together. */
  jitterShare: 0.5,
  /** Pause between two dials that a beacon of the peer causes. */
  presenceDialEveryMs: 2_000,
  /** Time after which a dial without a report counts as failed. */
  dialDeadlineMs: 30_000,
  /** Time after which a page that the history did not return is asked for again. */
  loadDeadlineMs: 10_000,
  /** Time without a receipt before a message is sent again, doubled each time: 2 + 4 + 8 s show a dead peer in 15 s. */
  receiptWaitMs: 2_000,
  /** Repeats without a receipt in between. After them the session is ended. */
  sayAgainMax: 2,
  /** Receipts that wait for the mark before them and are written together: several batches of a sender in a hurry. */
  markIdsMax: 4_096,
  /** Pause before refused states of messages are written again: a disk recovers within 5 s (faults, D10). */
  markAgainMs: 2_000,
  /** Messages and bytes of one page of the list that a user reads. */
  list: { entriesMax: 1_000, bytesMax: 2 ** 20 },
} as const;

/** Published states of messages. */
export const publishedStates = {
  /**
   * Messages whose last published state is remembered: as many as can wait. Beyond this number a late receipt is
   * published twice.
   */
  statesMax: 10_000,
} as const;

/** Received messages. */
export const incoming = {
  /** Messages of one session in one append: a few batches of a sender in a hurry. */
  appendEntriesMax: 2_048,
  /** Ids of messages that crashed the history, which are refused from then on. A sound history has none. */
  poisonIdsMax: 1_000,
} as const;

/** Messages for readers. */
export const shown = {
  /** Stored messages that a reader which resumes takes at once. */
  resumePageEntries: 1_000,
} as const;

/** Texts that disappear. */
export const expiry = {
  /** Pause between two looks at the clock while a text is to disappear: it may be set ahead, and the text must be gone 5 s later. */
  lookEveryMs: 2_000,
  /** Pause before texts are removed that the disk kept, or of which one turn removes only a part. */
  againMs: 100,
  /** Pause before the disk is looked at for texts whose commit was not reported, since a crash came between: a commit takes less. */
  unreportedMs: 10_000,
  /**
   * Greatest time of a timer: half of the range on the wire, so that a later one always has room. Both sides keep the
   * same time, whatever their clocks say: a bound that follows the own clock would let each side count another timer.
   */
  timerSentAtMsMax: 2 ** 47,
} as const;
