/** 10,000 actors, or as many as the argument says, in one thread: started side by side, each gets a message and answers, and all are stopped. */
/* oxlint-disable eslint/no-console -- an example prints for the person that runs it */
import { isMainThread } from 'node:worker_threads';
import {
  actor,
  child,
  next,
  ok,
  reply,
  startSupervisor,
  type Call,
  type Cast,
} from '../../../src/runtime/index.js';

const actors = Number(process.argv[2] ?? 10_000);

type MemberProtocol = { add: Cast<number>; sum: Call<null, number> };

export const member = actor<null, number, MemberProtocol>({
  name: 'member',
  init: () => ok(0),
  receive: { add: (sum, n) => next(sum + n), sum: (sum) => reply(sum, ok(sum)) },
});

async function timed<T>(what: string, job: () => Promise<T>): Promise<T> {
  const beganMs = performance.now();
  const result = await job();
  console.error(`${what}: ${Math.round(performance.now() - beganMs)} ms`);
  return result;
}

if (isMainThread) {
  const root = (await startSupervisor({ name: 'root', children: [], stopOrder: 'parallel' }))._unsafeUnwrap();
  const specs = Array.from({ length: actors }, (_, n) =>
    child(member, { id: `member-${n}`, placement: { kind: 'thread', thread: 'crowd' } }),
  );
  const refs = await timed('start', () =>
    Promise.all(specs.map(async (spec) => (await root.startChild(spec))._unsafeUnwrap())),
  );
  const sums = await timed('one cast and one call each', () =>
    Promise.all(
      refs.map(async (ref, n) => {
        ref.cast('add', n)._unsafeUnwrap();
        return (await ref.call('sum', null))._unsafeUnwrap();
      }),
    ),
  );
  console.log(`${refs.length} actors, sum ${sums.reduce((all, one) => all + one, 0)}`);
  await timed('stop', () => root.stop());
}
