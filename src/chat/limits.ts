/** The numbers of the parts of chat that stand beside its rooms: the own status. */

/** The own status. */
export const ownStatus = {
  /** Pause between two statuses that sessions carry (messages, section 2). */
  sendEveryMs: 3_000,
  /** Longest pause between two checks whether the status has ended: the wall clock may be set meanwhile. */
  endCheckEveryMs: 60_000,
} as const;

/** Typing notices. */
export const typing = {
  /** Time after which a notice ends by itself: twice the pause between two, so that one may be lost. */
  secondsMax: 6,
  /** Pause between two notices to one peer. */
  sayEveryMs: 3_000,
  /** Pause between two beginnings of one peer that are published. */
  beginEveryMs: 1_000,
  /** Peers whose last notice is remembered: more than anybody writes to at once. */
  peersMax: 100,
} as const;
