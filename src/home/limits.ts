/** The numbers of the files in the home. */

/** The file with the keys. */
export const identityFile = {
  /** Bytes that are read: the file has some 400. */
  fileBytesMax: 16_384,
} as const;

/** The file with the own status. */
export const ownStatusFile = {
  /** Bytes that are read: a text of 240 bytes, escaped, and two fields. */
  bytesMax: 4_096,
  depthMax: 1,
  keysMax: 8,
} as const;

/** The files of the older programs. */
export const foreignFiles = {
  /** Lines for `chat_history.txt` that wait for the disk. */
  fileLinesWaitingMax: 10_000,
} as const;

/** The lock of a home. */
export const homeLock = {
  /** Pause between two signs of a start or an end: some within the silence after which nobody waits any more. */
  signEveryMs: 500,
} as const;

/** A copy of the identity under a passphrase. */
export const identityCopy = {
  passphraseCharsMin: 8,
  /** Cost of scrypt: 128 MiB and about half a second for each attempt. */
  scryptCost: 2 ** 17,
  scryptBlock: 8,
  saltBytes: 16,
  nonceBytes: 12,
  tagBytes: 16,
  keyBytes: 32,
} as const;
