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

/** Exit code of a thread that ends itself, since its heap is so full that V8 might end it within the next native call. */
export const heapFullExitCode = 97;

/** The word shared with the host; null where no host can end this thread, as in the main thread. */
let gate: Int32Array | null = null;
let limits: Pick<RuntimeLimits, 'nativeCallsPerHeapCheck' | 'workerHeapFullBytes'> = runtime;
let isInside = false;
let callsUnchecked = 0;

/** Opens the gate of this thread. Called once, in a thread that a host may end. `word` is shared with that host. */
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

/** Blocks until the host ends this thread. */
function waitForTheEnd(word: Int32Array): void {
  for (;;) Atomics.wait(word, 0, shut);
}

/** Ends this thread if its heap is nearly full, since V8 would end it at any point, a native call included. */
function endIfHeapIsFull(): void {
  callsUnchecked += 1;
  if (callsUnchecked < limits.nativeCallsPerHeapCheck) return;
  callsUnchecked = 0;
  if (getHeapStatistics().used_heap_size < limits.workerHeapFullBytes) return;
  collectGarbage();
  // oxlint-disable-next-line unicorn/no-process-exit -- within a worker it ends the thread and nothing else
  if (getHeapStatistics().used_heap_size >= limits.workerHeapFullBytes) process.exit(heapFullExitCode);
}
