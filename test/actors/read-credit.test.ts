import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connection as limits } from '../../src/actors/connection/limits.js';
import { ReadCredit } from '../../src/actors/connection/read-credit.js';

test('a peer gets credit back at once while few bytes are uncommitted, else after the commit', () => {
  const given: number[] = [];
  const credit = new ReadCredit({ consumed: (bytes) => void given.push(bytes) });
  credit.received(100);
  credit.reported(100);
  credit.repay();
  assert.deepEqual(given, [100]);
  const much = limits.uncommittedBytesMax;
  credit.received(much);
  credit.reported(much);
  credit.repay();
  credit.received(7);
  credit.repay();
  assert.deepEqual(given, [100], 'the peer waits');
  credit.committed(100);
  assert.deepEqual(given, [100, much + 7]);
  credit.committed(much);
  credit.repay();
  assert.deepEqual(given, [100, much + 7], 'nothing is given back twice');
});
