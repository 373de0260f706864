/** The numbers that all dialects share: sizes of messages, and expectations of the older programs. */

/** Bounds of one utterance, in every dialect and in the history. */
export const text = {
  /** Bytes of UTF-8 in one message: 64 KiB is a long letter; larger things are files. */
  messageBytesMax: 65_536,
  /** Bytes of UTF-8 in one name: 64 letters of four bytes. */
  nameBytesMax: 256,
} as const;

/** Bounds of native utterances. */
export const native = {
  /** Ids in one receipt: 8 KiB, so that two receipts and some texts share a record. */
  receiptIdsMax: 512,
} as const;

/** Messages of the older programs. Values of the programs are fixed; bounds of Parlance are our choice. */
export const foreignFrames = {
  /** Bytes of one write: their readers call `recv(1024)` once and take its bytes as one message. */
  writeBytesMax: 1_024,
  /** Bytes of one message that is read: other solutions of the same assignments write more than 1,024. */
  frameBytesMax: 65_536,
  /** Depth and keys of a JSON message: the real ones have depth 1 and four keys. */
  jsonDepthMax: 16,
  jsonKeysMax: 64,
  /** First bytes of a connection by which its dialect is recognised: the longest real opening has 25. */
  sniffBytesMax: 1_024,
  /**
   * Silence that ends a message where nothing else does: longer than the gap between two segments of one write, shorter
   * than the pauses of people and scripts.
   */
  idleGapMs: 60,
  /**
   * Silence that ends a message where the connection carries nothing else: a lost segment of it is sent again after
   * 200 ms.
   */
  messageGapMs: 300,
} as const;

/** Ports on which an older program is found when its address names none. Synergy and Netech have no usual port. */
export const foreignPorts = {
  cmp2204: 6_001,
  chatbuddy: 9_090,
  cse310: 65_500,
} as const;

/** The sentences that users of foreign programs read where this node cannot serve them. */
export const cutOffWords = {
  /** For a program that loses its slot. */
  evicted: 'This conversation ends because other callers need its connection. Please call again in a minute.',
  /** For a program that gets no slot. */
  turnedAway:
    'All connections are in use, so nothing that you wrote was read. Please call again in a minute.',
} as const;

/** Peers that synergy and netech remember while they run. */
export const foreignPeers = {
  /**
   * Remembered peers: enough for a class of hundreds. Beyond this number the oldest peer without a connection is
   * forgotten.
   */
  activeMax: 512,
} as const;

/** Words about the network between two native peers. */
export const inquiry = {
  /** Characters of one text: the longest address with a zone has 62. */
  textCharsMax: 64,
  /** Addresses in one answer: a peer has few interfaces. */
  arrivedMax: 16,
} as const;

/** Operations on messages between two native peers. */
export const operation = {
  /** Bytes behind id and time: the longest text, and 1 KiB for the fields before it. */
  restBytesMax: text.messageBytesMax + 1_024,
  /** The number of an edit or a reaction is 16 bits. */
  revisionMax: 65_535,
  /** Bytes and code points of one emoji: a family of four has 25 and 7. */
  emojiBytesMax: 32,
  emojiPointsMax: 8,
  /** Messages that a read mark may except. */
  unreadIdsMax: 64,
  /** Time until a text disappears: long enough to be read once, and a year. */
  ttlSecondsMin: 5,
  ttlSecondsMax: 366 * 24 * 3_600,
} as const;

/** Words about files between two native peers. */
export const files = {
  /** UTF-8 bytes of the name and of the comment of an offer. */
  nameBytesMax: 256,
  commentBytesMax: 1_024,
  /** Bytes of an offer with the fields of later versions. */
  offerBytesMax: 4_096,
  /** Bytes of a file in one utterance, which fills a record of the greatest length. */
  dataBytesMax: 65_000,
  /** Hashes of chunks in one utterance: 32 KiB. */
  hashesMax: 1_024,
} as const;
