/** The numbers of a node where the user says nothing, of its supervisor, and of its readers. */
import { admission } from '../admission/limits.js';
import { roster } from '../chat/presence/limits.js';
import { shown } from '../chat/delivery/limits.js';
import { foreignPorts } from '../dialects/limits.js';
import { localAddress } from '../wire/limits.js';

// A user interface sees no deeper room than this one.
export { beaconSocket } from '../actors/presence/limits.js';
export { hubProtocol } from '../dialects/chatbuddy/limits.js';
export { foreignPorts, text } from '../dialects/limits.js';

export const node = {
  bind: localAddress.bindDefault,
  /** TCP port: programs of the oldest dialect dial this one. */
  port: foreignPorts.cmp2204,
  connectionsMax: admission.connectionsMax,
  nameDefault: 'anonymous',
  /** Pause between two looks whether the home still has its name. Each write looks, too, before it is acknowledged. */
  homeCheckEveryMs: 2_000,
  /** Time for the goodbye to leave at the end. Without it the others notice two missed beacons. */
  goodbyeDeadlineMs: 500,
  beaconIntervalMs: roster.beaconIntervalMs,
  /** Threads for the cipher work of all sessions: one for each core of a small machine. */
  sessionThreads: 2,
  /** Restarts of one actor in `restartWindowMs`: a burst of crashes passes, a steady storm has a lasting cause. */
  restartsMax: 10,
  restartWindowMs: 10_000,
  /** CPU time of one handler after which its thread is replaced: a user waits no longer for an answer. */
  busyMsMax: 1_900,
} as const;

/** The older programs. */
export const foreign = {
  /** Time after which synergy gives up sending, and says which peer it was. Configurable. */
  sendDeadlineMs: 20_000,
} as const;

/** Readers of events and of the history. */
export const feed = {
  /** Events that one reader may have waiting: some seconds at full speed, some tens of megabytes at most. */
  eventsWaitingMax: 200_000,
  resumePageLines: shown.resumePageLines,
  /** Lines of a transcript where the caller asks for no number. */
  historyLines: 100,
  /** Lines of a transcript in one answer. */
  historyLinesMax: 10_000,
  /** Time for one command, which may dial and search. */
  commandDeadlineMs: 15_000,
} as const;
