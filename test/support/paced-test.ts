/** Tests in which a pause between two writes has a meaning, on a machine that may stand still in that pause. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { test, type TestContext } from 'node:test';
import { foreignFrames } from '../../src/dialects/limits.js';

/**
 * Runs a test that sends texts with pauses between them. A reader that did not run in a pause, as on a busy machine, gets
 * two texts in one piece: then, and only then, the claim is tried again.
 */
export function pacedTest(name: string, claim: (t: TestContext) => Promise<void>): void {
  test(name, async (t) => {
    for (let tries = 1; ; tries += 1) {
      const standstill = monitorEventLoopDelay({ resolution: 5 });
      standstill.enable();
      try {
        return await claim(t);
      } catch (cause) {
        const longestMs = standstill.max / 1e6;
        if (tries === triesMax || longestMs < foreignFrames.idleGapMs / 2) throw cause;
        t.diagnostic(`the reader stood still for ${longestMs.toFixed(0)} ms: tried again`);
      } finally {
        standstill.disable();
      }
    }
  });
}

const triesMax = 4;
