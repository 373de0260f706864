/** Functions that the runtime offers a running actor beside its links. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { actor, child, later, next, ok, reply, type Call, type Cast } from '../../src/runtime/index.js';
import { startTree, until } from './tree.js';

type ClockProtocol = {
  tick: Cast<null>;
  start: Cast<number>;
  mark: Cast<number>;
  crash: Cast<{ readonly ids: readonly string[] }>;
  wait: Call<null, null>;
  ticks: Call<null, number>;
};

const seen: (string | null)[] = [];
const aborted: boolean[] = [];
const ended: number[] = [];

const clock = actor<null, number, ClockProtocol>({
  name: 'clock',
  restart: 'permanent',
  init: () => ok(0),
  receive: {
    tick: (ticks) => next(ticks + 1),
    start: (ticks, everyMs, context) => {
      context.every(everyMs, 'tick', null);
      return next(ticks);
    },
    mark: (ticks, mark, context) => {
      context.atEnd(() => ended.push(mark));
      return next(ticks);
    },
    crash: (_ticks, _body, context) => {
      seen.push(context.messageId);
      throw new Error('crashed on purpose');
    },
    wait: (ticks, _body, _context, from) => {
      from.signal.addEventListener('abort', () => aborted.push(true));
      return later(ticks, from);
    },
    ticks: (ticks) => reply(ticks, ok(ticks)),
  },
});

describe('the context of an actor', () => {
  test('repeats a message until the life ends', async () => {
    const spec = child(clock);
    const tree = await startTree({ children: [spec] });
    const ref = tree.root.ref(spec);
    ref.cast('start', 2)._unsafeUnwrap();
    await until(async () => (await ref.call('ticks', null))._unsafeUnwrap() >= 3);
    ref.cast('crash', { ids: [] })._unsafeUnwrap();
    await tree.event((event) => event.type === 'dead-letter' && event.letter.reason === 'poison');
    assert.equal((await ref.call('ticks', null))._unsafeUnwrap(), 0, 'a new life begins without timers');
    await tree.root.stop();
  });

  test('runs the jobs for the end of a life once, after a crash and after an orderly end', async () => {
    ended.length = 0;
    const spec = child(clock);
    const tree = await startTree({ children: [spec] });
    const ref = tree.root.ref(spec);
    for (const mark of [1, 2]) ref.cast('mark', mark)._unsafeUnwrap();
    await ref.call('ticks', null);
    assert.deepEqual(ended, []);
    ref.cast('crash', { ids: [] })._unsafeUnwrap();
    await tree.event((event) => event.type === 'dead-letter' && event.letter.reason === 'poison');
    assert.deepEqual(ended, [1, 2]);
    ref.cast('mark', 3)._unsafeUnwrap();
    await ref.call('ticks', null);
    await tree.root.stop();
    assert.deepEqual(ended, [1, 2, 3]);
  });

  test('gives a message the same id at each delivery', async () => {
    seen.length = 0;
    const spec = child(clock);
    const tree = await startTree({ children: [spec] });
    const ref = tree.root.ref(spec);
    ref.cast('crash', { ids: [] })._unsafeUnwrap();
    ref.cast('crash', { ids: [] })._unsafeUnwrap();
    await until(() => seen.length === 6);
    assert.equal(new Set(seen).size, 2);
    assert.ok(seen.every((id) => id !== null));
    await tree.root.stop();
  });

  test('tells a handler that its caller gave the call up, by a signal or by the deadline', async () => {
    aborted.length = 0;
    const spec = child(clock);
    await using root = (await startTree({ children: [spec] })).root;
    const ref = root.ref(spec);
    const giveUp = new AbortController();
    const waiting = ref.call('wait', null, { signal: giveUp.signal });
    await ref.call('ticks', null);
    giveUp.abort();
    assert.equal((await waiting)._unsafeUnwrapErr().code, 'runtime/aborted');
    assert.equal(
      (await ref.call('wait', null, { deadlineMs: 5 }))._unsafeUnwrapErr().code,
      'runtime/deadline',
    );
    await until(() => aborted.length === 2);
  });
});
