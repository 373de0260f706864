/** The numbers that all TCP sockets share. */

/** Ports, backlog and times of TCP sockets. */
export const tcp = {
  /** Ports that are tried when `port` is taken: `port` and those after it. */
  portTriesMax: 100,
  /** Connections that the system holds until they are accepted. */
  listenBacklogMax: 511,
  keepAliveDelayMs: 10_000,
  /** Time that the other side may take to end its half after ours was flushed. */
  lingerMs: 250,
} as const;
