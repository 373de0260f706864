/** The timer that the sessions of a thread share. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ticker } from '../../src/actors/connection/ticker.js';

test('the jobs of a thread share one timer, which sleeps without jobs', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const timers = t.mock.method(globalThis, 'setInterval');
  const ticker = new Ticker(1_000);
  const calls = { one: 0, other: 0 };
  const endOne = ticker.add(() => (calls.one += 1));
  const endOther = ticker.add(() => (calls.other += 1));
  t.mock.timers.tick(2_000);
  assert.deepEqual(calls, { one: 2, other: 2 });
  assert.equal(timers.mock.callCount(), 1);
  endOne();
  t.mock.timers.tick(1_000);
  assert.deepEqual(calls, { one: 2, other: 3 });
  endOther();
  endOther();
  t.mock.timers.tick(5_000);
  assert.deepEqual(calls, { one: 2, other: 3 }, 'nothing ticks');
  ticker.add(() => (calls.one += 1));
  t.mock.timers.tick(1_000);
  assert.deepEqual(calls, { one: 3, other: 3 }, 'a new job starts it again');
});
