/** The numbers of operations on messages. */

/** Operations on one message. */
export const revisions = {
  /** Edits of one message: more than any person makes, few enough to read them all. */
  editsMax: 1_000,
  /** The number of a reaction is 16 bits on the wire. */
  revisionMax: 65_535,
  /** Different emoji of one author that are shown with one message, and those of all authors. */
  emojiMax: 8,
  reactionsShownMax: 64,
  /** Emoji of one author about one message that are remembered, those that were taken back included. */
  registersMax: 64,
} as const;

/** Plain forms of operations, for programs that know texts alone. */
export const plainForms = {
  /** Signs of the quoted message in a reply: a line of a terminal, and what a foreign program shows beside a text. */
  quoteGraphemesOlder: 60,
  quoteGraphemesForeign: 40,
  /** UTF-16 units of the quoted message that are looked at. */
  quoteUnitsMax: 1_000,
  /** Bytes of the whole text: those of one message. */
  bytesMax: 65_536,
} as const;
