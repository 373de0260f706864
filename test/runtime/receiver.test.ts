/** The receiving end of a link by itself: what it says to its sender when it is joined again. Case T2. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LinkReceiver } from '../../src/runtime/link/receiver.js';
import { runtime as limits } from '../../src/runtime/limits.js';
import { systemLoop } from '../../src/runtime/timers.js';
import type { Progress } from '../../src/runtime/link/protocol.js';

function receiver(): { readonly end: LinkReceiver; readonly join: () => readonly Progress[] } {
  const inbox = {
    handlerIndex: () => 0,
    enqueue: () => undefined,
    unknownName: () => undefined,
    wake: () => undefined,
    ended: () => undefined,
    mayAnswerNow: () => true,
    credit: 16,
    loop: systemLoop,
  };
  const end = new LinkReceiver(
    { id: 1, epoch: 0, name: 'to', from: 'a', to: 'b', credit: 16, triesMax: 3, isCircular: false },
    inbox,
    limits,
  );
  return {
    end,
    join() {
      const posted: Progress[] = [];
      end.attach({
        post: (packet) => void posted.push(packet),
        direct: null,
        postNow: (packet) => void posted.push(packet),
        drain: () => undefined,
        close: () => undefined,
      });
      return posted;
    },
  };
}

test('a receiver that is joined again tells first what it has settled', () => {
  const { end, join } = receiver();
  join();
  end.onPacket([1, ['work'], null, [0, 0, 0], [null, null, null]]);
  end.finish(3);
  end.release(3);
  end.acknowledge();
  assert.deepEqual(join(), [3], 'told already, but the port may have swallowed it');
  end.finish(4);
  assert.deepEqual(join(), [3], 'what it caused is not safe yet');
  end.release(4);
  assert.deepEqual(join(), [4]);
});

test('a receiver that has settled nothing says nothing when it is joined', () => {
  const { end, join } = receiver();
  assert.deepEqual(join(), []);
  end.onPacket([1, ['work'], null, [0], [null]]);
  assert.deepEqual(join(), []);
});
