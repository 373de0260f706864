import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { err, ok } from 'neverthrow';
import {
  actor,
  child,
  next,
  startSupervisor,
  stop,
  type Cast,
  type Strategy,
} from '../../src/runtime/index.js';
import { RestartWindow, restartDelayMs } from '../../src/runtime/tree/intensity.js';
import { hangMs, within } from '../support/deadline.js';
import { standStill } from '../support/standstill.js';
import { grudging, hasty } from './family.js';
import { entry, inline, notes, own, startTree, threads, until, workerAt } from './tree.js';

type FuseProtocol = { blow: Cast<{ readonly left: Int32Array }>; leave: Cast<null>; linger: Cast<null> };

/** Tells in `told` when it starts and ends; blows when asked to. */
const fuse = (
  id: string,
  told: string[],
  options: {
    restart?: 'permanent' | 'transient' | 'temporary';
    refuses?: () => boolean;
    slowMs?: number;
  } = {},
) =>
  child(
    actor<null, null, FuseProtocol>({
      name: id,
      restart: options.restart ?? 'permanent',
      shutdownMs: 100,
      init: () => {
        if (options.refuses?.() === true) return err({ code: 'test/refused' });
        told.push(`+${id}`);
        return ok(null);
      },
      receive: {
        blow: (state, charge) => {
          charge.left[0] = (charge.left[0] ?? 0) - 1;
          if ((charge.left[0] ?? 0) >= 0) throw new Error('blown');
          return next(state);
        },
        leave: (state) => stop(state),
        linger: () => new Promise(() => undefined),
      },
      terminate: () => void told.push(`-${id}`),
    }),
    { id, args: null, links: {}, placement: inline },
  );

describe('a supervisor', () => {
  test('has the threads of the whole tree boot while its first child still starts', async () => {
    const booted = new BroadcastChannel('booted');
    const heard = new Promise<void>((resolve) => {
      booted.addEventListener('message', () => resolve(), { once: true });
    });
    const patient = actor<null, null, Record<never, never>>({
      name: 'patient',
      restart: 'permanent',
      init: async () => {
        await heard;
        return ok(null);
      },
      receive: {},
    });
    const code = `import ${JSON.stringify(entry.href)}; new BroadcastChannel('booted').postMessage(null);`;
    const deep = {
      kind: 'thread',
      entry: new URL(`data:text/javascript,${encodeURIComponent(code)}`),
    } as const;
    const below = { name: 'below', strategy: 'one-for-one', children: [notes, workerAt(deep)] } as const;
    const first = child(patient, { args: null, links: {}, placement: inline });
    const tree = await startTree({ children: [first, below] });
    booted.close();
    assert.deepEqual(tree.root.children(), ['patient', 'below']);
    await tree.root.stop();
  });

  const expected: Record<Strategy, string[]> = {
    'one-for-one': ['+b'],
    'one-for-all': ['-c', '-a', '+a', '+b', '+c'],
    'rest-for-one': ['-c', '+b', '+c'],
  };
  for (const strategy of ['one-for-one', 'one-for-all', 'rest-for-one'] as const)
    test(`(${strategy}) restarts the right children in the right order`, async () => {
      const told: string[] = [];
      const [a, b, c] = [fuse('a', told), fuse('b', told), fuse('c', told)];
      const tree = await startTree({ strategy, children: [a, b, c] });
      assert.deepEqual(told.splice(0), ['+a', '+b', '+c']);
      tree.root.ref(b).cast('blow', { left: Int32Array.of(1) });
      await until(() => told.length === expected[strategy].length);
      assert.deepEqual(told.splice(0), expected[strategy]);
      await until(
        () =>
          tree.events.filter(({ type }) => type === 'restarted').length ===
          expected[strategy].filter((one) => one.startsWith('+')).length,
      );
      await tree.root.stop();
      assert.deepEqual(told, ['-c', '-b', '-a']);
    });

  test('gives up when there are more restarts in the window than it allows', async () => {
    const told: string[] = [];
    const spec = fuse('a', told);
    const tree = await startTree({ children: [spec], restartsMax: 2 });
    const ref = tree.root.ref(spec);
    for (let n = 0; n < 3; n += 1) {
      ref.cast('blow', { left: Int32Array.of(1) });
      await until(() => tree.events.filter(({ type }) => type === 'exited').length > n);
      await until(() => told.length > Math.min(n + 1, 2));
    }
    const reason = await tree.root.done;
    assert.equal(reason.type, 'crash');
    assert.equal(ref.cast('blow', { left: Int32Array.of(1) })._unsafeUnwrapErr().code, 'runtime/no-actor');
    assert.deepEqual(await tree.event(({ type }) => type === 'gave-up'), {
      type: 'gave-up',
      supervisor: 'root',
      actor: 'a',
    });
  });

  test('gives up on a child that crashes at once after each slow start (T1)', async () => {
    const slow = actor<null, null, FuseProtocol>({
      name: 'slow',
      restart: 'permanent',
      init: async (_args, context) => {
        await new Promise((resolve) => setTimeout(resolve, 150));
        context.self('blow', { left: Int32Array.of(1) });
        return ok(null);
      },
      receive: {
        blow: () => {
          throw new Error('blown');
        },
        leave: (state) => stop(state),
        linger: (state) => next(state),
      },
    });
    const spec = child(slow, { args: null, links: {}, placement: inline });
    const tree = await startTree({ children: [spec], restartsMax: 2, restartWindowMs: 200 });
    const reason = await within(tree.root.done, 10_000, 'the end');
    assert.equal(reason.type, 'crash');
  });

  test('that gives up is restarted by its own supervisor, which counts for itself', async () => {
    const told: string[] = [];
    const spec = fuse('a', told);
    const inner = {
      name: 'inner',
      strategy: 'one-for-one',
      restartsMax: 0,
      children: [spec, fuse('b', told)],
    } as const;
    const tree = await startTree({ children: [inner, fuse('c', told)], restartsMax: 1 });
    const ref = tree.root.ref(spec);
    told.splice(0);
    ref.cast('blow', { left: Int32Array.of(1) });
    await until(() => told.includes('+b'));
    assert.deepEqual(
      told.filter((one) => !one.includes('c')),
      ['-b', '+a', '+b'],
    );
    assert.ok(!told.includes('-c'));
    await tree.event((event) => event.type === 'restarted' && event.id === 'inner');
    ref.cast('blow', { left: Int32Array.of(1) });
    assert.equal((await tree.root.done).type, 'crash');
  });

  test('starts nothing when a child refuses, and stops what was started before', async () => {
    const told: string[] = [];
    const refused = await startSupervisor({
      name: 'root',
      strategy: 'one-for-one',
      children: [fuse('a', told), fuse('b', told, { refuses: () => true }), fuse('c', told)],
    });
    assert.deepEqual(refused._unsafeUnwrapErr(), {
      code: 'runtime/start-failed',
      actor: 'b',
      reason: 'test/refused',
      fault: { code: 'test/refused' },
    });
    assert.deepEqual(told, ['+a', '-a']);
  });

  test('gives up after a refusal at a restart', async () => {
    let refuses = false;
    const spec = fuse('a', [], { refuses: () => refuses });
    const tree = await startTree({ children: [spec] });
    refuses = true;
    tree.root.ref(spec).cast('blow', { left: Int32Array.of(1) });
    assert.match(JSON.stringify(await tree.root.done), /refused to start/);
  });

  test('tells of each restart that fails, and tries again', async () => {
    let failuresLeft = 0;
    const spec = fuse('a', [], {
      refuses: () => {
        failuresLeft -= 1;
        if (failuresLeft >= 0) throw new Error('no start yet');
        return false;
      },
    });
    const tree = await startTree({ children: [spec], restartsMax: 5 });
    failuresLeft = 2;
    tree.root.ref(spec).cast('blow', { left: Int32Array.of(1) });
    await tree.event(({ type }) => type === 'restarted');
    const failed = tree.events.filter(({ type }) => type === 'restart-failed');
    assert.equal(failed.length, 2);
    for (const event of failed) assert.match(JSON.stringify(event), /"id":"a".*start-failed.*no start yet/);
  });

  test('restarts a child whose thread dies as soon as it is ready', async () => {
    const spec = child(hasty, { placement: own });
    const starting = startTree({ children: [spec] });
    // Its answer and the end of its thread wait for this thread together.
    setImmediate(() => standStill(500));
    const { root } = await starting;
    assert.equal((await root.ref(spec).call('ask', null, { deadlineMs: hangMs }))._unsafeUnwrap(), 1);
    await root.stop();
  });

  test('a refusal that cannot be cloned fails its own start and leaves the neighbours alone', async () => {
    const [kept, refusing] = [
      child(hasty, { id: 'kept', placement: { kind: 'thread', entry, thread: 'shared' } }),
      child(grudging, { placement: { kind: 'thread', entry, thread: 'shared' } }),
    ];
    const { root, events } = await startTree({ children: [notes, kept] });
    // Its first life ends by itself.
    assert.equal((await root.ref(kept).call('ask', null, { deadlineMs: hangMs }))._unsafeUnwrap(), 1);
    const started = await root.startChild(refusing);
    assert.equal(started._unsafeUnwrapErr().code, 'runtime/start-failed');
    assert.equal((await root.ref(kept).call('ask', null))._unsafeUnwrap(), 1);
    assert.equal(events.filter(({ type }) => type === 'restarted').length, 1);
    await root.stop();
  });

  test('restarts a transient child after a crash only, and a temporary one never', async () => {
    const told: string[] = [];
    const [transient, temporary] = [
      fuse('transient', told, { restart: 'transient' }),
      fuse('temporary', told, { restart: 'temporary' }),
    ];
    const tree = await startTree({ children: [transient, temporary] });
    tree.root.ref(transient).cast('blow', { left: Int32Array.of(1) });
    tree.root.ref(temporary).cast('blow', { left: Int32Array.of(1) });
    await tree.event((event) => event.type === 'restarted' && event.id === 'transient');
    tree.root.ref(transient).cast('leave', null);
    await until(() => tree.root.children().length === 0);
    assert.deepEqual(told, ['+transient', '+temporary', '+transient', '-transient']);
    await tree.root.stop();
  });

  for (const [where, placement] of Object.entries({ inline, ...threads }))
    test(`ends a child (${where}) that does not stop, at its deadline`, async () => {
      const spec = workerAt(placement);
      const tree = await startTree({ children: [notes, spec] });
      tree.root.ref(spec).cast('work', { n: 1, fate: placement === own ? 'loop' : 'hang' });
      // Without the deadline it would never end.
      await within(tree.root.stop(), 15_000, 'the end');
    });

  test('lets its children finish what waits when it stops them', async () => {
    const spec = workerAt(own);
    const tree = await startTree({ children: [notes, spec] });
    const ref = tree.root.ref(spec);
    for (let n = 0; n < 2_000; n += 1) ref.cast('work', { n })._unsafeUnwrap();
    await ref.call('ask', { n: 2 });
    (await tree.root.stopChild('worker'))._unsafeUnwrap();
    await until(async () => (await tree.journal()).length === 2_000);
    await tree.root.stop();
  });

  test('does not bring back a child that is stopped before its restart, and keeps no thread for it', async () => {
    const tree = await startTree({ children: [notes], restartsMax: 3 });
    for (const fate of ['throw', 'exit'] as const) {
      const spec = workerAt(own);
      (await tree.root.startChild(spec))._unsafeUnwrap();
      const stopped = new Promise((resolve) => {
        const forget = tree.root.onEvent((event) => {
          if (event.type !== 'exited') return;
          forget();
          resolve(tree.root.stopChild(spec.id));
        });
      });
      tree.root.ref(spec).cast('work', { n: 1, fate })._unsafeUnwrap();
      await stopped;
      assert.deepEqual(tree.root.children(), ['journal'], fate);
      await until(async () => (await tree.root.stats()).threads.length === 1);
      (await tree.root.startChild(workerAt(own, `after ${fate}`)))._unsafeUnwrap();
      (await tree.root.stopChild(`after ${fate}`))._unsafeUnwrap();
    }
    assert.ok(tree.events.every(({ type }) => type !== 'gave-up' && type !== 'restarted'));
    await tree.root.stop();
  });

  test('refuses a second child with the same id', async () => {
    const tree = await startTree({ children: [notes] });
    assert.equal((await tree.root.startChild(notes))._unsafeUnwrapErr().code, 'runtime/start-failed');
    await tree.root.stop();
  });

  test('gives up a thread whose entry cannot be loaded', async () => {
    const started = await startSupervisor({
      name: 'root',
      strategy: 'one-for-one',
      children: [workerAt({ kind: 'thread', entry: new URL('./no-such-file.js', import.meta.url) })],
    });
    assert.equal(started._unsafeUnwrapErr().code, 'runtime/start-failed');
  });

  test('tells the figures of every actor and thread in one answer', async () => {
    const tree = await startTree({
      children: [notes, workerAt(own, 'a'), workerAt(threads['a shared thread'], 'b')],
    });
    const ref = tree.root.ref(workerAt(own, 'a'));
    for (let n = 0; n < 100; n += 1) (await ref.call('ask', { n: 2 }))._unsafeUnwrap();
    const { actors, threads: all } = await tree.root.stats();
    assert.deepEqual(
      actors.map(({ id }) => id),
      ['journal', 'a', 'b'],
    );
    const a = actors.find(({ id }) => id === 'a');
    assert.equal(a?.handled, 100);
    assert.equal(a?.mailboxDepth, 0);
    assert.ok(
      a !== undefined &&
        a.latencyMs.p50 > 0 &&
        a.latencyMs.p50 <= a.latencyMs.p99 &&
        a.latencyMs.p99 <= a.latencyMs.max,
    );
    assert.deepEqual(
      all.map(({ name }) => name),
      ['inline', 'actor a', 'shared'],
    );
    for (const { heapUsedBytes } of all) assert.ok(heapUsedBytes > 0);
    await tree.root.stop();
  });
});

describe('restart intensity', () => {
  test('counts within a sliding window, and one cause once', () => {
    const window = new RestartWindow(2, 100);
    assert.deepEqual(
      [0, 10, 99, 200].map((atMs) => window.allow(atMs, null)),
      [true, true, false, true],
    );
    const cause = {};
    assert.deepEqual(
      [201, 201, 201].map((atMs) => window.allow(atMs, cause)),
      [true, true, true],
    );
  });

  test('leaves the time of starts out of the window (T1)', () => {
    const window = new RestartWindow(2, 100);
    assert.equal(window.allow(0, null), true);
    window.skip(0, 90);
    assert.equal(window.allow(95, null), true);
    window.skip(95, 190);
    assert.equal(window.allow(195, null), false, 'ten of all that time were no start');
    const overlapping = new RestartWindow(1, 100);
    assert.equal(overlapping.allow(0, null), true);
    overlapping.skip(0, 90);
    overlapping.skip(0, 90);
    assert.equal(overlapping.allow(190, null), true, 'none lies in the future');
  });

  test('delays double up to a bound, with jitter below', () => {
    assert.equal(restartDelayMs(1, 0), 2.5);
    assert.ok(restartDelayMs(1, 0.999) < 5);
    assert.equal(restartDelayMs(3, 0), 10);
    assert.equal(restartDelayMs(100, 0), 1_000);
  });
});
