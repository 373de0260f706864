/**
 * A pipeline of three threads, each of which dies in the middle of its work. A message is acknowledged once all
 * that follows from it is, so each is handled, perhaps twice, or becomes a dead letter: the account at the end shows it.
 */
/* oxlint-disable eslint/no-console -- an example prints for the person that runs it */
import { isMainThread } from 'node:worker_threads';
import { actor, address, child, next, ok, startSupervisor, type Cast } from '../../../src/runtime/index.js';

const messages = 1_000;

type StageProtocol = { pass: Cast<number> };
interface StageArgs {
  /** Bytes that outlive a thread, as a file would: how often each message has come out at the end. */
  readonly arrived: SharedArrayBuffer;
  /** Messages until the thread dies. */
  readonly fuse: SharedArrayBuffer;
}

/** The last stage has a link to itself, which it does not use. */
export const stage = actor<StageArgs, StageArgs, StageProtocol, { readonly next: StageProtocol }>({
  name: 'stage',
  init: (args) => ok(args),
  receive: {
    pass: async (args, n, { id, links }) => {
      const fuse = new Int32Array(args.fuse);
      if (Atomics.sub(fuse, 0, 1) === 1) process.exit(1);
      if (id === 'stage-3') Atomics.add(new Uint8Array(args.arrived), n, 1);
      else (await links.next.send('pass', n))._unsafeUnwrap();
      return next(args);
    },
  },
});

const ignore = (): void => undefined;

if (isMainThread) {
  const arrived = new SharedArrayBuffer(messages);
  const stages = [1, 2, 3].map((nth) => {
    const fuse = new SharedArrayBuffer(4);
    new Int32Array(fuse)[0] = Math.ceil(Math.random() * messages);
    const links = { next: address<StageProtocol>(`stage-${Math.min(3, nth + 1)}`) };
    return child(stage, {
      id: `stage-${nth}`,
      args: { arrived, fuse },
      links,
      placement: { kind: 'thread' },
    });
  });
  const root = (
    await startSupervisor({ name: 'root', children: stages, restartsMax: 20, log: ignore })
  )._unsafeUnwrap();
  let deaths = 0;
  root.onEvent((event) => {
    if (event.type === 'restarted') deaths += 1;
  });
  const first = root.ref(address<StageProtocol>('stage-1'));
  for (let n = 0; n < messages; n += 1) (await first.send('pass', n))._unsafeUnwrap();
  await root.drained();
  const counts = [...new Uint8Array(arrived)];
  const letters = root.deadLetters().length;
  const lost = counts.filter((count) => count === 0).length - letters;
  console.log(`${messages} messages, ${deaths} deaths: ${Math.max(0, lost)} lost, ${letters} dead letters`);
  await root.stop();
}
