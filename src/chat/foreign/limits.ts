/** The numbers of peers that run older programs, as the node holds them. */

/** Bounds and times of foreign routes. */
export const foreignRoutes = {
  /**
   * Utterances of a later connection wait for those of an earlier one of the same program and address that is still
   * open: several threads read a burst of connections, and its order must stay. They wait for `orderLooks` checks from
   * when the earlier one is read: 1 s on a machine that is not overloaded.
   */
  orderLooks: 20,
  orderLookMs: 50,
  /** Pause between two log lines about failures of one dialect. The failures between them are counted. */
  failureLogEveryMs: 5_000,
  /** Pause between two checks of the peers that send no announcements. */
  ageEveryMs: 5_000,
  /** Time in which peers hear that the node ends. A peer that is not reached by then misses it. */
  farewellMs: 1_000,
} as const;
