/**
 * A router of two workers on threads of their own that count primes. One question is too large, so its caller gives it
 * up; the worker hears of it between two slices of its work, and is free for the next question.
 */
/* oxlint-disable eslint/no-console -- an example prints for the person that runs it */
import { setImmediate } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';
import {
  actor,
  child,
  later,
  ok,
  router,
  startSupervisor,
  type Call,
  type Placement,
  type ReplyTo,
} from '../../../src/runtime/index.js';

const slice = 20_000;

type PrimesProtocol = { below: Call<number, number> };

export const primes = actor<null, null, PrimesProtocol>({
  name: 'primes',
  init: () => ok(null),
  receive: {
    below: (state, limit, _context, from) => {
      void count(limit, from);
      return later(state, from);
    },
  },
});

async function count(limit: number, from: ReplyTo<number, never>): Promise<void> {
  let found = 0;
  for (let n = 2; n < limit && !from.signal.aborted; n += 1) {
    if (isPrime(n)) found += 1;
    if (n % slice === 0) await setImmediate();
  }
  if (!from.signal.aborted) from.ok(found);
}

function isPrime(n: number): boolean {
  for (let factor = 2; factor * factor <= n; factor += 1) if (n % factor === 0) return false;
  return true;
}

const placement = (): Placement => ({ kind: 'thread' });

if (isMainThread) {
  const pool = child(router(primes, { workers: 2, route: 'least-busy', args: null, placement }), {
    id: 'primes',
  });
  const root = (await startSupervisor({ name: 'root', children: [pool] }))._unsafeUnwrap();
  const ref = root.ref(pool);
  const tooLarge = ref.call('below', 1e12, { signal: AbortSignal.timeout(200), deadlineMs: 60_000 });
  const counts = [10, 100, 1_000, 10_000].map((limit) => ref.call('below', limit, { deadlineMs: 60_000 }));
  console.log((await Promise.all(counts)).map((result) => result._unsafeUnwrap()).join(' '));
  console.log((await tooLarge)._unsafeUnwrapErr().code);
  const [again, other] = await Promise.all([ref.call('below', 50), ref.call('below', 50)]);
  console.log(again._unsafeUnwrap(), other._unsafeUnwrap());
  await root.stop();
}
