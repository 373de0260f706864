/**
 * A test that finds a race: two clients read a balance and write it back, so one payment is lost under some orders. The
 * failure names its seed, and the seed brings the same order again.
 */
/* oxlint-disable eslint/no-console -- an example prints for the person that runs it */
import { actor, address, child, next, ok, reply, type Call, type Cast } from '../../../src/runtime/index.js';
import { explore, ScheduleFailure, type World } from '../../../src/runtime/testkit.js';

type AccountProtocol = { balance: Call<null, number>; set: Cast<number> };
type ClientProtocol = { pay: Cast<null> };

const account = actor<null, number, AccountProtocol>({
  name: 'account',
  init: () => ok(0),
  receive: { balance: (sum) => reply(sum, ok(sum)), set: (_sum, to) => next(to) },
});

const client = actor<null, null, ClientProtocol, { readonly account: AccountProtocol }>({
  name: 'client',
  init: () => ok(null),
  receive: {
    pay: async (state, _body, { links }) => {
      const balance = (await links.account.call('balance', null))._unsafeUnwrap();
      links.account.cast('set', balance + 1)._unsafeUnwrap();
      return next(state);
    },
  },
});

async function scenario(world: World): Promise<void> {
  const bank = address<AccountProtocol>('account');
  const clients = ['one', 'two'].map((id) => child(client, { id, links: { account: bank } }));
  const root = await world.start({ name: 'root', children: [child(account), ...clients] });
  for (const one of clients) root.ref(one).cast('pay', null)._unsafeUnwrap();
  await world.idle();
  const balance = (await root.ref(bank).call('balance', null))._unsafeUnwrap();
  if (balance !== 2) throw new Error(`a payment is lost: the balance is ${balance}`);
}

async function failureOf(seed?: number): Promise<ScheduleFailure> {
  try {
    await explore(scenario, seed === undefined ? {} : { seed });
  } catch (error) {
    if (error instanceof ScheduleFailure) return error;
    throw error;
  }
  throw new Error('no order lost a payment');
}

const failure = await failureOf();
console.log(failure.message);
const again = await failureOf(failure.seed);
console.log(again.seed === failure.seed ? 'the seed brings it again' : 'the seed brings another order');
