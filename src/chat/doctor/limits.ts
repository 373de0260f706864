/** The numbers of the doctor: bounds of what it reads, and the values from which an observation is a finding. */

/** Bounds and thresholds. */
export const doctor = {
  /** Difference of two clocks that is a finding: a beacon that waits for its reply may be 10 s old. */
  clockMs: 120_000,
  /** Free space of the disk of the home below which messages may soon be lost. */
  freeBytesMin: 64 * 2 ** 20,
  /** Bytes that a tool of the system prints: the firewall rules of some hundred containers have less than one million. */
  outputBytesMax: 8 * 2 ** 20,
  /** Depth of jumps between chains, which the kernel bounds to 16. */
  jumpsMax: 16,
  /** Names or addresses that one sentence lists. */
  listedMax: 6,
} as const;

/** Questions about the network between peers. */
export const inquiry = {
  /** Addresses of a peer that one question dials. */
  addressesMax: 4,
  /** Time in which announcements that were asked for arrive. */
  collectMs: 1_500,
  /** Time in which a peer answers: it waits for announcements, and tries a connection. */
  answerMs: 6_000,
  /** Time for the connection back to an asker. */
  dialBackMs: 2_500,
  /** Intervals of announcements after which one no longer counts: one may be lost, and half of the next be waited for. */
  recentIntervals: 2.5,
  /** Pause between two answers to one peer: each sends a datagram and opens a connection. */
  perPeerEveryMs: 10_000,
  /** Questions of peers that are worked on at once. Further ones are ignored. */
  answeringMax: 4,
  /** Peers of which the last answer is remembered. */
  rememberedMax: 512,
} as const;
