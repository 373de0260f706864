/** The numbers of file transfers: bounds of what travels, windows, times. */

/** The object that is transferred. Fixed by the wire format. */
export const manifest = {
  entriesMax: 1_000_000,
  bytesMax: 256 * 2 ** 20,
  /** UTF-8 bytes of one path, of one part of it, and of the target of a link. */
  pathBytesMax: 4_096,
  partBytesMax: 255,
  targetBytesMax: 1_024,
  /** Parts of one path. */
  levelsMax: 64,
} as const;

/** Chunks: each is checked by its hash when it arrives. Fixed by the wire format. */
export const chunks = {
  bytesMin: 256 * 1_024,
  /** Larger chunks would cost more memory and more repetition after a break. */
  bytesMax: 16 * 2 ** 20,
  /** Chunks of a transfer up to 128 GiB. A list of their hashes has 256 KiB. */
  countWanted: 8_192,
  countMax: 1_048_576,
  hashBytes: 32,
} as const;

/** Flow of one transfer. */
export const flow = {
  /** Chunks that one request names. */
  pullChunksMax: 64,
  /**
   * Bytes that are asked for and have not arrived: at first and at most. They fill the buffers of sockets where the
   * receiver is slow, and a word waits behind those: 4 MiB at first made words wait for twice as long.
   */
  windowBytesMin: 512 * 1_024,
  windowBytesMax: 8 * 2 ** 20,
  /** The window holds the bytes that arrive in this time. */
  windowMs: 100,
  /** Bytes of a manifest that are asked for at a time. */
  manifestWindowBytes: 2 ** 20,
  /** Silence after which chunks that are missing are asked for again. */
  stallMs: 15_000,
  /** Times that a chunk whose hash is wrong is asked for again. */
  badChunkTriesMax: 1,
} as const;

/** Offers. */
export const offers = {
  /** Open offers of a peer that this user wrote to or accepted, of a stranger, and of all peers. */
  openPerPeerMax: 64,
  openPerStrangerMax: 4,
  openMax: 1_024,
  /** Time for which an offer waits for an answer. */
  expiresSecondsDefault: 7 * 24 * 3_600,
  expiresSecondsMax: 30 * 24 * 3_600,
  /** Time for which a stopped transfer can be taken up again: its unfinished files stay as long. */
  remainsSeconds: 24 * 3_600,
  /** Time for which a sender is sought to tell it that its file was declined or has arrived. */
  lastWordSeconds: 7 * 24 * 3_600,
  /** Transfers that are over and still listed. The oldest is forgotten first. */
  finishedMax: 256,
  /** Transfers that are over and whose peer has not acknowledged it. */
  untoldMax: 1_024,
} as const;

/** Times of transfers. */
export const times = {
  /** Pause between two progress reports of one transfer. */
  reportEveryMs: 250,
  /** Weight of the past in the moving average of the rate, as a time. */
  rateOverMs: 5_000,
  /** Time of a transfer before which no end is predicted. */
  etaAfterMs: 3_000,
  /** Pauses between two attempts to reach the peer of a transfer: the first, and the longest. */
  dialPauseMinMs: 400,
  dialPauseMaxMs: 15_000,
  /** Time for reading the names and sizes of what is to be sent: a million files on a slow disk. */
  offerDeadlineMs: 30 * 60_000,
  /** Time between two looks at a disk that was full. */
  fullCheckEveryMs: 30_000,
} as const;
