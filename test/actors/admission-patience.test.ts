/** How long a caller without a slot waits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admission as limits } from '../../src/admission/limits.js';
import { isPatienceOver } from '../../src/admission/queues.js';
import type { DialectName } from '../../src/dialects/dialect.js';
import { fullHello, messageHello } from '../support/admission-driver.js';

const enabled: ReadonlySet<DialectName> = new Set(['native', 'netech']);
const isOver = (hello: typeof messageHello | null, asks: number, nowMs: number): boolean =>
  isPatienceOver({ address: '10.0.0.7', hello, acceptedAtMs: 0, asks }, enabled, () => false, nowMs);

// Case O5
test('an older program waits for longer where the machine lets it ask seldom, up to a bound', () => {
  for (const hello of [messageHello, null]) {
    assert.equal(isOver(hello, 1_000, limits.foreignCallerWaitMs - 1), false);
    assert.equal(isOver(hello, limits.foreignAsksMin, limits.foreignCallerWaitMs), true);
    assert.equal(isOver(hello, limits.foreignAsksMin - 1, limits.foreignCallerWaitMs), false);
    assert.equal(isOver(hello, 0, limits.foreignCallerWaitMostMs), true);
  }
  assert.equal(isOver(fullHello, 0, 1), true, 'a native caller is asked to come back');
});
