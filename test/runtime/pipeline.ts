/** A pipeline of five stages, each in its own thread, whose threads die at random. */
import { ok } from 'neverthrow';
import { actor, child, next, type Address, type Cast, type ChildSpec } from '../../src/runtime/index.js';

export type StageProtocol = { pass: Cast<{ readonly n: number; readonly deaths: SharedArrayBuffer }> };
export interface StageArgs {
  readonly at: number;
  readonly stages: number;
  /** One byte for each message: 1 once it is through. */
  readonly arrived: SharedArrayBuffer;
}

/**
 * `deaths` holds a word for each stage: after so many messages of that stage its thread dies, once. The last stage
 * writes down what has arrived.
 */
export const stage = actor<StageArgs, StageArgs, StageProtocol, { next: StageProtocol }>({
  name: 'stage',
  restart: 'permanent',
  init: (args) => ok(args),
  receive: {
    pass: async (args, body, { links }) => {
      if (Atomics.sub(new Int32Array(body.deaths), args.at, 1) === 1) {
        // oxlint-disable-next-line unicorn/no-process-exit -- it is what is tested
        process.exit(3);
      }
      if (args.at === args.stages - 1) Atomics.store(new Uint8Array(args.arrived), body.n, 1);
      else (await links.next.send('pass', body))._unsafeUnwrap();
      return next(args);
    },
  },
});

const entry = new URL('./worker.js', import.meta.url);

export function pipeline(stages: number, arrived: SharedArrayBuffer): readonly ChildSpec<StageProtocol>[] {
  const specs: ChildSpec<StageProtocol>[] = [];
  let to: Address<StageProtocol> = { id: `stage-${stages - 1}` };
  for (let at = stages - 1; at >= 0; at -= 1) {
    const id = `stage-${at}`;
    const spec = child(stage, {
      id,
      args: { at, stages, arrived },
      // The last one has nobody behind it: its link leads to itself and is not used.
      links: { next: to },
      placement: { kind: 'thread', entry },
    });
    specs.unshift(spec);
    to = spec;
  }
  return specs;
}
