/** The numbers of native sessions: those that the protocol fixes, and those that are ours to choose. */

/** Fixed by `session-protocol` (wire version 1) and Noise revision 34. A change breaks interoperability. */
export const sessionV1 = {
  tagBytes: 16,
  keyBytes: 32,
  /** ver 1 + idKey 32 + serial 8 + notAfter 8 + sig 64. */
  certificateBytes: 113,
  /** Bytes of the certificate and the TLVs in handshake messages 2 and 3. */
  handshakePayloadBytesMax: 1_024,
  /** type 1 + len 2 before the content of a record. */
  recordHeaderBytes: 3,
  /** The plaintext of a record is padded to a multiple of 64 up to 1 KiB, of 1 KiB above. */
  recordPaddingSmallBytes: 64,
  recordPaddingLargeBytes: 1_024,
  /** Content of a fragment that is not the last one: at least this much. */
  fragmentBytesMin: 16_384,
  /** REKEY comes before each nonce that is a positive multiple of this. */
  rekeyEveryRecords: 65_536,
  sessionRecordsMax: 2 ** 32,
  sessionAgeMaxMs: 24 * 3_600_000,
  rekeySessionAfterMs: 3_600_000,
  rekeySessionAfterBytes: 2 ** 30,
  ticketAgeMaxMs: 24 * 3_600_000,
  ticketResumesMax: 64,
  ticketsMax: 512,
  /** Bytes each way before the other side is authenticated. */
  unauthenticatedBytesMax: 4_096,
  restartsPerConnectionMax: 1,
} as const;

/** Ours to choose. */
export const session = {
  /** The longest wait that a BUSY can ask for: nothing proves who sent it, so it must not silence a peer for long. */
  busyWaitMaxMs: 60_000,
  /** Bytes of one DATA: a text of the greatest length with its header, and a dozen small utterances beside it. */
  dataBytesMax: 80 * 1_024,
  /** Silence after which the session pings the peer. A ping costs 64 bytes. */
  pingAfterSilenceMs: 5_000,
  /**
   * Silence after which the connection counts as dead. A peer that vanished must be noticed within 15 s (faults, D7),
   * and sessions are checked once a second. A ping and four retransmissions fit in between.
   */
  silenceMaxMs: 13_000,
  /** Generations of one peer's tickets that are accepted: the current one, and those of interrupted resumes. */
  ticketGenerationsMax: 3,
  /** Age at which a node replaces its X25519 static key. The identity stays, and so does every pin. */
  staticKeyAgeMaxMs: 365 * 24 * 3_600_000,
  /** Validity of a certificate: a node that is switched on once in a year still renews its key in time. */
  certificateValidMs: 2 * 365 * 24 * 3_600_000,
  /**
   * 2026-01-01. A clock that shows an earlier time was never set, as on a board without a battery, so a certificate of
   * that time names no end.
   */
  clockSetFromMs: 1_767_225_600_000,
} as const;
