/** The testkit finds what depends on the order of messages, and its seeds bring the same order again. */
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
  type Call,
  type Cast,
} from '../../src/runtime/index.js';
import { explore, ScheduleFailure, type World } from '../../src/runtime/testkit.js';

type AccountProtocol = { balance: Call<null, number>; set: Cast<number>; add: Cast<number> };

const account = actor<null, number, AccountProtocol>({
  name: 'account',
  restart: 'permanent',
  init: () => ok(0),
  receive: {
    balance: (balance) => reply(balance, ok(balance)),
    set: (_balance, to) => next(to),
    add: (balance, n) => next(balance + n),
  },
});

type ClientProtocol = { pay: Cast<'set' | 'add'> };

/** Pays in 1; with `set` by reading and writing, which is a race when another client does so, too. */
const client = actor<null, null, ClientProtocol, { account: AccountProtocol }>({
  name: 'client',
  restart: 'permanent',
  init: () => ok(null),
  receive: {
    pay: async (state, way, { links }) => {
      if (way === 'add') links.account.cast('add', 1);
      else {
        const balance = await links.account.call('balance', null);
        links.account.cast('set', balance.unwrapOr(0) + 1);
      }
      return next(state);
    },
  },
});

const bank = (way: 'set' | 'add') => async (world: World) => {
  const links = { account: address<AccountProtocol>('account') };
  const clients = ['one', 'two'].map((id) => child(client, { id, links }));
  const root = await world.start({
    name: 'root',
    strategy: 'one-for-one',
    children: [child(account), ...clients],
  });
  for (const one of clients) root.ref(one).cast('pay', way)._unsafeUnwrap();
  await world.idle();
  const balance = (await root.ref(address<AccountProtocol>('account')).call('balance', null))._unsafeUnwrap();
  assert.equal(balance, 2);
};

const counted = async (world: World): Promise<void> => {
  const spec = child(account);
  const root = await world.start({ name: 'root', strategy: 'one-for-one', children: [spec] });
  for (let n = 0; n < 5; n += 1) root.ref(spec).cast('add', 1)._unsafeUnwrap();
  await world.sleep(60_000);
  // The state is lost with a crash, so a sum of 5 is what only a run without one gives.
  assert.equal((await root.ref(spec).call('balance', null))._unsafeUnwrap(), 5);
};

const failureOf = async (run: Promise<number>): Promise<ScheduleFailure> => {
  const failed: unknown = await run.then(
    () => null,
    (error: unknown) => error,
  );
  assert.ok(failed instanceof ScheduleFailure, String(failed));
  return failed;
};

describe('explore', () => {
  test('finds a planted race, and its seed brings it again', async () => {
    const found = await failureOf(explore(bank('set')));
    assert.match(found.message, /^seed \d+, run \d+: .*\n?[^]*the same order again: explore\(scenario/u);
    const again = await failureOf(explore(bank('set'), { seed: found.seed }));
    assert.equal(again.seed, found.seed);
    assert.equal(String(again.cause), String(found.cause));
  });

  test('finds nothing where no order is wrong', async () => {
    assert.equal(await explore(bank('add'), { runs: 50 }), 50);
  });

  test('crashes actors at points of its choice: what is delivered again shows', async () => {
    assert.equal(await explore(counted, { runs: 20 }), 20);
    const found = await failureOf(explore(counted, { crashes: 1, runs: 500 }));
    await failureOf(explore(counted, { crashes: 1, seed: found.seed }));
  });

  test('loses no message of a pipeline whatever crashes', async () => {
    type StageProtocol = { pass: Cast<number> };
    const pipeline = async (world: World): Promise<void> => {
      const arrived = new Set<number>();
      const stage = actor<null, null, StageProtocol, { next: StageProtocol }>({
        name: 'stage',
        restart: 'permanent',
        init: () => ok(null),
        receive: {
          pass: (state, n, { id, links }) => {
            if (id === 'c') arrived.add(n);
            else links.next.cast('pass', n);
            return next(state);
          },
        },
      });
      const at = (id: string, to: string) =>
        child(stage, { id, links: { next: address<StageProtocol>(to) } });
      const [a, b, c] = [at('a', 'b'), at('b', 'c'), at('c', 'a')];
      const root = await world.start({ name: 'root', strategy: 'one-for-one', children: [a, b, c] });
      for (let n = 0; n < 10; n += 1) root.ref(a).cast('pass', n)._unsafeUnwrap();
      await world.sleep(60_000);
      assert.equal(arrived.size, 10, `${arrived.size} of 10 arrived`);
    };
    assert.equal(await explore(pipeline, { runs: 60, crashes: 3 }), 60);
  });

  test('lets a day pass at once, for timers as for deadlines', async () => {
    type SleeperProtocol = { wake: Cast<null>; never: Call<null, null> };
    const day = 24 * 60 * 60_000;
    const lived = async (world: World): Promise<void> => {
      const woken: number[] = [];
      const sleeper = actor<null, null, SleeperProtocol>({
        name: 'sleeper',
        restart: 'permanent',
        init: (_args, context) => {
          context.after(day, 'wake', null);
          return ok(null);
        },
        receive: {
          wake: (state) => {
            woken.push(world.now());
            return next(state);
          },
          never: (state, _body, _context, from) => later(state, from),
        },
      });
      const spec = child(sleeper);
      const root = await world.start({ name: 'root', strategy: 'one-for-one', children: [spec] });
      const waiting = root.ref(spec).call('never', null, { deadlineMs: day / 2 });
      assert.equal((await waiting)._unsafeUnwrapErr().code, 'runtime/deadline');
      assert.deepEqual(woken, []);
      await world.sleep(day);
      assert.ok(woken.length === 1 && (woken[0] ?? 0) >= day);
    };
    assert.equal(await explore(lived, { runs: 3 }), 3);
  });

  test('says so when a scenario waits for what cannot happen', async () => {
    const found = await failureOf(explore(() => new Promise(() => undefined)));
    assert.match(found.message, /nothing is left that could happen/u);
  });
});
