/** The numbers of the clipboard. */

/** Programs that read and write the clipboard. */
export const clipboard = {
  /** Time of a program: it talks with the desktop of this machine alone. */
  programMs: 5_000,
  /** Bytes that are read: more than a message may have, so that the error can name the size. */
  readBytesMax: 2 ** 20,
  /** Characters of a text, in base64, that terminals take. */
  terminalCharsMax: 100_000,
} as const;
