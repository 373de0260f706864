/** The numbers of the actors around one live connection, native or foreign. */

/** Bounds and times of one connection. */
export const connection = {
  /** Pause between two checks of a session's deadlines: they are seconds, so once a second is exact enough. */
  /** Ticks between two reports of signs of life: as exact as beacons, and cheap beside a ping every 5 s. */
  heardEveryTicks: 8,
  tickEveryMs: 1_000,
  /**
   * Bytes of one connection that were given to the node and are not committed yet. Beyond this number the bytes of
   * the peer wait in its socket.
   */
  uncommittedBytesMax: 2 ** 20,
  /** Bytes that an utterance counts besides its text: ids, times and the object around them. */
  utteranceOverheadBytes: 128,
  /** Time for one message of an older program over its own connection, its key exchange included. */
  sayDeadlineMs: 10_000,
} as const;
