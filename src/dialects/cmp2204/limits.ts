/** The numbers of cmp2204: its toy cipher and its presence. */

/** The toy cipher. Key and block are fixed by the program. */
export const toyCipher = {
  keyBytes: 24,
  blockBytes: 8,
  /** Digits of the shared number: a longer one would not fit the key in base64. */
  digitsMax: 18,
  /** The largest prime whose private numbers are tried one by one. */
  triedPrimeMax: 1_000n,
} as const;

/** Presence as cmp2204 sees it. */
export const cmp2204Presence = {
  /** Time since the last announcement for which a peer counts as online. Fixed by the program. */
  onlineMs: 10_000,
  /** Time since the last announcement for which a peer is listed as away. Fixed by the program. */
  awayMs: 15 * 60_000,
  /** Rows that are kept: the machines in one segment of a large school network. */
  peersMax: 512,
  /** Bytes of `online_peers.txt` that are read: 512 rows of a name of 256 bytes, escaped, and a hundred bytes beside. */
  fileBytesMax: 2 ** 20,
} as const;
