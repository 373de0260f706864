/** Tools that stand on actors: stash, router, topic, streams, messages that are delivered at most once. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hangMs } from '../support/deadline.js';
import {
  actor,
  child,
  later,
  next,
  ok,
  reply,
  router,
  stream,
  subscription,
  topic,
  type Call,
  type Cast,
} from '../../src/runtime/index.js';
import { entry, startTree, until } from './tree.js';
import { leaf, type LeafProtocol } from './family.js';

type DoorProtocol = { pass: Cast<number>; ask: Call<number, number>; open: Cast<null>; crash: Cast<null> };

/** Puts aside what comes before it is open. */
const door = (passed: number[]) =>
  actor<null, boolean, DoorProtocol>({
    name: 'door',
    restart: 'permanent',
    triesMax: 1,
    init: () => ok(false),
    receive: {
      pass: (isOpen, n, context) => {
        if (isOpen) passed.push(n);
        else context.stash();
        return next(isOpen);
      },
      ask: (isOpen, n, context, from) => {
        if (isOpen) return reply(isOpen, ok(n));
        context.stash();
        return later(isOpen, from);
      },
      open: (_isOpen, _body, context) => {
        context.unstash();
        return next(true);
      },
      crash: () => {
        throw new Error('crashed on purpose');
      },
    },
  });

describe('a stash', () => {
  test('keeps casts and calls, in order, until they are wanted', async () => {
    const passed: number[] = [];
    const spec = child(door(passed));
    await using root = (await startTree({ children: [spec] })).root;
    const ref = root.ref(spec);
    for (const n of [1, 2, 3]) ref.cast('pass', n)._unsafeUnwrap();
    const asked = ref.call('ask', 7);
    await until(() => ref.pending === 5);
    ref.cast('open', null)._unsafeUnwrap();
    ref.cast('pass', 4)._unsafeUnwrap();
    assert.equal((await asked)._unsafeUnwrap(), 7);
    await until(() => passed.length === 4);
    assert.deepEqual(passed, [1, 2, 3, 4]);
    await until(() => ref.pending === 0);
  });

  test('survives a crash of its actor', async () => {
    const passed: number[] = [];
    const spec = child(door(passed));
    const tree = await startTree({ children: [spec] });
    const ref = tree.root.ref(spec);
    for (const n of [1, 2, 3]) ref.cast('pass', n)._unsafeUnwrap();
    const asked = ref.call('ask', 7);
    ref.cast('crash', null)._unsafeUnwrap();
    await tree.event(({ type }) => type === 'restarted');
    ref.cast('open', null)._unsafeUnwrap();
    assert.deepEqual(await asked, ok(7));
    await until(() => passed.length === 3);
    assert.deepEqual(passed, [1, 2, 3]);
    await tree.root.stop();
  });
});

type KeyedProtocol = { add: Cast<number>; sum: Call<null, number> };
const key = (_name: string, body: unknown): string => `key ${String(body)}`;

const placement = () => ({ kind: 'thread', entry }) as const;

describe('a router', () => {
  for (const route of ['round-robin', 'least-busy', key] as const)
    test(`shares its messages out ${typeof route === 'string' ? route : 'by a key'}`, async () => {
      const spec = child(router(leaf, { workers: 3, route, args: null }), { id: 'router' });
      await using root = (await startTree({ children: [spec] })).root;
      for (let n = 1; n <= 9; n += 1) root.ref(spec).cast('add', 5)._unsafeUnwrap();
      const sums: number[] = [];
      const sumOf = async (nth: number) =>
        (await root.ref<LeafProtocol>({ id: `router/${nth}` }).call('sum', null))._unsafeUnwrap();
      await until(async () => {
        sums.splice(0, 3, await sumOf(0), await sumOf(1), await sumOf(2));
        return sums.reduce((all, one) => all + one, 0) === 45;
      });
      if (typeof route === 'string') assert.deepEqual(sums, [15, 15, 15]);
      else
        assert.deepEqual(
          sums.toSorted((a, b) => a - b),
          [0, 0, 45],
        );
    });

  test('has workers on threads of their own, answers calls and restarts a worker that crashes', async () => {
    const spec = child(router(leaf, { workers: 2, route: 'round-robin', args: null, placement }));
    const tree = await startTree({ children: [spec], limits: { readyDeadlineMs: hangMs } });
    const ref = tree.root.ref(spec);
    ref.cast('add', -1)._unsafeUnwrap();
    await tree.event((event) => event.type === 'restarted');
    assert.equal((await ref.call('sum', null, { deadlineMs: hangMs }))._unsafeUnwrap(), 0);
    assert.equal((await tree.root.stats()).threads.length, 3);
    await tree.root.stop();
  });

  test('gives a call up at the worker when its caller does', async () => {
    const aborted: boolean[] = [];
    const slow = actor<null, null, { wait: Call<null, null> }>({
      name: 'slow',
      restart: 'permanent',
      init: () => ok(null),
      receive: {
        wait: (state, _body, _context, from) => {
          from.signal.addEventListener('abort', () => aborted.push(true));
          return later(state, from);
        },
      },
    });
    const spec = child(router(slow, { workers: 1, route: 'round-robin', args: null }));
    await using root = (await startTree({ children: [spec] })).root;
    const giveUp = new AbortController();
    const waiting = root.ref(spec).call('wait', null, { signal: giveUp.signal });
    await until(() => root.ref<{ wait: Call<null, null> }>({ id: 'router of slow/0' }).pending === 0);
    setImmediate(() => giveUp.abort());
    assert.equal((await waiting)._unsafeUnwrapErr().code, 'runtime/aborted');
    await until(() => aborted.length === 1);
  });
});

test('a topic reaches its subscribers in all threads, and forgets one that has ended', async () => {
  const news = child(topic<number>('news'));
  const ears = [0, 1, 2, 3].map((nth) =>
    child(leaf, { id: `ear-${nth}`, placement: { kind: 'thread', entry, thread: `ears-${nth}` } }),
  );
  const tree = await startTree({ children: [news, ...ears] });
  const ref = tree.root.ref(news);
  for (const ear of ears) ref.cast('subscribe', subscription(news, ear, 'add'))._unsafeUnwrap();
  for (const n of [1, 2, 3]) ref.cast('publish', n)._unsafeUnwrap();
  const sums = () =>
    Promise.all(ears.map(async (ear) => (await tree.root.ref(ear).call('sum', null)).unwrapOr(-1)));
  await until(async () => (await sums()).every((sum) => sum === 6));
  const [first, second] = ears;
  assert.ok(first && second);
  ref.cast('unsubscribe', subscription(news, first, 'add'))._unsafeUnwrap();
  (await tree.root.stopChild(second.id))._unsafeUnwrap();
  ref.cast('publish', 10)._unsafeUnwrap();
  await until(async () => JSON.stringify(await sums()) === '[6,-1,16,16]');
  assert.deepEqual(tree.root.deadLetters(), []);
  await tree.root.stop();
});

test('a stream sends at the pace of its receiver, and closes its source when that is gone', async () => {
  const slow = actor<null, number, KeyedProtocol>({
    name: 'slow',
    restart: 'permanent',
    mailboxMax: 4,
    init: () => ok(0),
    receive: {
      add: async (sum, n) => {
        await new Promise((resolve) => setImmediate(resolve));
        return next(sum + n);
      },
      sum: (sum) => reply(sum, ok(sum)),
    },
  });
  const spec = child(slow);
  const { root } = await startTree({ children: [spec] });
  let given = 0;
  let isClosed = false;
  const source = async function* () {
    try {
      for (; given < 1_000; given += 1) yield await Promise.resolve(1);
    } finally {
      isClosed = true;
    }
  };
  const ref = root.ref(spec);
  const few = stream(ref, 'add', [1, 2, 3]);
  assert.equal((await few)._unsafeUnwrap(), 3);
  const many = stream(ref, 'add', source());
  await until(() => given > 20);
  assert.ok(ref.pending <= 5, `${ref.pending} wait`);
  await root.stop();
  assert.equal((await many)._unsafeUnwrapErr().code, 'runtime/no-actor');
  assert.ok(isClosed);
});

test('castOnce is not delivered again after a crash: it becomes a dead letter', async () => {
  const tried: number[] = [];
  const spec = child(
    actor<null, null, { risk: Cast<number> }>({
      name: 'risky',
      restart: 'permanent',
      init: () => ok(null),
      receive: {
        risk: (state, n) => {
          tried.push(n);
          if (n === 1 && tried.length === 1) throw new Error('crashed on purpose');
          return next(state);
        },
      },
    }),
  );
  const tree = await startTree({ children: [spec] });
  const ref = tree.root.ref(spec);
  ref.castOnce('risk', 1)._unsafeUnwrap();
  await tree.event(({ type }) => type === 'restarted');
  ref.cast('risk', 2)._unsafeUnwrap();
  await until(() => tried.length === 2);
  assert.deepEqual(tried, [1, 2]);
  assert.deepEqual(
    tree.root.deadLetters().map(({ reason }) => reason),
    ['lost-transfer'],
  );
  await tree.root.stop();
});
