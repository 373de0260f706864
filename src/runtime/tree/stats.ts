/** Figures of a running system. */
import { threadMemory, type ActorStats, type MemoryStats } from '../metrics.js';
import { traceFile } from '../recorder.js';
import type { Host } from '../thread/host.js';
import type { Timers } from '../timers.js';
import type { ThreadHost } from '../thread/thread-host.js';

/** Figures of all actors and threads. */
export interface SystemStats {
  /** `thread` is `inline` for the supervisors' own. */
  readonly actors: readonly (ActorStats & { readonly thread: string })[];
  readonly threads: readonly (MemoryStats & {
    readonly name: string;
    /** Messages sent from there that are not known to be handled. */
    readonly pending: number;
  })[];
}

/** A thread that boots or hangs is left out. */
export async function gatherStats(inline: Host, threads: readonly ThreadHost[]): Promise<SystemStats> {
  const answers = await Promise.all(
    threads.map(async (thread) => ({ name: thread.name, stats: await thread.stats() })),
  );
  const known = answers.flatMap(({ name, stats }) => (stats === null ? [] : [{ name, stats }]));
  const here = inline.stats();
  return {
    actors: [
      ...here.actors.map((actor) => ({ ...actor, thread: 'inline' })),
      ...known.flatMap(({ name, stats }) => stats.actors.map((actor) => ({ ...actor, thread: name }))),
    ],
    threads: [
      { name: 'inline', pending: here.pending, ...threadMemory() },
      ...known.map(({ name, stats }) => ({ name, pending: stats.pending, ...stats.memory })),
    ],
  };
}

/** Events recorded since the last call, as a file for a timeline. */
export async function gatherTrace(inline: Host, threads: readonly ThreadHost[]): Promise<string> {
  const recorded = threads.map(async (thread) => ({ name: thread.name, events: await thread.recorded() }));
  return traceFile([{ name: 'inline', events: inline.recorded() }, ...(await Promise.all(recorded))]);
}

const pauseMsMax = 50;

/**
 * Resolves once nothing waits: every mailbox is empty, and everything that was sent is known to be handled, at two looks
 * in a row between which nothing was handled.
 */
export async function untilDrained(look: () => Promise<SystemStats>, timers: Timers): Promise<void> {
  let handledBefore = -1;
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, pauseMsMax)) {
    const { actors, threads } = await look();
    const handled = actors.reduce((sum, one) => sum + one.handled, 0);
    const isQuiet =
      actors.every(({ mailboxDepth }) => mailboxDepth === 0) && threads.every(({ pending }) => pending === 0);
    if (isQuiet && handled === handledBefore) return;
    handledBefore = isQuiet ? handled : -1;
    await new Promise<void>((resolve) => void timers.after(pauseMs, resolve));
  }
}
