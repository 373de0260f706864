/**
 * The numbers of the runtime: mailboxes, links, supervision and the watchdogs. These are the defaults; a system, a
 * thread and an actor each override what concerns them.
 */
import { availableParallelism } from 'node:os';

/** The defaults. */
export const runtime = {
  /** Envelopes that wait for an actor, shared out among its links. A full mailbox is a value for its sender. */
  mailboxMax: 4_096,
  /** Envelopes that a link may always hold, however many links share a mailbox: fewer would cost a wait per envelope. */
  linkCreditMin: 16,
  /** Envelopes that a sender keeps per link until they are acknowledged as handled. */
  linkCreditMax: 4_096,
  /** Envelopes in one `postMessage`: past 64 the gain per envelope is below 2 %. */
  linkBatchMax: 256,
  /** Handled envelopes after which a receiver acknowledges at once: a quarter of the credit. */
  acknowledgeEvery: 1_024,
  /** Acknowledgements that one actor withholds separately; later ones join the last. */
  withheldMax: 64,
  callDeadlineMs: 10_000,
  /** Delay of a deadline past its time that shows a standstill: the process was frozen, asleep or without a core. */
  standstillMs: 500,
  /** Init of an actor, counted from the moment when its thread comes to it. */
  readyDeadlineMs: 10_000,
  /** Boot of a thread; a longer one hangs while its modules load. 50 at once took 12 s on a busy machine. */
  bootDeadlineMs: 60_000,
  /** Threads that boot at once: more of them slow each other down. */
  bootsMax: 2 * availableParallelism(),
  shutdownMs: 2_000,
  /** Part of a stop that waits for what senders have under way. A sender that hangs must not use up the whole. */
  stopMarkerMs: 500,
  /** Between two beats, which a thread counts in shared memory. One that does not is asked for an answer. */
  heartbeatEveryMs: 700,
  /**
   * Silence after which a thread is in an endless loop or its port is dead (goal: replaced < 3 s). Only time that the
   * thread could have used counts.
   */
  heartbeatDeadlineMs: 1_900,
  /** CPU time of one handler without a turn of its loop. After it the thread counts as an endless loop. */
  busyMsMax: 5_000,
  /** How often a thread shows that its event loop turns: two such signs fit into `heartbeatDeadlineMs`. */
  loopTurnEveryMs: 900,
  /** How often at most the times of a thread are read: one reading costs 0.03 to 0.15 ms. */
  threadTimesEveryMs: 50,
  /** `external + arrayBuffers` of one worker; V8's own limits do not count what lies off heap. */
  offHeapBytesMax: 128 * 2 ** 20,
  workerHeapMbMax: 256,
  /** Bytes in use after a collection at which a worker is replaced, before V8 ends it at a moment of its own. */
  workerHeapHighBytes: 192 * 2 ** 20,
  /** Bytes in use at which a worker ends itself before its next native call. */
  workerHeapFullBytes: 224 * 2 ** 20,
  /** Native calls between two checks of the heap: they allocate a small part of what is left. */
  nativeCallsPerHeapCheck: 16,
  /**
   * Time inside native code after which a thread is ended, although that may end the process. Longer than every wait of
   * a disk that still answers; a thread in native code cannot end before it returns.
   */
  nativeCallMsMax: 60_000,
  /**
   * V8 lets a worker whose heap is full grow by 16 MiB while it ends it, and aborts the whole process when one
   * collection promotes more than that; so the space it promotes from (a third of this) stays below. Without it Node 24
   * aborted in 4 of 18 trials, with it in none.
   */
  workerYoungHeapMbMax: 24,
  /** Crashes at one envelope that make it a dead letter. */
  poisonTriesMax: 3,
  deadLettersMax: 1_000,
  restartsMax: 5,
  restartWindowMs: 10_000,
  restartDelayMinMs: 5,
  restartDelayMaxMs: 2_000,
  /** Envelopes between two calls of `settle`: large enough for a group commit, small enough to be fair. */
  drainMax: 512,
  /** Drains that always follow each other as microtasks; then I/O gets its turn, unless `turnMs` lasts. */
  drainsPerTurn: 64,
  /** A turn of the event loop costs as much as fifty small messages, so one that was short goes on. */
  turnMs: 1,
  drainsPerTurnMax: 1_024,
  /** Envelopes settled one by one after a crash, so that a poison message is distinguished from its neighbours. */
  cautiousEnvelopes: 1_024,
  /** Time after which a handler that awaits counts as hung: no wait in a handler is longer than a dial. */
  handlerDeadlineMs: 60_000,
  /** Actors in one thread; each has three words in the shared progress table, which take memory once they are used. */
  actorsPerThreadMax: 16_384,
  /** Time for which a spare waits after the death of a thread; 0: none is booted. It costs 5 to 10 MB. */
  spareIdleMs: 60_000,
  /** Time for which a named thread without actors stays alive: a new one costs 30 ms. */
  threadIdleMs: 30_000,
  /** Time after which a link whose port closed is joined again while both ends live: a dying thread says so sooner. */
  linkRepairMs: 100,
  /** Tasks waiting in a pool, per thread of it. */
  poolQueuePerThreadMax: 256,
} as const;

/** All numbers of one system. */
export type RuntimeLimits = { readonly [Name in keyof typeof runtime]: number };

/** The defaults with some of them replaced. */
export const limitsWith = (own: Partial<RuntimeLimits> = {}): RuntimeLimits => ({ ...runtime, ...own });

/** Numbers besides durations that may be 0. */
const mayBeZero: ReadonlySet<string> = new Set(['restartsMax', 'deadLettersMax', 'cautiousEnvelopes']);

/** Returns why numbers cannot be limits; null: they can. With a batch of 0, nothing would ever leave. */
export function limitTrouble(own: Readonly<Record<string, number | undefined>>): string | null {
  for (const [name, value] of Object.entries(own)) {
    const least = name.endsWith('Ms') || mayBeZero.has(name) ? 0 : 1;
    if (value !== undefined && !(value >= least)) return `${name} is ${value}, and must be at least ${least}`;
  }
  return null;
}

/**
 * Credit of each of `links` links into one mailbox: a power of two of links shares it, so that the whole stays within
 * `mailboxMax` and a further link seldom changes the others.
 */
export function creditPerLink(
  mailboxMax: number,
  links: number,
  limits: Pick<RuntimeLimits, 'linkCreditMin' | 'linkCreditMax'>,
): number {
  const shares = 2 ** Math.ceil(Math.log2(Math.max(1, links)));
  const least = Math.min(mailboxMax, limits.linkCreditMin);
  return Math.max(1, Math.min(limits.linkCreditMax, Math.max(least, Math.floor(mailboxMax / shares))));
}
