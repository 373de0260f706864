/** The numbers of the parts of chat that stand beside its rooms: the own status. */

/** The own status. */
export const ownStatus = {
  /** Pause between two statuses that sessions carry (messages, section 2). */
  sendEveryMs: 3_000,
  /** Longest pause between two checks whether the status has ended: the wall clock may be set meanwhile. */
  endCheckEveryMs: 60_000,
} as const;
