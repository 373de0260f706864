/** The operations beyond texts that a node announces in its handshake (session-protocol 5.2). */

/** The bits of `features`. This version sets all but `rooms` and `hub`, which are reserved. */
export const feature = {
  messageOperations: 1,
  files: 2,
  rooms: 4,
  ephemeral: 8,
  timers: 16,
  hub: 32,
} as const;
