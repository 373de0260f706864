/** The numbers of bytes on the wire: native frames, beacons, JSON from strangers. */

/** Frames of a native connection. Fixed by `session-protocol` (wire version 1): a change breaks interoperability. */
export const wireV1 = {
  version: 1,
  /** Bytes of one Noise message, fixed by Noise revision 34. */
  noiseMessageBytesMax: 65_535,
  /** Bytes of content in one record. */
  recordContentBytesMax: 16_384,
  /** Bytes of content in one record that carries bytes of files. */
  bulkContentBytesMax: 65_516,
  preambleFullBytes: 6,
  preambleResumeBytes: 22,
  ticketIdBytes: 16,
  /** Time from the start of a connection until both ends are authenticated. */
  handshakeDeadlineMs: 3_000,
} as const;

/** One beacon datagram. The layout is fixed by `session-protocol` section 6. */
export const beacon = {
  /** Bytes of one datagram: fits any MTU with room for tunnels. */
  datagramBytesMax: 1_200,
  jsonDepthMax: 2,
  jsonKeysMax: 16,
  /** magic 4, version 1, type 1, idKey 32, bootId 8, seq 4, time 8, tcpPort 2. */
  fixedBytes: 60,
  signatureBytes: 64,
  bootIdBytes: 8,
  instanceBytes: 8,
  nonceBytes: 16,
  nameBytesMax: 64,
  wireVersionsMax: 16,
  recordBytesMax: 512,
} as const;

/** The status of a person, in beacons and sessions. */
export const status = {
  /** presence 1, until 6. */
  headerBytes: 7,
  /** Own text: one line of a screen. */
  textBytesMax: 240,
  /** Bytes that are read of others. */
  bytesMax: 256,
} as const;

/** Bounds of JSON from strangers where the reader names none, checked before `JSON.parse` sees the text. */
export const json = {
  bytesMax: 65_536,
  depthMax: 16,
  keysMax: 1_000,
} as const;

/** Addresses of this machine. */
export const localAddress = {
  /** The address that listeners bind by default: every IPv4 interface, since a chat on a network must be reachable. */
  bindDefault: '0.0.0.0',
  /** The addresses that listeners of both families bind by default, with a comma between them. */
  bindsDefault: '0.0.0.0,::',
} as const;
