import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MessageChannel, Worker } from 'node:worker_threads';
import { err, ok, type Result } from 'neverthrow';
import { runtime as limits } from '../../src/runtime/limits.js';
import { exposeHandle, wrapHandle } from '../../src/runtime/index.js';
import { createPool } from '../../src/runtime/pool.js';
import { standStill } from '../support/standstill.js';

class Till {
  #sum = 0;

  put(n: number): Result<number, { readonly code: 'till/negative'; readonly n: number }> {
    if (n < 0) return err({ code: 'till/negative', n });
    this.#sum += n;
    return ok(this.#sum);
  }

  async sum(): Promise<number> {
    return this.#sum;
  }

  jam(): Promise<never> {
    return new Promise(() => undefined);
  }

  break(): never {
    throw new Error('broken');
  }

  size(bytes: Uint8Array): number {
    return bytes.byteLength;
  }
}

const open = () => {
  const { port1, port2 } = new MessageChannel();
  const end = exposeHandle(new Till(), port2);
  return { handle: wrapHandle<Till>(port1, { name: 'till' }), end };
};

describe('a handle on an object elsewhere', () => {
  test('keeps Results, values and faults apart', async () => {
    const { handle } = open();
    assert.equal((await handle.call('put', [5]))._unsafeUnwrap(), 5);
    assert.deepEqual((await handle.call('put', [-1]))._unsafeUnwrapErr(), { code: 'till/negative', n: -1 });
    assert.equal((await handle.call('sum', []))._unsafeUnwrap(), 5);
    const thrown = (await handle.call('break', []))._unsafeUnwrapErr();
    assert.deepEqual(thrown, { code: 'runtime/failed', what: 'break', detail: 'broken' });
    handle.close();
  });

  test('moves what is transferred', async () => {
    const { handle } = open();
    const bytes = new Uint8Array(1_000);
    const size = await handle.call('size', [bytes], { transfer: [bytes.buffer] });
    assert.equal(size._unsafeUnwrap(), 1_000);
    assert.equal(bytes.byteLength, 0);
    handle.close();
  });

  test('ends a call at its deadline, when it is closed, and when the other end goes', async () => {
    const { handle, end } = open();
    const late = await handle.call('jam', [], { deadlineMs: 20 });
    assert.equal(late._unsafeUnwrapErr().code, 'runtime/deadline');
    const waiting = handle.call('jam', []);
    end();
    assert.equal((await waiting)._unsafeUnwrapErr().code, 'runtime/no-actor');
    assert.equal((await handle.call('sum', []))._unsafeUnwrapErr().code, 'runtime/no-actor');
  });

  test('a deadline that passed while both ends stood still leaves time for the answer', async () => {
    const { handle } = open();
    const answer = handle.call('sum', [], { deadlineMs: 50 });
    standStill(100 + limits.standstillMs);
    assert.equal((await answer)._unsafeUnwrap(), 0);
    handle.close();
  });

  test('ends a call when the thread dies in the middle of it', async () => {
    const { port1, port2 } = new MessageChannel();
    const worker = new Worker(`setTimeout(() => process.exit(1), 50)`, {
      eval: true,
      workerData: port2,
      transferList: [port2],
    });
    const gone = new Promise((resolve) => worker.once('exit', resolve));
    const handle = wrapHandle<Till>(port1, { name: 'till', gone });
    assert.equal((await handle.call('sum', []))._unsafeUnwrapErr().code, 'runtime/no-actor');
  });
});

type TestJobs = {
  square: { task: number; result: number };
  fail: { task: null; result: never };
  spin: { task: null; result: never };
  quit: { task: null; result: never };
  length: { task: Uint8Array; result: number };
};

describe('a pool', () => {
  const entry = new URL('./jobs.js', import.meta.url);

  test('does many jobs, and bounds how many may wait', async () => {
    const pool = createPool<TestJobs>({ entry, threadsMax: 1, queueMax: 10 });
    const answers = await Promise.all(Array.from({ length: 15 }, (_, n) => pool.run('square', n)));
    const done = answers.flatMap((answer) => (answer.isOk() ? [answer.value] : []));
    assert.deepEqual(
      done,
      Array.from({ length: 11 }, (_, n) => n * n),
    );
    for (const answer of answers.slice(11))
      assert.deepEqual(answer._unsafeUnwrapErr(), { code: 'runtime/pool-full', limit: 10 });
    await pool.close();
  });

  test('tells what a job threw, a thread that ended, a deadline and its own end as values', async () => {
    const pool = createPool<TestJobs>({ entry, threadsMax: 1 });
    const failed = (await pool.run('fail', null))._unsafeUnwrapErr();
    assert.deepEqual(failed, { code: 'runtime/failed', what: 'fail', detail: 'failed on purpose' });
    assert.equal((await pool.run('quit', null))._unsafeUnwrapErr().code, 'runtime/failed');
    const late = await pool.run('spin', null, { deadlineMs: 300 });
    assert.equal(late._unsafeUnwrapErr().code, 'runtime/deadline');
    const bytes = new Uint8Array(100);
    assert.equal((await pool.run('length', bytes, { transfer: [bytes.buffer] }))._unsafeUnwrap(), 100);
    await pool.close();
    assert.equal((await pool.run('square', 1))._unsafeUnwrapErr().code, 'runtime/failed');
  });
});
