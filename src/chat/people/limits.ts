/** The numbers of people: identities, names, and names of strangers on a screen. */

/** The forms of ids and safety numbers (`session-protocol` section 6; after Syncthing and Signal). */
export const identity = {
  /** Base32 of 32 bytes. */
  idCharsBare: 52,
  /** Base32 of 32 bytes with one check character after every 13. */
  idChars: 56,
  idCheckEveryChars: 13,
  idGroupChars: 7,
  tagChars: 4,
  /** Characters of the tag of a peer whose name is shared: 2^40 keys must be tried to match it. */
  tagCharsShared: 8,
  safetyIterations: 5_200,
  /** Ids that are remembered by their key: twice the rows of a full roster. */
  idsRemembered: 8_192,
  /** Thirty digits for each of the two identities. */
  safetyDigits: 60,
} as const;

/** Bounds of names. */
export const name = {
  /** Graphemes of a name: one line of a screen. */
  graphemesMax: 64,
  /** Marks on one letter: no living script needs more, and further ones are drawn over the neighbouring lines. */
  combiningMarksMax: 6,
  /** Characters after a sign like `#` from which on they pass for a tag. */
  fakeTagCharsMin: 3,
  /** Skeletons that are remembered by their name, and the longest such name: as many as rows of a full roster. */
  skeletonsRemembered: 4_096,
  skeletonCharsRemembered: 256,
  /** Former names that are kept of a contact, newest first. */
  formerNamesMax: 8,
  /** Characters of a raw name that are read. */
  rawCharsMax: 4_096,
} as const;

/** Bounds of the book of contacts. */
export const contacts = {
  /**
   * Pinned keys in memory and on disk. Beyond this number a new stranger displaces the one that was unseen for
   * longest.
   */
  contactsMax: 20_000,
  /** Pinned keys about which the user decided nothing: as many as a person looks through. */
  strangersMax: 100,
  /** Time after which a stranger that wrote is forgotten: a month, as people come back after holidays. */
  strangerAgeMs: 30 * 24 * 3_600_000,
  /** Time after which a stranger that wrote nothing is forgotten: the time until a peer is gone from the roster. */
  silentAgeMs: 15 * 60_000,
  /** Bytes of messages that are stored of a peer before the user accepts it: 16 of the longest. */
  strangerBytesMax: 2 ** 20,
  /** Time until a changed key is warned of again. */
  warnAgainMs: 24 * 3_600_000,
  /** Keys of one name that are warned of in that time: a host can make keys without end. */
  warningsPerNameMax: 3,
  /** Peers of foreign programs that said goodbye whose names are kept: as many as are remembered while they are there. */
  leftMax: 512,
} as const;

/** Bounds of the memory of refuted addresses. */
export const absent = {
  addressesPerPeerMax: 8,
  peersMax: 512,
  /** Time in which an announcement that was heard before may still be on its way to the core. */
  onItsWayMs: 100,
  /** Pause before an announcement from a refuted address counts again. It doubles (session-protocol, section 5.7). */
  pauseMs: 30_000,
  /** Longest pause: an impostor that answered for a peer for an hour must not keep the peer away for another hour. */
  pauseMostMs: 600_000,
} as const;

/** How often the time of the last sign of life is written to disk. */
export const seen = {
  /** Pause between two writes of `lastSeenMs` while signs of life go on: a crash loses at most this much. */
  keepEveryMs: 600_000,
  /** Step of `lastSeenMs` on disk when a peer falls silent or the node ends: a smaller one is not worth a write. */
  keepStepMs: 10_000,
} as const;
