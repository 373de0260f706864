/** The numbers of routes to native peers: dialing, and which peers are remembered. */

/** Bounds and times of dials. */
export const dialing = {
  /** Time to connect: a peer on the same network answers in milliseconds, or not at all. */
  connectDeadlineMs: 3_000,
  /**
   * Time to connect where a peer has more addresses than are tried at once: on one network answers come within 1 s.
   */
  crowdedDeadlineMs: 1_000,
  /** Pause between two attempts at addresses of one peer (RFC 8305, section 5). */
  attemptEveryMs: 250,
  /** Pause after an attempt has connected: a handshake ends within it, unless a machine is very busy. */
  handshakePatienceMs: 1_000,
  /** Attempts at addresses of one peer at once. */
  attemptsMax: 4,
  /** Connections at once that we opened, counted apart from the accepted ones. */
  outgoingMax: 16,
  /** Time for which an address whose handshake failed is not dialed (faults, section 4: penalties). */
  failurePenaltyMs: 5_000,
  /**
   * Wait after a connection that was reset before a session was up, drawn at random: the wait that BUSY asks for, since a
   * node with no slot and no seat left resets callers without a word.
   */
  resetRetryMinMs: 1_000,
  resetRetryMaxMs: 2_000,
  /** Failed sessions are logged once per source in this time, for this many sources. The others are counted. */
  failureLog: { everyMs: 5_000, sourcesMax: 16 },
  /** Pause between two renames of one peer: each is a row on disk and an event. */
  renameEveryMs: 1_000,
  /** Time in which a new peer sends its name. After it the peer is shown without one. */
  nameWaitMs: 200,
  /** Pause between two rounds in which expired tickets are forgotten. */
  expireEveryMs: 3_600_000,
} as const;

/** Runs of one identity at the same time. */
export const instances = {
  /** Sessions with one identity, each with another instance. A friend must not take all slots by many instances. */
  perPeerMax: 2,
  /** Time in which the older of two instances must answer a PING: on one network the answer takes milliseconds. */
  answerWithinMs: 3_000,
  /** A timer that fires later than this tells that this node stood still: the silence is then its own. */
  ownDelayMs: 1_000,
  /** Pause between two warnings that two copies of a peer run. */
  warnEveryMs: 24 * 3_600_000,
  /** Pause between two dials of instances for which nothing waits: each costs the peer a handshake. */
  dialEveryMs: 60_000,
  /** Peers of which the last such dial is remembered. */
  dialledMax: 512,
} as const;

/** Paths that lose large packets. */
export const narrowPaths = {
  /** Unanswered bytes below which no path is suspected: they fit one packet on every path. */
  suspectBytes: 400,
  /** Time without a receipt before the end of a session: shorter than the silence that ends it. */
  suspectAfterMs: 8_000,
  /** Time from that end to the next session: behind a narrow path the peer answers the next dial. */
  backWithinMs: 10_000,
  /** Time for which a path counts as narrow. A wide one is slower meanwhile, and loses nothing. */
  rememberedMs: 3_600_000,
  peersMax: 512,
} as const;

/** Statuses of peers on sessions. */
export const statuses = {
  /** Pause between two statuses of a peer: each is an event for every reader. */
  takeEveryMs: 1_000,
} as const;

/** Alarms about changed keys. */
export const alarms = {
  /** Pause between two alarms about one pair of keys: a retry every minute must not repeat it. */
  repeatAfterMs: 24 * 3_600_000,
  /** Pairs of keys that are remembered. */
  pairsMax: 512,
} as const;
