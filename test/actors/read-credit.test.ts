import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connection as limits } from '../../src/actors/connection/limits.js';
import { ReadCredit } from '../../src/actors/connection/read-credit.js';
import { bytesOfWords } from '../../src/dialects/files.js';
import { messageId } from '../history/driver.js';

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

test('a restart of the actor of files gives back the credit for the bytes that it had', () => {
  const given: number[] = [];
  const credit = new ReadCredit({ consumed: (bytes) => void given.push(bytes) });
  const much = limits.filesInHandBytesMax + 1;
  credit.filesGiven(much);
  credit.received(much);
  credit.repay();
  assert.deepEqual(given, [], 'the peer waits');
  credit.filesForgotten();
  assert.deepEqual(given, [much]);
  // Its last report may come late.
  credit.filesTaken(much);
  credit.filesGiven(much);
  credit.received(5);
  credit.repay();
  assert.deepEqual(given, [much], 'bytes of the new actor count');
});

test('hashes of a peer count against its credit as bytes of files do', () => {
  const id = messageId(1);
  assert.equal(bytesOfWords({ type: 'hash', id, first: 0, hashes: new Uint8Array(32_768) }), 32_768);
  assert.equal(bytesOfWords({ type: 'data', id, chunk: 0, offset: 0, bytes: new Uint8Array(5) }), 5);
  assert.equal(bytesOfWords({ type: 'pull', id, first: 0, count: 1 }), 0);
});
