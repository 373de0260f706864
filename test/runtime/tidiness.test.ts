/** When a thread that has worked gives its memory back. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Tidiness, tidying, type HeapAtRest } from '../../src/runtime/metrics.js';

const mib = 2 ** 20;
const afterFlood: HeapAtRest = { usedBytes: 19 * mib, committedBytes: 61 * mib, busyShare: 0 };

/** Beats until a collection is due, at most 100. */
function beatsUntilDue(tidiness: Tidiness, heap: HeapAtRest): number | null {
  for (let beat = 1; beat <= 100; beat += 1) if (tidiness.isDue(heap)) return beat;
  return null;
}

describe('a thread collects', () => {
  test('some seconds after its work, and once', () => {
    const tidiness = new Tidiness();
    assert.equal(beatsUntilDue(tidiness, { ...afterFlood, busyShare: 0.6 }), null);
    assert.equal(beatsUntilDue(tidiness, afterFlood), tidying.quietBeats);
    tidiness.tidied(24 * mib);
    assert.equal(beatsUntilDue(tidiness, { ...afterFlood, committedBytes: 26 * mib }), null);
  });

  test('twice at most where that frees nothing', () => {
    const tidiness = new Tidiness();
    for (let nth = 0; nth < tidying.triesMax; nth += 1) {
      assert.equal(beatsUntilDue(tidiness, afterFlood), tidying.quietBeats);
      tidiness.tidied(afterFlood.committedBytes);
    }
    assert.equal(beatsUntilDue(tidiness, afterFlood), null);
  });

  test('again after more work', () => {
    const tidiness = new Tidiness();
    beatsUntilDue(tidiness, afterFlood);
    tidiness.tidied(24 * mib);
    tidiness.isDue({ ...afterFlood, busyShare: 0.9 });
    assert.equal(beatsUntilDue(tidiness, afterFlood), tidying.quietBeats);
  });

  test('never with a heap that takes long, or with little to give back', () => {
    for (const heap of [
      { ...afterFlood, usedBytes: tidying.usedBytesMax + 1, committedBytes: 200 * mib },
      { ...afterFlood, committedBytes: afterFlood.usedBytes + tidying.slackBytesMin - 1 },
    ])
      assert.equal(beatsUntilDue(new Tidiness(), heap), null);
  });
});
