/** The numbers of the actors around one live connection, native or foreign. */

/** Bounds and times of one connection. */
export const connection = {
  /** Ticks between two reports of signs of life: as exact as beacons, and cheap beside a ping every 5 s. */
  heardEveryTicks: 8,
  /** Pause between two checks of a session's deadlines: they are seconds, so once a second is exact enough. */
  tickEveryMs: 1_000,
  /** Bytes of a piece: with its headers below the least MTU of IPv6, and of every tunnel that is in use. */
  pieceBytes: 1_000,
  /** Pause between two pieces on a narrow path. On a LAN the system has sent one before the next comes. */
  pieceEveryMs: 10,
  /**
   * Bytes of one connection that were given to the node and are not committed yet. Beyond this number the bytes of
   * the peer wait in its socket.
   */
  uncommittedBytesMax: 2 ** 20,
  /**
   * Bytes of files that were given to their actor and are not dealt with. Its requests bound them, so only a peer that
   * sends what nobody asked for comes to it.
   */
  filesInHandBytesMax: 40 * 2 ** 20,
  /** Bytes of files that are written ahead of the socket: those of this time, within bounds. A word waits behind them. */
  bulkAheadMs: 50,
  bulkAheadBytesMin: 64 * 1_024,
  bulkAheadBytesMax: 2 * 2 ** 20,
  /** Bytes of a record's memory beside the bytes of a file that move to another thread with it. */
  recordSlackBytesMax: 1_024,
  /** Time over which the rate of a socket is measured. */
  bulkRateOverMs: 100,
  /** Bytes that an utterance counts besides its text: ids, times and the object around them. */
  utteranceOverheadBytes: 128,
  /** Time for one message of an older program over its own connection, its key exchange included. */
  sayDeadlineMs: 10_000,
} as const;
