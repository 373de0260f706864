/** The numbers of cse310. */

/** The turns of the program. */
export const turns = {
  /** Time for which a write may still be on its way when the program reads: longer than any round trip on a LAN. */
  inFlightMs: 500,
  /** Time after which a program that takes no turns has read what was written. */
  patienceMs: 10_000,
} as const;
