/** An actor that stays within a native call until it is released, for the tests of how threads are ended. */
import { writeSync } from 'node:fs';
import { ok } from 'neverthrow';
import { nativeCall } from '../../src/runtime/thread/native-call.js';
import { actor, child, next, type Cast } from '../../src/runtime/index.js';
import { threadEntry } from '../support/programs.js';

/** Words that the test and the actor share. */
export const word = { turns: 0, released: 1, left: 2, again: 3 } as const;
export const makeWords = (): Int32Array => new Int32Array(new SharedArrayBuffer(16));

export type CallerProtocol = {
  /** Stays inside for the given ms, or until it is released. */
  stay: Cast<{ readonly words: Int32Array; readonly ms: number }>;
};

const caller = actor<null, null, CallerProtocol>({
  name: 'caller',
  restart: 'permanent',
  /** None, so that a stop takes its thread away. */
  shutdownMs: 0,
  init: () => ok(null),
  receive: {
    stay: (state, { words, ms }) => {
      nativeCall(() => {
        for (let n = 0; n < ms && Atomics.load(words, word.released) === 0; n += 1) {
          Atomics.add(words, word.turns, 1);
          Atomics.wait(words, word.released, 0, 1);
        }
        Atomics.store(words, word.left, 1);
        if (Atomics.load(words, word.released) === 0) writeSync(1, 'left\n');
      });
      nativeCall(() => Atomics.store(words, word.again, 1));
      return next(state);
    },
  },
});

export const callers = { caller };

export const callerInThread = child(caller, {
  args: null,
  links: {},
  placement: { kind: 'thread', entry: threadEntry('runtime/native-caller.worker') },
});
