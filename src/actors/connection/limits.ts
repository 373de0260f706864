/** The numbers of the actors around one live connection, native or foreign. */

export const connection = {
  /** Pause between two checks of a session's deadlines: they are seconds, so once a second is exact enough. */
  tickEveryMs: 1_000,
  /** Bytes given to the node and not committed yet, per connection. Past it the peer's bytes wait in its socket. */
  uncommittedBytesMax: 2 ** 20,
  /** Bytes that an utterance weighs besides its text: ids, times and the object around them. */
  utteranceOverheadBytes: 128,
  /** Time for one message of an older program over its own connection, its key exchange included. */
  sayDeadlineMs: 10_000,
} as const;
