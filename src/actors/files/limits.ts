/** The numbers of the actor of files: what it reads, writes and holds at a time. */

/** Bounds and times of its work. */
export const files = {
  /** Bytes that are read, hashed and handed to a session at a time: a few turns of threads for each megabyte. */
  readBytes: 2 ** 20,
  /** Bytes that a session may hold unsent. While it seals one half, the other half is read. */
  sessionBytesMax: 2 * 2 ** 20,
  /** Received bytes that are written at a time. */
  writeBytes: 2 ** 20,
  /** Bytes after which a session hears that they were dealt with. It counts up to 40 MiB. */
  takenBytes: 2 ** 20,
  /** Bytes and time after which received chunks are synced. A crash brings at most these again. */
  syncBytes: 64 * 2 ** 20,
  syncEveryMs: 2_000,
  /** Files that are synced one by one. More of them are synced by one call, where the system has one, in this time. */
  syncEachMax: 32,
  syncAllMs: 60_000,
  /** Files that are open and not synced. Every process may have 256 on each system. */
  openMax: 48,
  /** Calls of the system that run side by side. The pool of Node has four threads. */
  sideBySide: 16,
  /** Time for which brief calls of the system hold the thread before it hears its messages. */
  sliceMs: 10,
  /**
   * A disk is slow where a job takes this time on average, once that was looked at for long enough: a thread that waits
   * for a core must not look like a slow disk.
   */
  slowJobMs: 5,
  slowAfterMs: 100,
  slowForMs: 10_000,
  /** Bytes between two looks at the free space: others fill the disk, too, and a part of the history's share is left then. */
  spaceCheckBytes: 16 * 2 ** 20,
  /** Space that stays free: the greater of the two. */
  spareBytes: 256 * 2 ** 20,
  spareShare: 0.01,
  /** Space that the disk of the history keeps, so that messages are stored while files wait. */
  historySpareBytes: 64 * 2 ** 20,
  /** Parts of a manifest that a receiver may have asked for. */
  manifestAsksMax: 16,
  /** Pause between two looks at the clock of running transfers. */
  tickMs: 250,
  /** Pause between two looks for what stopped transfers have left, and before the first one after a start. */
  sweepEveryMs: 3_600_000,
  firstSweepMs: 5_000,
  /** Notes about left-out or renamed entries that are kept. */
  notesMax: 100,
  /** Links that one offer follows: the place of each is kept. */
  followedMax: 10_000,
  /** Last characters of an id that name a transfer. */
  idCharsMin: 4,
  /** Time after which a transfer lets go of files that nobody asks for. */
  idleCloseMs: 30_000,
} as const;
