/**
 * Two actors in two threads: a counter hands numbers to an adder. Half-way the adder's thread dies; its supervisor
 * starts another, the link sends again what was not acknowledged, and nothing is lost.
 */
import { ok } from 'neverthrow';
import { actor, child, next, reply, startSupervisor, type Call, type Cast } from '../../src/runtime/index.js';

export type AdderProtocol = { add: Cast<{ n: number }>; sum: Call<null, number> };
export type CounterProtocol = { count: Call<{ to: number }, null> };

/** Outlives the thread, as a file would. Slot 0: the sum; 1: the last number added; 2: crashes so far. */
export const adder = actor<{ ledger: Int32Array }, Int32Array, AdderProtocol>({
  name: 'adder',
  restart: 'permanent',
  init: ({ ledger }) => ok(ledger),
  receive: {
    add: (ledger, { n }) => {
      if (n === 500 && Atomics.add(ledger, 2, 1) === 0) process.exit(1);
      // A message may come twice after a crash, and its receiver recognises it.
      if (n > Atomics.load(ledger, 1)) Atomics.add(ledger, 0, n);
      Atomics.store(ledger, 1, Math.max(n, Atomics.load(ledger, 1)));
      return next(ledger);
    },
    sum: (ledger) => reply(ledger, ok(Atomics.load(ledger, 0))),
  },
});

export const counter = actor<null, null, CounterProtocol, { adder: AdderProtocol }>({
  name: 'counter',
  restart: 'permanent',
  init: () => ok(null),
  receive: {
    count: async (state, { to }, { links }) => {
      for (let n = 1; n <= to; n += 1) (await links.adder.send('add', { n }))._unsafeUnwrap();
      return reply(state, ok(null));
    },
  },
});

/** Counts to 1,000 across a crash; returns the sum, 500,500. */
export async function main(): Promise<number> {
  const placement = { kind: 'thread', entry: new URL('./two-actors.worker.js', import.meta.url) } as const;
  const ledger = new Int32Array(new SharedArrayBuffer(12));
  const adding = child(adder, { args: { ledger }, links: {}, placement });
  const counting = child(counter, { args: null, links: { adder: adding }, placement });
  const started = await startSupervisor({
    name: 'root',
    strategy: 'one-for-one',
    children: [adding, counting],
  });
  const root = started._unsafeUnwrap();
  await root.ref(counting).call('count', { to: 1_000 });
  while (Atomics.load(ledger, 1) < 1_000) await root.ref(adding).call('sum', null);
  const sum = (await root.ref(adding).call('sum', null))._unsafeUnwrap();
  await root.stop();
  return sum;
}

if (process.argv[1] === import.meta.filename) process.stdout.write(`${await main()}\n`);
