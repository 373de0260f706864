/** The numbers of the beacon sockets: how beacons are sent and received. */

/** Multicast DNS. */
export const mdns = {
  /** The UDP port of the standard (RFC 6762). */
  port: 5_353,
  /** Bytes of a datagram that is read: a service of a node takes some 200. */
  datagramBytesMax: 1_500,
  /** Datagrams of the group, which printers and telephones fill, too. */
  heardPerSecond: 200,
  heardBurst: 400,
  /** Services that are remembered before the search begins again. */
  servicesMax: 256,
  /** Datagrams that wait to be sent: a flood of questions must not fill the memory. */
  sendsMax: 64,
  /**
   * Datagrams that are sent: announcements, searches and answers of a quiet network need fewer. One datagram holds 200
   * questions, and each would be answered to the whole network.
   */
  sentPerSecond: 4,
  sentBurst: 16,
} as const;

/** Ports, rates and times of beacons. */
export const beaconSocket = {
  /** UDP ports: the first is ours, the second that of the oldest dialect. */
  portsDefault: [6_000, 6_001],
  /** UDP port that Peer_Discovery of cmp2204 binds. */
  announcementPort: 6_000,
  /**
   * Ports of the socket that beacons leave by, the first free one, where beacons use the default ports. Peers send their
   * replies there, and a firewall can admit a range that is known. There are eight, since each home on a machine has one.
   */
  replyPorts: [6_002, 6_003, 6_004, 6_005, 6_006, 6_007, 6_008, 6_009],
  /** Hops of a beacon: it never passes a router. */
  ttlHops: 1,
  /** Receive buffer: holds the burst of hundreds of neighbours that start at once. */
  receiveBufferBytes: 2 ** 20,
  /** Share of the interval that is drawn at random, so that nodes which started together drift apart. */
  intervalJitterShare: 0.1,
  /** Pause between two readings of the interfaces of this machine. */
  pollInterfacesEveryMs: 2_000,
  /** Pause between two checks for peers that have gone silent. */
  ageEveryMs: 1_000,
  /** Pause between two reports of signs of life that change nothing else: as exact as a beacon interval. */
  seenEveryMs: 8_000,
  /** Time for which changes are gathered before the node gets them. */
  tellAfterMs: 20,
  /** Pause between two reports of another node with the key of this home. */
  twinToldEveryMs: 10_000,
  /** Time for the goodbye to leave the socket. */
  goodbyeMs: 300,
  /** Datagrams to the socket that beacons leave by: a network of hundreds answers a newcomer at once. */
  heardPerSecond: 2_000,
  heardBurst: 4_000,
  /** Answers: each costs a signature, so forged source addresses must not cause more than this. */
  answersPerSecond: 100,
  answersBurst: 400,
  cookieSecretBytes: 32,
  /** Time in which a test datagram comes back to its sender: it never leaves the machine and the next switch. */
  selfTestMs: 1_000,
  selfTestPollMs: 20,
  /** Sequence numbers start from the uptime in tenths of a second: 32 bits last 13 years. */
  seqTickNs: 100_000_000n,
  seqLast: 0xffff_ffff,
  /** Bytes of a name, as JSON, beside which a beacon has room for the longest status. */
  nameBesideStatusBytesMax: 400,
  /** Time for which changes of `online_peers.txt` share one write: it changes at every beacon. */
  fileWriteAfterMs: 50,
} as const;
