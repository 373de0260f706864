/** The parts of the program that have run, as V8 counts them. They guide a mutator to inputs that do something new. */
import { Session } from 'node:inspector';
import type { Profiler } from 'node:inspector';

export interface Coverage {
  /** Takes the blocks that ran since the last call, and returns how many of them never ran before. */
  takeNew(): number;
  readonly size: number;
  stop(): void;
}

/** Starts the count in this thread. `isCounted`: whether the module at an address is counted. */
export function startCoverage(isCounted: (url: string) => boolean): Coverage {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const seen = new Set<string>();
  const take = (): readonly Profiler.ScriptCoverage[] => {
    // The session is of this thread, so the answer comes before the call returns.
    let scripts: readonly Profiler.ScriptCoverage[] = [];
    session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error !== null) throw error;
      scripts = result;
    });
    return scripts;
  };
  return {
    get size() {
      return seen.size;
    },
    takeNew() {
      const before = seen.size;
      for (const { url, functions } of take()) {
        if (!isCounted(url)) continue;
        for (const { ranges } of functions)
          for (const { startOffset, endOffset, count } of ranges)
            if (count > 0) seen.add(`${url} ${startOffset} ${endOffset}`);
      }
      return seen.size - before;
    },
    stop() {
      session.post('Profiler.stopPreciseCoverage');
      session.disconnect();
    },
  };
}
