/** Heartbeats: cheap while a thread hears them, followed by a question where it does not (S2). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runtime as limits } from '../../src/runtime/limits.js';
import { diceOf, SimulatedLoop } from '../../src/runtime/testkit/simulated-loop.js';
import { Heart } from '../../src/runtime/thread/heart.js';
import { ProgressTable } from '../../src/runtime/thread/progress.js';
import type { Timers } from '../../src/runtime/timers.js';

const everyMs = limits.heartbeatEveryMs;

/** A thread that hears beats or does not; `log` has the moments of beats and questions. */
function threadOn(timers: Timers, hears: () => boolean) {
  const progress = new ProgressTable(ProgressTable.memory(1));
  const log: [what: string, atMs: number][] = [];
  const heart = new Heart({
    limits,
    timers,
    progress,
    ping() {
      log.push(['beat', timers.now()]);
      if (hears()) progress.beat();
    },
    ask: () => void log.push(['question', timers.now()]),
  });
  return { heart, log };
}

/** Lets virtual time pass. */
function pass(loop: SimulatedLoop, ms: number): void {
  const end = { isReached: false };
  loop.timer(ms, () => {
    end.isReached = true;
  });
  while (!end.isReached && loop.step());
}

describe('a heart', () => {
  test('asks nothing of a thread that hears each beat', () => {
    const loop = new SimulatedLoop(diceOf(1));
    const { heart, log } = threadOn(loop.timers, () => true);
    heart.begin();
    pass(loop, 10 * everyMs + 1);
    assert.deepEqual(
      log,
      Array.from({ length: 10 }, (_, at) => ['beat', (at + 1) * everyMs]),
    );
  });

  // Case S2
  test('asks a thread that did not hear a beat, soon enough to replace it within 3 s', () => {
    const loop = new SimulatedLoop(diceOf(1));
    const { heart, log } = threadOn(loop.timers, () => log.length < 3);
    heart.begin();
    pass(loop, 10 * everyMs);
    assert.deepEqual(
      log.map(([what]) => what),
      ['beat', 'beat', 'beat', 'question'],
    );
    // In the worst case the thread dies right after it heard a beat.
    const [heard, asked] = [log[1]?.[1] ?? NaN, log[3]?.[1] ?? NaN];
    assert.ok(asked - heard + limits.heartbeatDeadlineMs < 3_000);
  });

  test('of each thread beats at the same moment, whenever it began', () => {
    const loop = new SimulatedLoop(diceOf(1));
    const [first, second] = [threadOn(loop.timers, () => true), threadOn(loop.timers, () => true)];
    first.heart.begin();
    loop.timer(everyMs / 2, () => second.heart.begin());
    pass(loop, 5 * everyMs);
    assert.deepEqual(first.log, second.log);
  });

  test('asks at once when its thread says that it is unwell', () => {
    const loop = new SimulatedLoop(diceOf(1));
    const { heart, log } = threadOn(loop.timers, () => true);
    heart.begin();
    heart.hurry();
    heart.hurry();
    assert.deepEqual(log, [['question', 0]]);
  });
});
