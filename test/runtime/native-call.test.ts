import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { runtime as limits } from '../../src/runtime/limits.js';
import { inside, nativeCall, openNativeGate } from '../../src/runtime/thread/native-call.js';
import { NativeGate } from '../../src/runtime/thread/native-gate.js';
import { within } from '../support/deadline.js';
import { programFile } from '../support/programs.js';
import { callerInThread, makeWords, word } from './native-caller.js';
import { startTree, until } from './tree.js';

describe('a thread is not ended inside a native call', () => {
  test('ends outside the call, and makes no further one', async (context) => {
    const words = makeWords();
    context.after(() => Atomics.store(words, word.released, 1));
    let isForced: () => void;
    const forced = new Promise<void>((resolve) => {
      isForced = resolve;
    });
    const tree = await startTree({
      children: [callerInThread],
      log: (_level, event) => {
        if (event === 'stopped-by-force') isForced();
      },
    });
    tree.root.ref(callerInThread).cast('stay', { words, ms: Infinity })._unsafeUnwrap();
    await until(() => Atomics.load(words, word.turns) > 0);
    let hasEnded = false;
    const ended = tree.root.stop().then(() => (hasEnded = true));
    await forced;
    // Some hundred ms in which it could be ended, counted by itself: it lives on.
    const turns = Atomics.load(words, word.turns);
    await until(() => Atomics.load(words, word.turns) > turns + 100);
    assert.equal(hasEnded, false);
    Atomics.store(words, word.released, 1);
    await within(ended, 5_000, 'the end');
    assert.equal(Atomics.load(words, word.left), 1, 'it left its native call by itself');
    assert.equal(Atomics.load(words, word.again), 0, 'it made another one');
  });

  test('when the process ends, by order or by an error', () => {
    const program = programFile('runtime/native-exit');
    for (const [how, code] of [['exit', 7] as const, ['error', 1] as const]) {
      const { status, stdout } = spawnSync(process.execPath, [program, how], { encoding: 'utf8' });
      assert.deepEqual({ status, stdout }, { status: code, stdout: 'left\n' }, how);
    }
  });
});

describe('the gate of native calls', () => {
  test('is waited for until a deadline', async () => {
    const gate = new NativeGate(insideForEver());
    const startedMs = performance.now();
    assert.equal(await within(gate.shut(50), 5_000, 'the wait'), false);
    assert.equal(gate.shutNow(50), false);
    assert.ok(performance.now() - startedMs >= 90);
    gate.threadEnded();
  });

  test('is not waited for when nobody is inside, or when the thread ended inside', async () => {
    const free = new NativeGate(makeWords().subarray(0, 1));
    assert.equal(await free.shut(Infinity), true);
    assert.equal(free.shutNow(Infinity), true);
    free.threadEnded();
    const lost = new NativeGate(insideForEver());
    const waiting = lost.shut(Infinity);
    lost.threadEnded();
    assert.equal(await within(waiting, 5_000, 'the wait'), true);
  });

  test('costs the end of the process nothing when no thread is left', () => {
    const before = process.listenerCount('exit');
    const gates = [new NativeGate(insideForEver()), new NativeGate(insideForEver())];
    assert.equal(process.listenerCount('exit'), before + 1);
    for (const gate of gates) gate.threadEnded();
    assert.equal(process.listenerCount('exit'), before);
  });

  test('is taken once by nested calls, and left by what is thrown', () => {
    const word = makeWords().subarray(0, 1);
    assert.equal(
      nativeCall(() => 1),
      1,
      'without a gate nothing is between',
    );
    openNativeGate(word, limits);
    const values = nativeCall(() => [word[0], nativeCall(() => word[0]), word[0]]);
    assert.deepEqual([...values, word[0]], [1, 1, 1, 0]);
    assert.throws(
      () =>
        nativeCall(() => {
          assert.throws(() => nativeCall(() => assert.fail('from within')), /from within/);
          assert.equal(word[0], 1, 'still inside');
          throw new Error('from outside');
        }),
      /from outside/,
    );
    assert.equal(word[0], 0);
    assert.equal(
      nativeCall(() => word[0]),
      1,
      'it is taken anew',
    );
  });
});

/** The word of a thread that went in, as its host sees it. */
function insideForEver(): Int32Array {
  const word = new Int32Array(new SharedArrayBuffer(4));
  Atomics.store(word, 0, inside);
  return word;
}
