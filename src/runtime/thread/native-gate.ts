/**
 * The host's side of `nativeCall`: every end of a thread by its host passes through here, and so does the end of the
 * process. Waiting costs nothing, since a thread ends only after its native code has returned.
 */
import { runtime as limits } from '../limits.js';
import { inside, shut } from './native-call.js';

/** The gate of one thread. */
export class NativeGate {
  readonly #word: Int32Array;

  /** `word` is shared with the thread. */
  constructor(word: Int32Array) {
    this.#word = word;
    if (gates.size === 0) process.on('exit', shutAll);
    gates.add(this);
  }

  /**
   * Lets the thread make no more native calls. Resolves to true once it is outside, and to false when it was inside
   * for `deadlineMs`.
   */
  async shut(deadlineMs: number): Promise<boolean> {
    if ((Atomics.or(this.#word, 0, shut) & inside) === 0) return true;
    return (await Atomics.waitAsync(this.#word, 0, inside | shut, deadlineMs).value) !== 'timed-out';
  }

  /** Does as `shut`, for a caller that cannot wait for a turn of the loop. */
  shutNow(deadlineMs: number): boolean {
    if ((Atomics.or(this.#word, 0, shut) & inside) === 0) return true;
    return Atomics.wait(this.#word, 0, inside | shut, deadlineMs) !== 'timed-out';
  }

  /** The thread has ended, wherever it was: nobody has to wait for it any longer. */
  threadEnded(): void {
    Atomics.store(this.#word, 0, shut);
    Atomics.notify(this.#word, 0);
    gates.delete(this);
    if (gates.size === 0) process.off('exit', shutAll);
  }
}

/** The gates of all living threads. */
const gates = new Set<NativeGate>();

/** Node ends all threads with the process, after `process.exit` as well as after an error that nobody caught. */
function shutAll(): void {
  const endMs = performance.now() + limits.nativeCallMsMax;
  for (const gate of gates) gate.shutNow(Math.max(0, endMs - performance.now()));
}
