/** Bad input gets one readable error that names actor and message; nothing waits for ever, and the tree ends. */
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import {
  actor,
  address,
  child,
  ok,
  router,
  startSupervisor,
  type Placement,
  type RuntimeError,
  type RuntimeLimits,
  type SupervisorSpec,
} from '../../src/runtime/index.js';
import { odd, oddities, unsettled, type OddProtocol } from './odd.js';
import { entry, inline, notes, own, startTree, until } from './tree.js';
import { hangMs, within } from '../support/deadline.js';

const oddAt = (placement: Placement, id = 'odd', args = {}) => child(odd, { id, args, placement });
const call = { deadlineMs: hangMs };
const refused = (name: string): RuntimeError => ({ code: 'runtime/not-cloneable', actor: 'odd', name });
const moduleOf = (code: string): URL => new URL(`data:text/javascript,${encodeURIComponent(code)}`);
const endless = moduleOf('setInterval(() => 0, 1e6); await new Promise(() => 0)');

/** Why a tree of these children does not start. */
async function refusalOf(children: SupervisorSpec['children']): Promise<string> {
  const error = (await startSupervisor({ name: 'root', children }))._unsafeUnwrapErr();
  return error.code === 'runtime/start-failed' ? `${error.actor}: ${error.reason}` : error.code;
}

/** A tree with the odd actor, its log, and a check that it still serves and ends. */
async function startOdd(context: TestContext, placement: Placement) {
  const log: string[] = [];
  const spec = oddAt(placement);
  const tree = await startTree({
    children: [spec],
    restartsMax: 1_000,
    restartDelayMaxMs: 1,
    log: (_level, event, { actor, message, detail }) =>
      log.push([actor, event, message, detail].map(String).join(' ')),
  });
  context.after(() => tree.root.stop());
  const ref = tree.root.ref(spec);
  const serves = async (): Promise<void> =>
    assert.equal((await ref.call('fine', null, call))._unsafeUnwrap(), 'fine');
  return { ...tree, log, ref, serves };
}

for (const [where, placement] of Object.entries({ inline, 'in a thread': own }))
  describe(`bad input (${where})`, () => {
    test('that cannot be cloned, in a body or a reply, is named with actor and message', async (context) => {
      const { root, ref, serves } = await startOdd(context, placement);
      const body = (() => 1) as never;
      assert.deepEqual((await ref.call('fine', body, call))._unsafeUnwrapErr(), refused('fine'));
      assert.deepEqual((await ref.call('function', null, call))._unsafeUnwrapErr(), refused('function'));
      ref.cast('own', body)._unsafeUnwrap();
      await serves();
      const letters = root.deadLetters().map(({ actor, name, reason }) => `${actor} ${name} ${reason}`);
      assert.deepEqual(letters, ['odd fine not-cloneable', 'odd own not-cloneable']);
    });

    test('under a name without a handler is a fault for a call and a letter for a cast', async (context) => {
      const { root, ref, serves } = await startOdd(context, placement);
      const asked = await ref.call('mistyped' as 'fine', null, call);
      assert.deepEqual(asked._unsafeUnwrapErr(), {
        code: 'runtime/unknown-name',
        actor: 'odd',
        name: 'mistyped',
      });
      ref.cast('mistyped' as 'own', null)._unsafeUnwrap();
      ref.cast('own', null)._unsafeUnwrap();
      await serves();
      await until(() => root.deadLetters().length === 3);
      const letters = root.deadLetters().map(({ from, name, reason }) => `${from} ${name} ${reason}`);
      assert.deepEqual(letters, [
        ' mistyped unknown-name',
        ' mistyped unknown-name',
        'odd mistyped unknown-name',
      ]);
    });

    test('that has moved before is a letter, and nothing beside it is lost', async (context) => {
      const { root, ref, serves } = await startOdd(context, placement);
      const body = new Uint8Array(8);
      for (let turn = 0; turn < 3; turn += 1) {
        ref.cast('bytes', body, [body.buffer])._unsafeUnwrap();
        await serves();
      }
      for (const { name, reason } of root.deadLetters())
        assert.equal(`${name} ${reason}`, 'bytes not-cloneable');
      assert.equal(root.deadLetters().length, 2);
      assert.equal(ref.pending, 0);
    });

    test('at which each settling fails is given up, message by message', async (context) => {
      const spec = child(unsettled, { placement });
      const { root } = await startTree({ children: [spec], restartsMax: 1_000, restartDelayMaxMs: 1 });
      context.after(() => root.stop());
      const ref = root.ref(spec);
      for (const n of [1, 2]) ref.cast('note', n)._unsafeUnwrap();
      const asked = await ref.call('ask', null, call);
      assert.deepEqual(asked._unsafeUnwrapErr(), { code: 'runtime/poison', actor: 'unsettled', name: 'ask' });
      await root.stop();
      const letters = root.deadLetters().map(({ name, reason, body }) => `${name} ${String(body)} ${reason}`);
      assert.deepEqual(letters, ['note 1 poison', 'note 2 poison', 'ask null poison']);
    });

    test('that makes a handler throw another value than an error crashes the actor, with a log line', async (context) => {
      const { log, ref, serves } = await startOdd(context, placement);
      for (const name of Object.keys(oddities))
        for (const how of ['throw', 'reject'] as const) {
          const fault = (await ref.call(how, name, call))._unsafeUnwrapErr();
          assert.deepEqual(fault, { code: 'runtime/poison', actor: 'odd', name: how });
        }
      assert.equal((await ref.call('noStep', null, call))._unsafeUnwrapErr().code, 'runtime/poison');
      await serves();
      await until(() => log.length === 2 * Object.keys(oddities).length + 1);
      assert.equal(log[0], 'odd crashed throw threw undefined, which is not an Error');
      assert.equal(log[3], 'odd crashed reject a text');
      assert.match(
        log.at(-1) ?? '',
        /^odd crashed noStep TypeError: handler noStep returned 5: return next/u,
      );
    });

    test('that makes init throw or return nothing of use fails the start with the reason', async (context) => {
      const { root, serves } = await startOdd(context, placement);
      const reasonOf = async (args: object): Promise<string> => {
        const error = (await root.startChild(oddAt(placement, 'other', args)))._unsafeUnwrapErr();
        return error.code === 'runtime/start-failed' ? `${error.actor}: ${error.reason}` : error.code;
      };
      assert.equal(await reasonOf({ thrown: 'trap' }), 'other: threw a value that cannot be shown');
      assert.match(
        await reasonOf({ hasNoResult: true }),
        /^other: TypeError: init of odd returned no Result/u,
      );
      await serves();
    });
  });

describe('the entry of a thread', () => {
  const entries: readonly (readonly [string, URL, RegExp])[] = [
    ['not there', new URL('./no-such-file.js', entry), /Cannot find module .*no-such-file\.js/u],
    [
      'exits at its import',
      moduleOf('process.exit(0)'),
      /ended with code 0 before data:.* called hostActors/u,
    ],
    ['throws an error', moduleOf('throw new Error("broken")'), /broken/u],
    ['throws undefined', moduleOf('throw undefined'), /threw undefined, which is not an Error/u],
    ['hosts nothing', moduleOf('export {}'), /ended with code 0 before data:.* called hostActors/u],
    ['never ends', endless, /not ready in time/u],
  ];
  for (const [fault, file, expected] of entries)
    test(`that fails to load (${fault}) fails the start with the reason, and the tree ends`, async (context) => {
      const limits = file === endless ? { bootDeadlineMs: 500 } : {};
      const tree = await startTree({ children: [notes], limits });
      context.after(() => tree.root.stop());
      const started = await tree.root.startChild(oddAt({ kind: 'thread', entry: file }));
      const error = started._unsafeUnwrapErr();
      assert.equal(error.code, 'runtime/start-failed');
      assert.match(error.code === 'runtime/start-failed' ? `${error.actor} ${error.reason}` : '', /^odd /u);
      assert.match(JSON.stringify(error), expected);
      await within(tree.root.stop(), hangMs, 'the end');
    });

  test('that is still loading when the tree stops does not hold it up', async () => {
    const tree = await startTree({ children: [notes] });
    const starting = tree.root.startChild(oddAt({ kind: 'thread', entry: endless }));
    await within(tree.root.stop(), hangMs, 'the end');
    assert.equal((await starting)._unsafeUnwrapErr().code, 'runtime/start-failed');
  });
});

test('two actors of one id, or a link to nobody, refuse the start', async () => {
  assert.equal(await refusalOf([oddAt(inline), oddAt(inline)]), 'odd: two actors have the id odd');
  const lost = { ...oddAt(inline), links: { journal: address<OddProtocol>('mistyped').id } };
  assert.equal(
    await refusalOf([lost]),
    'odd: its link journal leads to mistyped, an actor that nobody declares',
  );
});

/** Why a tree with these limits does not start. */
const refusal = async (limits: Partial<RuntimeLimits>): Promise<string> =>
  JSON.stringify((await startSupervisor({ name: 'root', children: [], limits }))._unsafeUnwrapErr());

test('numbers that cannot be limits refuse the start, and name the limit', async () => {
  assert.match(await refusal({ linkBatchMax: 0 }), /linkBatchMax is 0, and must be at least 1/u);
  assert.match(await refusal({ heartbeatEveryMs: -1 }), /heartbeatEveryMs is -1, and must be at least 0/u);
  assert.match(await refusal({ drainMax: NaN }), /drainMax is NaN/u);
  const full = actor({ name: 'full', mailboxMax: 0, init: () => ok(null), receive: {} });
  assert.equal(await refusalOf([child(full)]), 'full: mailboxMax is 0, and must be at least 1');
  const busy = actor({ name: 'busy', busyMsMax: -1, init: () => ok(null), receive: {} });
  assert.equal(await refusalOf([child(busy)]), 'busy: busyMsMax is -1, and must be at least 1');
  const below = { name: 'below', strategy: 'one-for-one', restartsMax: NaN, children: [] } as const;
  assert.equal(await refusalOf([below]), 'below: restartsMax is NaN, and must be at least 0');
  const thread = { ...own, limits: { actorsPerThreadMax: 0 } };
  assert.match(await refusalOf([oddAt(thread)]), /^odd: actorsPerThreadMax is 0/u);
});

test('a router without workers throws where it is defined', () => {
  for (const workers of [0, -1, 1.5, NaN])
    assert.throws(() => router(odd, { workers, route: 'round-robin', args: {} }), /router of odd: it has/u);
});
