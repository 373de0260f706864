import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { describe, test } from 'node:test';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { ok } from 'neverthrow';
import {
  actor,
  address,
  child,
  later,
  next,
  reply,
  type Call,
  type Cast,
  type Links,
  type Ref,
} from '../../src/runtime/index.js';
import { runtime as limits } from '../../src/runtime/limits.js';
import { standStill } from '../support/standstill.js';
import { brief, type WorkProtocol } from './actors.js';
import { inline, notes, own, places, shared, startTree, storeAt, until, workerAt } from './tree.js';

type GateProtocol = { pass: Cast<number>; open: Call<null, number> };

/** Handles nothing until its gate opens. */
const gateKept = (gate: Promise<unknown>, mailboxMax: number) =>
  actor<null, number, GateProtocol>({
    name: 'gate',
    restart: 'permanent',
    mailboxMax,
    init: () => ok(0),
    receive: {
      pass: async (passed) => {
        await gate;
        return next(passed + 1);
      },
      open: (passed) => reply(passed, ok(passed)),
    },
  });

const bytes = () => new Uint8Array(1_000);
const tries = () => new SharedArrayBuffer(4);
const uncloneable = (n: number) => Object.assign({ n }, { trap: () => n });

describe('a link', () => {
  test('refuses what its receiver has no room for, and has credit again when there is', async () => {
    const opened = new EventEmitter();
    const gate = once(opened, 'open');
    const spec = child(gateKept(gate, 10), { args: null, links: {}, placement: inline });
    const { root } = await startTree({ children: [spec] });
    const ref = root.ref(spec);
    for (let n = 0; n < 10; n += 1) ref.cast('pass', n)._unsafeUnwrap();
    assert.deepEqual(ref.cast('pass', 10)._unsafeUnwrapErr(), {
      code: 'runtime/mailbox-full',
      actor: 'gate',
    });
    const sent = ref.send('pass', 11);
    const asked = ref.call('open', null);
    const credit = ref.credit();
    opened.emit('open');
    (await sent)._unsafeUnwrap();
    (await credit)._unsafeUnwrap();
    assert.equal((await asked)._unsafeUnwrap(), 11, 'a call waits for room, behind what waited before');
    await root.stop();
  });

  test('keeps what is sent before its receiver has started', async () => {
    const heard: number[] = [];
    type EarlyProtocol = { none: Cast<null> };
    const early = actor<null, null, EarlyProtocol, { late: WorkProtocol }>({
      name: 'early',
      restart: 'permanent',
      init: (_args, { links }) => {
        void links.late.call('ask', { n: 2 }).map(({ n }) => heard.push(n));
        return links.late.cast('work', { n: 1 }).map(() => null);
      },
      receive: { none: (state) => next(state) },
    });
    const late = workerAt(own, 'late');
    const first = child(early, { args: null, links: { late }, placement: inline });
    const tree = await startTree({ children: [notes, first, late] });
    await until(() => heard.length === 1);
    assert.deepEqual(await tree.journal(), [{ by: 'late', n: 1 }]);
    await tree.root.stop();
  });

  test('to an actor that is gone says so, to those who wait and to those who ask later', async () => {
    const spec = workerAt(own, 'brief');
    const { root } = await startTree({ children: [notes] });
    const ref = (await root.startChild(spec))._unsafeUnwrap();
    const waiting = ref.call('never', null);
    (await root.stopChild('brief'))._unsafeUnwrap();
    const gone = { code: 'runtime/no-actor', actor: 'brief' };
    assert.deepEqual((await waiting)._unsafeUnwrapErr(), gone);
    assert.deepEqual(ref.cast('work', { n: 1 })._unsafeUnwrapErr(), gone);
    assert.deepEqual((await ref.call('ask', { n: 2 }))._unsafeUnwrapErr(), gone);
    await root.stop();
  });

  test('waits again for the answer when its deadline passed while the process stood still', async () => {
    const spec = workerAt(own);
    const { root } = await startTree({ children: [notes, spec] });
    const ref = root.ref(spec);
    (await ref.call('later', { n: 1, delayMs: 0 }))._unsafeUnwrap();
    const answer = ref.call('later', { n: 2, delayMs: 2_750 }, { deadlineMs: 2_000 });
    // The question leaves before the standstill. The worker stands still as well, and needs a moment after it.
    await new Promise((resolve) => setTimeout(resolve, 20));
    standStill(2_100 + limits.standstillMs);
    assert.equal((await answer)._unsafeUnwrap(), 2);
    await root.stop();
  });

  for (const [where, placement] of Object.entries(places)) {
    test(`ends a call at its deadline (${where}); the late answer is dropped`, async () => {
      const spec = workerAt(placement);
      const { root } = await startTree({ children: [notes, spec] });
      const ref = root.ref(spec);
      const late = await ref.call('later', { n: 1, delayMs: 60 }, { deadlineMs: 20 });
      assert.deepEqual(late._unsafeUnwrapErr(), {
        code: 'runtime/deadline',
        actor: 'worker',
        name: 'later',
        deadlineMs: 20,
      });
      assert.equal((await ref.call('later', { n: 2, delayMs: 60 }))._unsafeUnwrap(), 2);
      await root.stop();
    });

    test(`sends a call again that its receiver had put off when it crashed (${where})`, async () => {
      const spec = workerAt(placement);
      const { root } = await startTree({ children: [notes, spec] });
      const ref = root.ref(spec);
      const put = ref.call('later', { n: 3, delayMs: 150 });
      (await ref.call('ask', { n: 2 }))._unsafeUnwrap();
      const fate = placement === inline ? 'throw' : 'exit';
      ref.cast('work', { n: 1, fate, times: 1, tries: new SharedArrayBuffer(4) });
      assert.equal((await put)._unsafeUnwrap(), 3);
      await root.stop();
    });

    test(`delivers transferred bytes once, also when they crash their receiver (${where})`, async () => {
      const spec = workerAt(placement);
      const tree = await startTree({ children: [notes, spec] });
      const ref = tree.root.ref(spec);
      const [first, second, third] = [bytes(), bytes(), bytes()];
      ref.cast('carry', { n: 1, bytes: first }, [first.buffer])._unsafeUnwrap();
      ref.cast('carry', { n: 2, bytes: second, fate: 'throw' }, [second.buffer])._unsafeUnwrap();
      ref.cast('carry', { n: 3, bytes: third }, [third.buffer])._unsafeUnwrap();
      await until(async () => (await tree.journal()).length >= 2);
      assert.deepEqual(
        (await tree.journal()).map(({ n }) => n),
        [1_001, 1_003],
      );
      const letter = await tree.event((event) => event.type === 'dead-letter');
      assert.match(JSON.stringify(letter), /lost-transfer/);
      await tree.root.stop();
    });
  }

  test('sets aside what cannot be cloned, and delivers its neighbours', async () => {
    const spec = workerAt(own);
    const tree = await startTree({ children: [notes, spec] });
    const ref = tree.root.ref(spec);
    ref.cast('work', { n: 1 })._unsafeUnwrap();
    ref.cast('work', uncloneable(2))._unsafeUnwrap();
    const call = ref.call('ask', uncloneable(3));
    ref.cast('work', { n: 4 })._unsafeUnwrap();
    assert.equal((await call)._unsafeUnwrapErr().code, 'runtime/not-cloneable');
    await until(async () => (await tree.journal()).length >= 2);
    assert.deepEqual(
      (await tree.journal()).map(({ n }) => n),
      [1, 4],
    );
    assert.deepEqual(
      tree.root.deadLetters().map(({ reason }) => reason),
      ['not-cloneable', 'not-cloneable'],
    );
    await tree.root.stop();
  });

  test('leaves nothing behind when 2,000 children have come and gone', async () => {
    const { root } = await startTree({ children: [notes, workerAt(shared, 'keeps-the-thread')] });
    const live = async (id: string, placement = inline) => {
      const spec = workerAt(placement, id);
      const ref: Ref<WorkProtocol> = (await root.startChild(spec))._unsafeUnwrap();
      (await ref.call('ask', { n: 2 }))._unsafeUnwrap();
      (await root.stopChild(id))._unsafeUnwrap();
    };
    const before = root.linkCount();
    for (let n = 0; n < 2_000; n += 200)
      await Promise.all(Array.from({ length: 200 }, (_, i) => live(`s${n + i}`, i < 10 ? shared : inline)));
    assert.equal(root.linkCount(), before);
    await until(async () => {
      const { actors } = await root.stats();
      return actors.length === 2 && actors.every(({ linksIn }) => linksIn <= 2);
    });
    assert.equal(root.children().length, 2);
    await root.stop();
  });

  for (const [where, placement] of Object.entries({ inline, 'in a shared thread': shared }))
    test(`leaves nothing behind of children that end as soon as they start, ${where}`, async () => {
      const { root } = await startTree({ children: [notes] });
      const before = root.linkCount();
      const live = async (id: string) =>
        (await root.startChild(child(brief, { id, args: null, links: {}, placement })))._unsafeUnwrap();
      for (let n = 0; n < 200; n += 20)
        await Promise.all(Array.from({ length: 20 }, (_, i) => live(`b${n + i}`)));
      await until(() => root.children().length === 1);
      assert.equal(root.linkCount(), before);
      await root.stop();
    });

  test('carries ports in a call and in its reply', async () => {
    type PortProtocol = { swap: Call<{ readonly port: MessagePort }, { readonly port: MessagePort }> };
    const swapper = actor<null, null, PortProtocol, Links>({
      name: 'swapper',
      restart: 'permanent',
      init: () => ok(null),
      receive: {
        swap: (state, { port }, _context, from) => {
          const { port1, port2 } = new MessageChannel();
          port.on('message', (text) => port1.postMessage(`${String(text)} back`));
          from.ok({ port: port2 }, [port2]);
          return later(state, from);
        },
      },
    });
    const spec = child(swapper, { args: null, links: {}, placement: inline });
    const { root } = await startTree({ children: [spec] });
    const { port1, port2 } = new MessageChannel();
    const { port } = (
      await root.ref(spec).call('swap', { port: port2 }, { transfer: [port2] })
    )._unsafeUnwrap();
    const heard = new Promise((resolve) => port.once('message', resolve));
    port1.postMessage('there');
    assert.equal(await heard, 'there back');
    for (const one of [port, port1, port2]) one.close();
    await root.stop();
  });

  test('joins two threads directly, and both ends survive the death of either', async () => {
    const far = workerAt(own, 'far');
    const spec = storeAt(own);
    const tree = await startTree({ children: [spec, notes, far] });
    const ref = tree.root.ref(far);
    for (let n = 0; n < 300; n += 1)
      ref.cast('work', n % 100 === 50 ? { n, fate: 'exit', times: 1, tries: tries() } : { n });
    await until(async () => new Set((await tree.journal()).map(({ n }) => n)).size === 300);
    const order = [...new Set((await tree.journal()).map(({ n }) => n))];
    assert.deepEqual(
      order,
      Array.from({ length: 300 }, (_, n) => n),
    );
    await tree.root.stop();
  });
});

test('an address is all that a ref needs', () => {
  assert.equal(address<GateProtocol>('gate').id, 'gate');
});
