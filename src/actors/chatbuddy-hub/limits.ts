/** The numbers of the chatbuddy hub, as server and as client. */

/** Bounds and times of the hub. */
export const chatbuddyHub = {
  /** Connections that have not sent their name yet. */
  unnamedMax: 32,
  /** Time in which a connection sends its name: the real client sends it at once. */
  nameDeadlineMs: 10_000,
  /** Pause between two log lines about one reason of ended connections. The rest are counted. */
  faultLogEveryMs: 5_000,
  /** Pause of the client after its name: twice the silence that marks the end of a name for the hub. */
  nameGapMs: 120,
  answerDeadlineMs: 3_000,
  /** Time after which a connected client counts as registered: a full hub accepts a connection only to close it. */
  settledMs: 1_000,
  /** Bytes of unasked text from the hub that are kept: its first line is shown as the reason of an end. */
  saidBytesMax: 256,
  /** Pause before a hub that is down is tried again, doubled each time up to `retryMaxMs`. */
  retryMinMs: 500,
  retryMaxMs: 15_000,
} as const;
