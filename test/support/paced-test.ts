/** Tests of what a pause between two writes means, on a machine that may stand still meanwhile. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { test, type TestContext } from 'node:test';
import { foreignFrames } from '../../src/dialects/limits.js';

/**
 * Texts that are sent a pause apart come glued to a reader that did not get to run meanwhile, as on a busy machine:
 * then, and only then, the claim is tried again.
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
