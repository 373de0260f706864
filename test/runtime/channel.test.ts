import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import fc from 'fast-check';
import { ok } from 'neverthrow';
import { actor, later, next, reply, type Call, type Cast } from '../../src/runtime/index.js';
import { behaviourOf } from '../../src/runtime/actor.js';
import { runtime as limits } from '../../src/runtime/limits.js';
import { Host } from '../../src/runtime/thread/host.js';
import { ProgressTable } from '../../src/runtime/thread/progress.js';
import { systemLoop } from '../../src/runtime/timers.js';
import { Mailbox } from '../../src/runtime/cell/mailbox.js';
import { until } from './tree.js';
import { holds } from '../support/seeds.js';

type EarProtocol = { tell: Cast<number>; ask: Call<number, number>; defer: Call<number, number> };

/** Two hosts in one thread, joined by real ports that a test may cut. */
async function pair() {
  const heard: number[] = [];
  const lost: number[] = [];
  const open: (() => void)[] = [];
  const ear = actor<null, null, EarProtocol>({
    name: 'ear',
    restart: 'permanent',
    init: () => ok(null),
    receive: {
      tell: (state, n) => {
        heard.push(n);
        return next(state);
      },
      ask: (state, n) => reply(state, ok(n * 2)),
      defer: (state, n, _context, from) => {
        open.push(() => from.ok(n));
        return later(state, from);
      },
    },
  });
  const events = {
    exited: () => undefined,
    deadLetter: () => undefined,
    log: () => undefined,
    asked: () => Promise.resolve(ok(null)),
    linkLost: (linkId: number) => void lost.push(linkId),
    wireLost: () => undefined,
  };
  const [here, there] = [0, 1].map(
    () =>
      new Host(events, () => behaviourOf(ear), new ProgressTable(ProgressTable.memory(1)), {
        limits,
        loop: systemLoop,
        recorder: null,
        isStrict: false,
        isLasting: false,
      }),
  );
  assert.ok(here && there);
  const link = {
    id: 1,
    epoch: 1,
    name: '',
    from: '',
    to: 'ear',
    credit: 4_096,
    triesMax: 3,
    isCircular: false,
  };
  const sender = here.openSender(link);
  there.create({ id: 'ear', name: 'ear', args: null, slot: 1, links: [] });
  await there.start('ear', 1, 0, false);
  let wires = 0;
  const join = () => {
    const { port1, port2 } = new MessageChannel();
    wires += 1;
    there.openWire(wires, port2);
    here.openWire(wires, port1);
    there.connectReceiver(link, { wire: wires, nth: wires });
    here.connectSender(1, { wire: wires, nth: wires }, []);
    return port1;
  };
  const end = () => {
    here.dropSender(1);
    there.remove('ear');
    here.closeWire(wires);
  };
  return { sender, heard, lost, open, join, end };
}

describe('a link whose port dies', () => {
  test('is reported, and once joined again has lost nothing and repeated nothing', async () => {
    const { sender, heard, lost, join, end } = await pair();
    for (let round = 0; round < 12; round += 1) {
      const port = join();
      for (let n = 0; n < 300; n += 1) sender.cast('tell', round * 300 + n)._unsafeUnwrap();
      if (round % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
      port.close();
      await until(() => lost.length === round + 1);
    }
    join();
    await until(() => heard.length >= 3_600);
    assert.deepEqual(
      heard,
      Array.from({ length: 3_600 }, (_, n) => n),
    );
    end();
  });

  test('still brings the answers of calls that were under way', async () => {
    const { sender, lost, open, join, end } = await pair();
    const first = join();
    const deferred = sender.call('defer', 7);
    await until(() => open.length === 1);
    first.close();
    await until(() => lost.length === 1);
    const asked = sender.call('ask', 21);
    join();
    assert.equal((await asked)._unsafeUnwrap(), 42);
    open[0]?.();
    assert.equal((await deferred)._unsafeUnwrap(), 7);
    end();
  });
});

test('a mailbox gives back what was put in, in order, through any mix of settling and rewinding', (t) => {
  holds(
    t,
    fc.property(
      fc.array(fc.constantFrom('push', 'handle', 'settle', 'rewind'), { maxLength: 300 }),
      (steps) => {
        const mailbox = new Mailbox<object>();
        const end = {};
        const settled: number[] = [];
        let pushed = 0;
        for (const step of steps) {
          if (step === 'push') mailbox.push(end, (pushed += 1), 0, pushed);
          else if (step === 'rewind') mailbox.rewind();
          else if (step === 'settle')
            mailbox.discard(mailbox.head, { onDone: (_, seq) => void settled.push(seq) });
          else if (mailbox.depth > 0) {
            assert.equal(mailbox.seqAt(mailbox.head), settled.length + mailbox.unfinished + 1);
            assert.equal(mailbox.bodyAt(mailbox.head), mailbox.seqAt(mailbox.head));
            mailbox.advance();
          }
          assert.equal(mailbox.depth + mailbox.unfinished + settled.length, pushed);
        }
        assert.deepEqual(
          settled,
          settled.map((_, i) => i + 1),
        );
      },
    ),
    { numRuns: 500 },
  );
});
