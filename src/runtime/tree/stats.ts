/** Figures of a running system. */
import { threadMemory, type ActorStats, type MemoryStats } from '../metrics.js';
import type { Host } from '../thread/host.js';
import type { ThreadHost } from '../thread/thread-host.js';

/** Figures of all actors and threads. */
export interface SystemStats {
  /** `thread` is `inline` for the supervisors' own. */
  readonly actors: readonly (ActorStats & { readonly thread: string })[];
  readonly threads: readonly (MemoryStats & { readonly name: string })[];
}

/** A thread that boots or hangs is left out. */
export async function gatherStats(inline: Host, threads: readonly ThreadHost[]): Promise<SystemStats> {
  const answers = await Promise.all(
    threads.map(async (thread) => ({ name: thread.name, stats: await thread.stats() })),
  );
  const known = answers.flatMap(({ name, stats }) => (stats === null ? [] : [{ name, stats }]));
  return {
    actors: [
      ...inline.stats().actors.map((actor) => ({ ...actor, thread: 'inline' })),
      ...known.flatMap(({ name, stats }) => stats.actors.map((actor) => ({ ...actor, thread: name }))),
    ],
    threads: [
      { name: 'inline', ...threadMemory() },
      ...known.map(({ name, stats }) => ({ name, ...stats.memory })),
    ],
  };
}
