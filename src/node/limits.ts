/** The numbers of a node: its defaults, its supervision, and its readers. */
import { admission } from '../admission/limits.js';
import { roster } from '../chat/presence/limits.js';
import { shown } from '../chat/delivery/limits.js';
import { foreignPorts } from '../dialects/limits.js';
import { localAddress } from '../wire/limits.js';

// `ui` may import this file, and none of the actors.
export { beaconSocket } from '../actors/presence/limits.js';
export { hubProtocol } from '../dialects/chatbuddy/limits.js';
export { foreignPorts, text } from '../dialects/limits.js';

/** Defaults and supervision of a node. */
export const node = {
  /** Random words in memory for new ids: an id takes two or three, so some 400 ids share one call of the system. */
  randomWords: 1_024,
  bind: localAddress.bindsDefault,
  /** TCP port: programs of the oldest dialect dial this one. */
  port: foreignPorts.cmp2204,
  connectionsMax: admission.connectionsMax,
  nameDefault: 'anonymous',
  /**
   * Pause between two checks that the home still has its name. Each write checks it, too, before it is acknowledged.
   */
  homeCheckEveryMs: 2_000,
  /** Silence of the holder of a home after which a process that wants it stops waiting. */
  holderSilentMaxMs: 5_000,
  /** Pause between two attempts to take a home that another process holds. */
  homePollMs: 50,
  /** Time for the goodbye to leave at the end. Without it peers notice the end after two missed beacons. */
  goodbyeDeadlineMs: 500,
  beaconIntervalMs: roster.beaconIntervalMs,
  /** Threads for the cipher work of all sessions: one for each core of a small machine. */
  sessionThreads: 2,
  /** Restarts of one actor in `restartWindowMs`: a burst of crashes passes, a steady storm has a lasting cause. */
  restartsMax: 10,
  restartWindowMs: 10_000,
  /** CPU time of one handler after which its thread is replaced: users accept a delay of about 2 s. */
  busyMsMax: 1_900,
} as const;

/** Defaults for older programs. */
export const foreign = {
  /** Time after which a message to a peer of synergy fails. Configurable. */
  sendDeadlineMs: 20_000,
} as const;

/** Bounds of readers of events and of the history. */
export const feed = {
  /** Events that may wait for one reader: some seconds at full speed, some tens of megabytes at most. */
  eventsWaitingMax: 200_000,
  resumePageEntries: shown.resumePageEntries,
  /** Messages of a transcript where the caller names no limit. */
  historyEntries: 100,
  /** Messages of a transcript in one answer. */
  historyEntriesMax: 10_000,
  /** Time for a question about the network: four addresses that do not answer, then the answer of the peer. */
  probeDeadlineMs: 25_000,
  /** Time for one command, which may dial and search. */
  commandDeadlineMs: 15_000,
  /** Time for reading the names and sizes of what is to be sent. */
  offerDeadlineMs: 30 * 60_000,
} as const;
