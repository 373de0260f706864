/**
 * Calls into native code, during which a thread must not be ended. V8 refuses every call of a thread that is being
 * ended; a binding that does not expect this, such as SQLite's, ends the process instead. So thread and host share
 * one word: the thread notes there that it is inside, and the host (`NativeGate`) ends it while it is outside. This
 * file is the side of the thread.
 */
import { getHeapStatistics } from 'node:v8';
import { runtime, type RuntimeLimits } from '../limits.js';
import { collectGarbage } from '../metrics.js';

/** Bit of the word: the thread is inside native code. */
export const inside = 1;
/** Bit of the word: the thread is about to be ended and makes no more native calls. */
export const shut = 2;

/** With this code a thread ends itself whose heap is so full that V8 might end it within the next native call. */
export const heapFullExitCode = 97;

/** Null where nobody ends the thread from outside, as in the main one: there all this costs nothing. */
let gate: Int32Array | null = null;
let limits: Pick<RuntimeLimits, 'nativeCallsPerHeapLook' | 'workerHeapFullBytes'> = runtime;
let isInside = false;
let callsUnchecked = 0;

/** To be called once, in a thread that a host may end. `word` is shared with that host. */
export function openNativeGate(word: Int32Array, own: RuntimeLimits): void {
  gate = word;
  limits = own;
}

/**
 * Runs `work`, which calls native code, and returns its result. The thread is not ended meanwhile. For short,
 * synchronous work; calls may be nested, and exceptions are thrown on.
 */
export function nativeCall<T>(work: () => T): T {
  if (gate === null || isInside) return work();
  endIfHeapIsFull();
  if (Atomics.compareExchange(gate, 0, 0, inside) !== 0) waitForTheEnd(gate);
  isInside = true;
  try {
    return work();
  } finally {
    isInside = false;
    if (Atomics.compareExchange(gate, 0, inside, 0) !== inside) {
      Atomics.store(gate, 0, shut);
      Atomics.notify(gate, 0);
      waitForTheEnd(gate);
    }
  }
}

/** Nothing but the end of the thread ends this. */
function waitForTheEnd(word: Int32Array): void {
  for (;;) Atomics.wait(word, 0, shut);
}

/** V8 ends a thread whose heap is full wherever it is, so one that is nearly full ends itself while it is outside. */
function endIfHeapIsFull(): void {
  callsUnchecked += 1;
  if (callsUnchecked < limits.nativeCallsPerHeapLook) return;
  callsUnchecked = 0;
  if (getHeapStatistics().used_heap_size < limits.workerHeapFullBytes) return;
  collectGarbage();
  // oxlint-disable-next-line unicorn/no-process-exit -- within a worker it ends the thread and nothing else
  if (getHeapStatistics().used_heap_size >= limits.workerHeapFullBytes) process.exit(heapFullExitCode);
}
