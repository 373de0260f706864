/** The memory of a transfer: what a session holds, what a sender has ahead, and the credit that a receiver gives back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ok } from 'neverthrow';
import { Bulk } from '../../src/actors/connection/bulk.js';
import { Ways } from '../../src/actors/files/peers.js';
import { files as limits } from '../../src/actors/files/limits.js';
import { Row } from '../../src/actors/files/transfer.js';
import type { FileWords } from '../../src/dialects/files.js';
import { messageId, peer } from '../history/driver.js';
import { session } from '../support/core-scene.js';

const data: FileWords = { type: 'data', id: messageId(1), chunk: 0, offset: 0, bytes: new Uint8Array(8) };

test('a session whose queue is never empty lets go of the words that it has written', () => {
  const bulk = new Bulk();
  bulk.add([data]);
  for (let count = 0; count < 10_000; count += 1) {
    bulk.add([data]);
    assert.equal(bulk.next(0, count), data);
  }
  assert.ok(bulk.heldCount <= 4, `${String(bulk.heldCount)} held`);
});

test('a sender waits for room, although its buffers move to the session', async () => {
  const ways = new Ways();
  const moved = {
    actor: 'session:s-1',
    castOnce: (_name: string, _body: unknown, buffers: readonly unknown[] = []) => {
      for (const each of buffers)
        if (each instanceof ArrayBuffer) structuredClone(each, { transfer: [each] });
      return ok(undefined);
    },
  };
  let given = 0;
  const work = async (deliver: (words: readonly FileWords[], buffer: ArrayBuffer) => Promise<void>) => {
    given += 1;
    await deliver([data], new ArrayBuffer(limits.readBytes));
  };
  const source = {
    get hasWork(): boolean {
      return given < 100;
    },
    work,
  };
  ways.up(peer(1), session('s-1'), moved, () => [source]);
  ways.work(peer(1));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(given, limits.sessionBytesMax / limits.readBytes);
  ways.over('session:s-1');
});

test('each job of a row gives its credit back, also one that is left out, or a fault', async () => {
  let isRejected = false;
  const onRejection = (): void => {
    isRejected = true;
  };
  process.once('unhandledRejection', onRejection);
  let taken = 0;
  const onOver = (): void => {
    taken += 1;
  };
  const row = new Row((cause) => {
    throw cause;
  });
  let ran = 0;
  row.run(() => Promise.reject(new Error('a fault')), onOver);
  row.run(() => {
    ran += 1;
    return Promise.resolve();
  }, onOver);
  await new Promise((resolve) => setImmediate(resolve));
  row.run(() => {
    ran += 1;
    return Promise.resolve();
  }, onOver);
  await row.end();
  process.off('unhandledRejection', onRejection);
  assert.equal(taken, 3);
  assert.equal(ran, 1);
  assert.equal(isRejected, false);
});
