/** The numbers of the chatbuddy hub that its protocol needs. */

/** Bounds of the hub, and its port. */
export const hubProtocol = {
  /** Users at once: "Up to 100 simultaneous users", fixed by the program. */
  usersMax: 100,
  /** Bytes of the list of users: 100 users with the longest names and addresses take half of this. */
  listBytesMax: 65_536,
  /** Fixed by the program. */
  port: 8_080,
} as const;
