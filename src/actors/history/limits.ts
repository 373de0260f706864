/** The numbers of the history: one SQLite file, one writer. */

/** Operations on stored messages. */
export const operations = {
  /** Operations of one peer that wait for their message: as many as messages can wait in an outbox. */
  waitingMax: 10_000,
  waitingAgeMs: 30 * 24 * 3_600_000,
  /** Earlier texts of one message in one answer: one page holds several such messages. */
  earlierTextsMax: 100,
  /** Newest messages among which the end of an id is looked up: about 20 ms. */
  tailEntries: 20_000,
  /** Time after which a deleted text has left the write-ahead log, too: at most one checkpoint in this time. */
  eraseEveryMs: 2_000,
  /** Messages that a read mark excepts: as many as the wire takes. */
  unreadIdsMax: 64,
  /** Texts that one transaction removes when their time ends: some 20 ms. */
  expireSliceEntries: 200,
} as const;

/** Bounds and times of the history. */
export const history = {
  /** Entries per row of the table `span`. Fixed by migration 1: changing it makes stored rows wrong. */
  spanEntries: 1_024,
  /** Entries that one statement inserts, where their values allow it: more gain little. */
  runEntries: 32,
  /** Messages marked by one statement: more gain little, and most receipts name fewer ids. */
  markChunkIds: 64,
  /** Waiting messages whose `seq` is kept in memory: more than the windows of a few busy peers, some 2 MB. */
  waitingKnownMax: 16_384,
  /** Pages SQLite keeps in memory: the hot ends of three indexes of a million entries fit. */
  cacheKib: 32_768,
  /** Bytes written to the WAL after which a checkpoint follows the replies: short enough not to be felt. */
  checkpointAfterBytes: 4 * 2 ** 20,
  /** SQLite's own checkpoint, inside a commit: the backstop should the estimate above be far off. 16 MiB of pages. */
  checkpointBackstopPages: 4_096,
  /** Bytes to which the WAL file is cut back after a large transaction. */
  walBytesMax: 16 * 2 ** 20,
  /** Bytes that one entry adds to the WAL besides its text, roughly: its row, and its rows in three indexes. */
  walBytesPerEntry: 300,
  /** Bytes that one mark adds to the WAL, roughly: the rows of deliveries are small, and those marked lie together. */
  walBytesPerMark: 40,
  /** Bytes of the pages that the smallest commit writes: table, indexes, their parents. */
  walBytesPerCommit: 10 * 4_096,
  /** A file up to this size is checked whole when it is opened (about 0.1 s); damage in a larger one shows on use. */
  checkBytesMax: 64 * 2 ** 20,
  /** Two processes never share a home; a copy or an inspection of the file may hold it for a moment. */
  lockWaitMs: 2_000,
  /** Pause before a file that failed is opened again (goal: recovered < 5 s after the cause is gone). */
  reopenDelayMs: 500,
  /** Messages and bytes of text in one answer: a receiver takes so much in one message without a stall. */
  pageEntriesMax: 10_000,
  pageBytesMax: 16 * 2 ** 20,
  /**
   * Messages read in one step towards an answer, so that the limit in bytes is noticed in time. The first step learns
   * their lengths: 16 of the longest are 1 MiB.
   */
  pageStepEntries: 256,
  pageFirstStepEntries: 16,
  /** Entries indexed for search in one transaction: about 20 ms. */
  indexSliceEntries: 2_000,
  /** Bytes of text in one slice, and the least that a slow disk makes of it. A slice is at least one entry. */
  indexSliceBytes: 128 * 1_024,
  indexSliceBytesMin: 8 * 1_024,
  /** Time of one slice at which the next one is smaller: an acknowledgement that waits behind it is not felt. */
  indexSliceMs: 40,
  /** Divisor of a slice for each end of the thread over it, and the ends after which the entry is set aside. */
  indexShrink: 16,
  indexDeathsMax: 3,
  /** Hits of the index whose texts are checked for signs in one search: about 0.2 s. */
  checkedHitsMax: 20_000,
  /** Time that a search waits for the index. It answers from the indexed entries then. */
  searchCatchUpMs: 50,
  /** Time without an append after which the history is idle and indexes. */
  indexIdleMs: 50,
  /**
   * Unindexed messages beyond which indexing runs beside appends: a search catches up within 2 s. Indexing beside
   * appends halves their rate, so a flood of this size is stored at full speed and indexed afterwards.
   */
  indexLagEntriesMax: 200_000,
  /** Terms and characters of a query: a longer one finds no less than one of this size. */
  queryTermsMax: 32,
  queryCharsMax: 1_024,
  /** Names of peers kept in memory as row numbers. */
  peerCacheMax: 10_000,
  /** Time of salvage before the history starts. The rest follows in slices while it runs (start deadline: 10 s). */
  salvageAtStartMs: 3_000,
  salvageStepMs: 50,
  salvageSliceEntries: 500,
  salvageReadsMax: 200,
  /** Doubling steps over one hole in a damaged file. Nothing lies beyond the last of them. */
  salvageLeapsMax: 40,
} as const;

/** The removal of entries. */
export const erasure = {
  /** Entries in one transaction: about 30 ms, so that nothing waits long behind it. */
  sliceEntries: 1_000,
  /** Size up to which the whole file is rewritten after a removal: about half a second. */
  rewriteBytesMax: 32 * 2 ** 20,
} as const;

/** The pinned keys beside the identity. */
export const pins = {
  /** Bytes that are read: 20,000 contacts of the longest names and notes fit. */
  fileBytesMax: 64 * 2 ** 20,
  /** Pause between two writings, and the least that a large file makes of it, in times of the last writing. */
  writeEveryMs: 1_000,
  writeShare: 100,
  /** Numbers that are left out after a lost database: messages since the last writing may have had them. */
  seqLeap: 1_000,
} as const;
