/** The numbers of notifications and hooks. */

/** Programs that run at an event. */
export const programs = {
  /** Time of one run: a hook that writes a file or calls a service needs seconds. */
  runMs: 30_000,
  /** Time between the request to end and the kill. */
  killAfterMs: 2_000,
  /** Pause between two checks whether the children of a program that ended still run. */
  childrenEveryMs: 250,
  /** Bytes of its stderr that the log shows. */
  stderrBytesMax: 2_000,
} as const;

/** Hooks of a home. Each hook runs once at a time. */
export const hooks = {
  /** Events that wait for a slow hook. Beyond this number the oldest is dropped, and the log says so. */
  waitingMax: 256,
} as const;

/** Notifications on the desktop and in the terminal. */
export const notifications = {
  /** Pause before a notification: a message in an open conversation is read by then. */
  unreadAfterMs: 1_500,
  /** Pause between two notifications on the desktop. Messages in between share the next one. */
  desktopEveryMs: 3_000,
  /** Time after which the program that shows a notification is ended. */
  desktopRunMs: 5_000,
  /** Notifications at one time. With more peers the last one is about all others. */
  peersAtOnceMax: 4,
  /** Rows of peers that are kept: as many as the node lists. Muted and blocked peers are kept beyond it. */
  peersMax: 4_096,
  /** Pause between two signals in the terminal. */
  signalEveryMs: 1_000,
  /** Time without a key after which the open conversation notifies, too. */
  absentMs: 60_000,
  titleGraphemes: 80,
  bodyGraphemes: 200,
} as const;
