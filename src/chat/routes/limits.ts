/** The numbers of routes to native peers: dialing, and which peers are remembered. */

export const dialing = {
  /** Time to connect: a peer on the same network answers in milliseconds, or not at all. */
  connectDeadlineMs: 3_000,
  /** Time for which an address whose handshake failed is not dialed (faults, section 4: penalties). */
  failurePenaltyMs: 5_000,
  /** Failed sessions are logged once per source in this time, for this many sources. The others are counted. */
  failureLog: { everyMs: 5_000, sourcesMax: 16 },
  /** Pause between two renames of one peer: each is a row on disk and an event. */
  renameEveryMs: 1_000,
  /** Time in which a new peer sends its name. After it the peer is shown without. */
  nameWaitMs: 200,
  /** Pause between two rounds in which expired tickets are forgotten. */
  expireEveryMs: 3_600_000,
} as const;
