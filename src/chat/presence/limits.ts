/** The numbers of presence: the cost of checking beacons, and the size and ages of the roster. */
import { cmp2204Presence } from '../../dialects/cmp2204/limits.js';

/** Bounds of the check of beacons (`faults` section 4, *Discovery*). */
export const beaconGate = {
  /** Datagrams of one source address, before anything is parsed. */
  sourceRatePerSecond: 5,
  sourceBurst: 20,
  /**
   * An IPv6 network (/64) is one source, since one host can have all of its addresses. It gets this many times the rate of
   * an address, enough for the beacons of a thousand nodes.
   */
  networkShares: 32,
  /** Source addresses that are remembered. Beyond this number the longest silent one is forgotten. */
  sourcesMax: 4_096,
  /** Lifetime of a cookie key. A cookie is valid in the period that made it and in the next one. */
  cookiePeriodMs: 30_000,
  /** Pause between two challenges to one source. */
  challengeEveryMs: 1_000,
  /** Pause between two answers to challenges of one source. */
  answerEveryMs: 1_000,
  /**
   * Challenges over all sources: 30 µs each including the send, so 10,000 forged sources a second leave most of a
   * core. A newcomer without a challenge hears our own beacon and greets our sending socket, apart from the flood.
   */
  challengesPerSecond: 1_500,
  replyChallengesPerSecond: 500,
  /** Challenges for contacts alone: a flood must not keep a contact from proving its address. */
  contactChallengesPerSecond: 50,
  /** Signature checks, 200 a second in all: at 142 µs each, 1,000 beacons would take 14 % of a core. */
  contactVerifyPerSecond: 50,
  rosteredVerifyPerSecond: 50,
  cookieVerifyPerSecond: 100,
  /** Difference of the clocks at the first sight of a peer without a cookie. */
  clockSkewMaxMs: 600_000,
  /** Identities whose last sequence number is remembered, so that an old beacon does not revive them. */
  freshnessMax: 8_192,
  /** The lowest TCP port that a beacon may name: a lower one would make us dial a service of the system. */
  tcpPortMin: 1_024,
} as const;

/** The log of what was heard, which the doctor reads. */
export const heardLog = {
  /** Addresses of others, and as many own ones: a network of hundreds is listed whole. */
  addressesMax: 512,
} as const;

/** Announcements to single hosts, where broadcasts may be held back. */
export const silentContacts = {
  /** Proved hosts of contacts that are remembered. */
  hostsMax: 1_024,
  /** Hosts that another service named, such as multicast DNS. */
  namedHostsMax: 256,
  /** Pause before a named host is asked again, doubled each time: the first question may be lost. */
  namedPauseMs: 1_000,
  /** Wait after the start: where broadcasts arrive, they have arrived by then. */
  firstAfterMs: 3_000,
  /** Pause before a silent host is asked again, doubled each time. */
  pauseMs: 8_000,
  /** Longest pause before a silent host is asked again. */
  pauseMostMs: 300_000,
  /** Hosts asked in one round of a second: a signature and as many datagrams of 400 bytes. */
  hostsPerRoundMax: 8,
  /** Time between the question to a silent contact and the moment at which it counts as away. */
  beforeAwayMs: 2_000,
} as const;

/** Bounds and ages of the roster. */
export const roster = {
  /** Rows in all: a network of 1,000 nodes is complete, and a row takes about 1 KiB. */
  rowsMax: 4_096,
  /** Rows of foreign programs, whose announcements nothing proves. They never displace a native row. */
  foreignRowsMax: 256,
  /** Identities behind one address. */
  identitiesPerAddressMax: 4,
  /** Identities behind an address of this machine, which every home on it shares. */
  identitiesPerLocalAddressMax: 128,
  /** Strangers of one IPv6 network (/64), all of whose addresses one host can have: a quarter of the roster. */
  rowsPerNetworkMax: 1_024,
  addressesPerPeerMax: 8,
  /** Pause between two beacons, as in the oldest dialect: two fit into its ten seconds of *online* with a margin. */
  beaconIntervalMs: 8_000,
  /** Beacons that a native peer may miss and still count as online. */
  missedBeaconsMax: 2,
  /** Time that the beacon after the missed ones may take to arrive. */
  missedBeaconGraceMs: 2_000,
  /** Peers of the older programs: the rule of the oldest dialect. */
  foreignOnlineMs: cmp2204Presence.onlineMs,
  /** All peers: the rule of the oldest dialect. */
  awayMs: cmp2204Presence.awayMs,
} as const;
