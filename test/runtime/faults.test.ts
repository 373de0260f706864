/** Faults of the runtime that were found by using it from outside; each with the id under which it was found. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  actor,
  address,
  child,
  later,
  next,
  ok,
  reply,
  startSupervisor,
  stop,
  type Call,
  type Cast,
  type Placement,
} from '../../src/runtime/index.js';
import { within } from '../support/deadline.js';
import { inline, notes, own, startTree, until, workerAt } from './tree.js';

type ProbeProtocol = {
  run: Cast<{ readonly n: number; readonly crash?: boolean }>;
  odd: Call<null, number>;
  wrong: Cast<null>;
  thenable: Call<null, number>;
  self: Cast<number>;
  later: Cast<number>;
};

/** Runs in this thread and writes down what it handled. */
const probe = (handled: number[], id = 'probe', more: { mailboxMax?: number } = {}) =>
  child(
    actor<null, null, ProbeProtocol>({
      name: id,
      restart: 'permanent',
      ...more,
      init: () => ok(null),
      receive: {
        run: (state, { n, crash = false }) => {
          if (crash) throw new Error(`crashed at ${n}`);
          handled.push(n);
          return next(state);
        },
        odd: (state) => reply(state, ok(1)),
        // Mistakes that an embedder without types may make.
        wrong: (() => undefined) as never,
        thenable: ((state: null) => ({
          // oxlint-disable-next-line unicorn/no-thenable -- it is what is tested
          then: (resolve: (step: unknown) => void) => resolve(reply(state, ok(7))),
        })) as never,
        self: (_state, n, context) => {
          for (let i = 0; i < n; i += 1) context.self('run', { n: i });
          throw new Error('crashed after messages to itself');
        },
        later: (state, delayMs, context) => {
          context.after(delayMs, 'run', { n: delayMs });
          return next(state);
        },
      },
    }),
    { id, args: null, links: {}, placement: inline },
  );

describe('restarts', () => {
  // Runtime F1
  test('count once for all crashes at one envelope: two poison messages end no tree', async () => {
    const handled: number[] = [];
    const spec = probe(handled);
    const tree = await startTree({ children: [spec] });
    const ref = tree.root.ref(spec);
    for (let n = 0; n < 10; n += 1) ref.cast('run', { n, crash: n === 3 || n === 6 })._unsafeUnwrap();
    await until(() => handled.length === 8);
    assert.equal(tree.root.deadLetters().length, 2);
    assert.equal(tree.events.filter(({ type }) => type === 'restarted').length, 6);
    await tree.root.stop();
  });

  // Runtime F2
  test('back off from the start again once the message to blame was set aside', async () => {
    const handled: number[] = [];
    const spec = probe(handled);
    const tree = await startTree({ children: [spec] });
    const ref = tree.root.ref(spec);
    for (let n = 0; n < 5; n += 1) ref.cast('run', { n, crash: n < 4 })._unsafeUnwrap();
    await until(() => handled.length === 1);
    const delays = tree.events.flatMap((event) => (event.type === 'restarted' ? [event.afterMs] : []));
    assert.equal(delays.length, 12);
    // The third try of one message waits 20 ms at most; without the reset the last one of all waits 2 s.
    const jitter = tree.root.deadLetters().length;
    assert.equal(jitter, 4);
    assert.ok(Math.min(...delays.slice(9)) < 500, delays.map(Math.round).join(' '));
    await tree.root.stop();
  });
});

describe('a handler', () => {
  // Runtime F4
  test('that returns no step crashes its actor and wedges nothing', async () => {
    const handled: number[] = [];
    const spec = probe(handled);
    const log: string[] = [];
    const tree = await startTree({
      children: [spec],
      log: (_level, event, fields) => log.push(`${event} ${String(fields['detail'])}`),
    });
    const ref = tree.root.ref(spec);
    ref.cast('wrong', null)._unsafeUnwrap();
    ref.cast('run', { n: 1 })._unsafeUnwrap();
    await until(() => handled.length === 1);
    assert.equal(tree.root.deadLetters()[0]?.reason, 'poison');
    assert.match(log.join('\n'), /handler wrong returned undefined: return next/u);
    assert.equal((await ref.call('thenable', null))._unsafeUnwrap(), 7, 'any thenable is awaited');
    await tree.root.stop();
  });

  // Runtime F12
  test('that crashes after messages to itself makes each of them a dead letter', async () => {
    const handled: number[] = [];
    const spec = probe(handled);
    const tree = await startTree({ children: [spec] });
    tree.root.ref(spec).cast('self', 5)._unsafeUnwrap();
    await until(() => tree.root.deadLetters().some(({ reason }) => reason === 'poison'));
    const letters = tree.root.deadLetters().filter(({ reason }) => reason === 'crashed');
    assert.equal(letters.length, 15, 'three tries of five messages');
    assert.deepEqual(letters[0], {
      actor: 'probe',
      from: 'probe',
      name: 'run',
      reason: 'crashed',
      body: { n: 0 },
    });
    assert.deepEqual(handled, []);
    await tree.root.stop();
  });
});

const boom = (): never => {
  throw new Error('boom');
};

// Runtime F5
test('a listener or a log that throws stops no restart, and the end comes', async () => {
  const handled: number[] = [];
  const spec = probe(handled);
  const started = await startSupervisor({
    name: 'root',
    strategy: 'one-for-one',
    children: [spec],
    log: boom,
  });
  const root = started._unsafeUnwrap();
  root.onEvent(boom);
  root.ref(spec).cast('run', { n: 1, crash: true })._unsafeUnwrap();
  root.ref(spec).cast('run', { n: 2 })._unsafeUnwrap();
  await until(() => handled.length === 1);
  await within(root.stop(), 10_000, 'the end');
});

// Runtime F7
test('a deadline and a timer of a hundred years neither fire nor spin', async () => {
  const handled: number[] = [];
  const spec = probe(handled);
  const tree = await startTree({ children: [spec] });
  const ref = tree.root.ref(spec);
  const years = 100 * 365 * 24 * 3_600_000;
  ref.cast('later', years)._unsafeUnwrap();
  const before = process.cpuUsage();
  const answers = Array.from({ length: 20 }, () => ref.call('odd', null, { deadlineMs: years }));
  for (const answer of await Promise.all(answers)) assert.equal(answer._unsafeUnwrap(), 1);
  const never = ref.call('odd', null, { deadlineMs: Infinity });
  assert.equal((await never)._unsafeUnwrap(), 1);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const { user } = process.cpuUsage(before);
  assert.deepEqual(handled, []);
  assert.ok(user < 2_000_000, `${user} µs of CPU`);
  await tree.root.stop();
});

// Runtime F8
test('a life is reported in order: started, exited, restarted', async () => {
  type ShortProtocol = { end: Cast<null> };
  const short = actor<null, null, ShortProtocol>({
    name: 'short',
    restart: 'permanent',
    init: (_args, context) => {
      if (context.restarts < 3) context.self('end', null);
      return ok(null);
    },
    receive: { end: (state) => stop(state) },
  });
  const spec = child(short, { args: null, links: {}, placement: inline });
  const tree = await startTree({ children: [] });
  (await tree.root.startChild(spec))._unsafeUnwrap();
  await tree.event((event) => event.type === 'restarted' && event.restarts === 3);
  await tree.root.stop();
  const told = tree.events.map((event) => (event.type === 'exited' ? `-${event.reason.type}` : event.type));
  const life = ['started', '-normal'];
  assert.deepEqual(told, [
    ...life,
    'started',
    'restarted',
    '-normal',
    'started',
    'restarted',
    '-normal',
    'started',
    'restarted',
    '-shutdown',
  ]);
});

describe('a mailbox', () => {
  // Runtime F9
  test('is bounded for all senders together', async () => {
    type HoseProtocol = { open: Call<null, number> };
    const hose = actor<null, null, HoseProtocol, { to: ProbeProtocol }>({
      name: 'hose',
      restart: 'permanent',
      init: () => ok(null),
      receive: {
        open: (state, _body, { links }) => {
          let sent = 0;
          while (links.to.cast('run', { n: sent }).isOk()) sent += 1;
          return reply(state, ok(sent));
        },
      },
    });
    const gate: { open: () => void } = { open: () => undefined };
    const opened = new Promise<void>((resolve) => {
      gate.open = resolve;
    });
    const slow = child(
      actor<null, null, ProbeProtocol>({
        ...probe([]).behaviour,
        name: 'slow',
        restart: 'permanent',
        init: () => ok(null),
        receive: {
          run: async (state) => {
            await opened;
            return next(state);
          },
          odd: (state) => reply(state, ok(1)),
          wrong: (state) => next(state),
          thenable: (state) => reply(state, ok(1)),
          self: (state) => next(state),
          later: (state) => next(state),
        },
      }),
      { id: 'slow', args: null, links: {}, placement: inline },
    );
    const hoses = Array.from({ length: 50 }, (_, n) =>
      child(hose, { id: `hose-${n}`, args: null, links: { to: slow }, placement: inline }),
    );
    const tree = await startTree({ children: [slow, ...hoses] });
    const sent = await Promise.all(hoses.map((one) => tree.root.ref(one).call('open', null)));
    const total = sent.reduce((sum, one) => sum + one._unsafeUnwrap(), 0);
    assert.ok(total >= 50 && total <= 4_096, `${total} messages wait`);
    gate.open();
    await tree.root.stop();
  });
});

describe('a stop', () => {
  // Runtime F10
  for (const [where, placement] of Object.entries({ inline, 'in its own thread': own }))
    test(`right after casts handles each of them or tells it, ${where}`, async () => {
      const spec = workerAt(placement);
      const tree = await startTree({ children: [notes, spec] });
      const before = tree.root.ref(spec);
      for (let n = 0; n < 150; n += 1) before.cast('work', { n })._unsafeUnwrap();
      (await tree.root.stopChild(spec.id))._unsafeUnwrap();
      const written = new Set((await tree.journal()).map(({ n }) => n));
      const letters = tree.root.deadLetters();
      assert.equal(written.size, 150);
      assert.deepEqual(letters, []);
      await tree.root.stop();
    });

  // Runtime F10
  test('buries each message that is left exactly once', async () => {
    const spec = workerAt(own);
    const tree = await startTree({ children: [notes, spec] });
    const ref = tree.root.ref(spec);
    (await ref.call('ask', { n: 2 }))._unsafeUnwrap();
    ref.cast('work', { n: -1, fate: 'hang' })._unsafeUnwrap();
    for (let n = 0; n < 150; n += 1) ref.cast('work', { n })._unsafeUnwrap();
    (await tree.root.stopChild(spec.id))._unsafeUnwrap();
    const letters = tree.root.deadLetters();
    assert.equal(letters.length, 151);
    assert.equal(new Set(letters.map(({ body }) => JSON.stringify(body))).size, 151);
    await tree.root.stop();
  });
});

describe('an actor that nobody declares', () => {
  // Runtime F11
  test('is reported at once to its senders, and a link to it refuses the start', async () => {
    const tree = await startTree({ children: [notes] });
    const gone = { code: 'runtime/no-actor', actor: 'mistyped' };
    const ref = tree.root.ref(address<ProbeProtocol>('mistyped'));
    assert.deepEqual(ref.cast('run', { n: 1 })._unsafeUnwrapErr(), gone);
    assert.deepEqual((await ref.call('odd', null))._unsafeUnwrapErr(), gone);
    const lost = { ...workerAt(inline, 'lost'), links: { journal: 'mistyped' } };
    assert.match(
      JSON.stringify((await tree.root.startChild(lost))._unsafeUnwrapErr()),
      /its link journal leads to mistyped, an actor that nobody declares/u,
    );
    await tree.root.stop();
    assert.equal(tree.root.ref(notes).cast('wrote', { by: '', n: 0 })._unsafeUnwrapErr().code, gone.code);
  });

  // Runtime F11
  test('nor is a name given twice', async () => {
    const below = { name: 'root', strategy: 'one-for-one', children: [] } as const;
    const started = await startSupervisor({ name: 'root', strategy: 'one-for-one', children: [below] });
    assert.match(JSON.stringify(started._unsafeUnwrapErr()), /two supervisors are named root/u);
  });
});

// Runtime F13
test('arguments that cannot be cloned are named as the cause', async () => {
  const spec = workerAt(own, 'worker', { refuse: (() => true) as never });
  const started = await startSupervisor({ name: 'root', strategy: 'one-for-one', children: [notes, spec] });
  const error = started._unsafeUnwrapErr();
  assert.match(JSON.stringify(error), /its arguments cannot be cloned into its thread/u);
});

// Runtime F16
test('a reply that cannot be cloned spoils no transferred reply of its batch', async () => {
  type BytesProtocol = { get: Call<number, { readonly bytes: Uint8Array }> };
  const bytesOf = actor<null, null, BytesProtocol>({
    name: 'bytes',
    restart: 'permanent',
    init: () => ok(null),
    receive: {
      get: (state, n, _context, from) => {
        const bytes = new Uint8Array(1_000 + n);
        if (n === 0) from.ok({ bytes, trap: () => n } as never);
        else from.ok({ bytes }, [bytes.buffer]);
        return later(state, from);
      },
    },
  });
  const spec = child(bytesOf, { args: null, links: {}, placement: inline });
  const tree = await startTree({ children: [spec] });
  const ref = tree.root.ref(spec);
  const answers = await Promise.all([0, 1, 2, 3].map((n) => ref.call('get', n)));
  assert.deepEqual(
    answers.map((answer) => answer.map(({ bytes }) => bytes.byteLength).unwrapOr(-1)),
    [-1, 1_001, 1_002, 1_003],
  );
  await tree.root.stop();
});

// Runtime F17
test('waiting for credit of an actor that is gone ends, for messages and for callers of credit', async () => {
  const handled: number[] = [];
  const spec = probe(handled, 'probe', { mailboxMax: 2 });
  const tree = await startTree({ children: [] });
  const ref = (await tree.root.startChild(spec))._unsafeUnwrap();
  ref.cast('run', { n: 0 })._unsafeUnwrap();
  ref.cast('run', { n: 1 })._unsafeUnwrap();
  const waiting = [ref.send('run', { n: 2 }), ref.send('run', { n: 3 })];
  for (const one of waiting) (await one)._unsafeUnwrap();
  (await tree.root.stopChild(spec.id))._unsafeUnwrap();
  assert.deepEqual(handled, [0, 1, 2, 3]);
  assert.equal((await ref.credit())._unsafeUnwrapErr().code, 'runtime/no-actor');
  assert.equal((await ref.send('run', { n: 4 }))._unsafeUnwrapErr().code, 'runtime/no-actor');
  await tree.root.stop();
});

describe('inline, strictly,', () => {
  // Runtime F6
  test('a body that is changed after it was given away throws where it is changed', async () => {
    const handled: number[] = [];
    const spec = probe(handled);
    const tree = await startTree({ children: [spec] });
    const body = { n: 1 };
    tree.root.ref(spec).cast('run', body)._unsafeUnwrap();
    assert.throws(() => {
      body.n = 999;
    }, TypeError);
    await until(() => handled.length === 1);
    assert.deepEqual(handled, [1]);
    await tree.root.stop();
  });

  // Runtime F15
  test('messages are cloned, transferred bytes move and functions are refused', async () => {
    const handled: number[] = [];
    const spec = probe(handled);
    const tree = await startTree({ children: [spec] });
    const ref = tree.root.ref(spec);
    const bytes = new Uint8Array(10);
    ref.cast('run', { n: 1, bytes } as never, [bytes.buffer])._unsafeUnwrap();
    ref.cast('run', { n: 2, trap: () => 1 } as never)._unsafeUnwrap();
    await until(() => handled.length === 1 && tree.root.deadLetters().length === 1);
    assert.equal(bytes.byteLength, 0);
    assert.equal(tree.root.deadLetters()[0]?.reason, 'not-cloneable');
    await tree.root.stop();
  });
});

// Runtime F18
test('threads boot a few at a time, and all of them come up', async (context) => {
  const specs = Array.from({ length: 12 }, (_, n) => workerAt(own, `w${n}`));
  const tree = await startTree({ children: [notes, ...specs], limits: { bootsMax: 2 } });
  context.after(() => tree.root.stop());
  // A thread that is too busy to answer in time is left out of one answer.
  await until(async () => (await tree.root.stats()).threads.length === 13);
});

// Runtime F19
test('an entry that hosts a definition under another name says so, in one sentence', async () => {
  const index = new URL('../../src/runtime/index.js', import.meta.url);
  const code = `import { hostActors } from ${JSON.stringify(index.href)};
    hostActors({ other: { name: 'worker', restart: 'permanent', init() {}, receive: {} } });`;
  const wrong: Placement = {
    kind: 'thread',
    entry: new URL(`data:text/javascript,${encodeURIComponent(code)}`),
  };
  const started = await startSupervisor({
    name: 'root',
    strategy: 'one-for-one',
    children: [notes, workerAt(wrong)],
  });
  const error = started._unsafeUnwrapErr();
  assert.ok(error.code === 'runtime/start-failed');
  assert.match(error.reason, /the key other is not the name of its definition, worker$/u);
  assert.match(error.stack ?? '', /\n +at /u);
});
