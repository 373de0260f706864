/** The numbers of the transport: dialing, flow and refusals. */

/** Bounds and times of sockets. */
export const transport = {
  /** Bytes that wait for a session before its socket is no longer read. */
  streamHighBytes: 256 * 1_024,
  /** Bytes that wait for a session when its socket is read again. */
  streamLowBytes: 128 * 1_024,
  /** Bytes that a session may write ahead of its socket: one that ignores its credit is faulty and is ended. */
  unsentBytesMax: 4 * 2 ** 20,
  /** Time that flushing may take before the socket is destroyed. */
  flushMs: 1_000,
  /** Callers without a slot that read a sentence at the same time. */
  farewellsMost: 32,
  /** Longest time that a dial may take: beyond it, any system has given up by itself. */
  dialDeadlineMsMax: 30_000,
  /** Characters of a host name, fixed by DNS. */
  hostCharsMax: 253,
  /** Pause between two log lines about errors of one listener. */
  errorLogEveryMs: 5_000,
  /** Age at which the list of interfaces is read again. */
  interfacesAgeMs: 2_000,
  /** Time from BUSY to the end of its connection: a refused caller must not hold up the next one. */
  busyCloseMs: 15,
} as const;
