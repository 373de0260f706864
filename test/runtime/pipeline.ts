/**
 * A pipeline of stages, each in its own thread, whose threads die and whose handlers throw at random moments; and the
 * account of what became of every message.
 */
import { ok } from 'neverthrow';
import {
  actor,
  child,
  next,
  startSupervisor,
  type Address,
  type Cast,
  type ChildSpec,
  type DeadLetter,
  type Placement,
} from '../../src/runtime/index.js';
import { threadEntry } from '../support/programs.js';
import { dice, type Dice } from '../support/seeds.js';
import { until } from './tree.js';

export type StageProtocol = { pass: Cast<number> };
export interface StageArgs {
  /** Number of the stage, from 0. */
  readonly at: number;
  readonly stages: number;
  /** One byte for each message: how often the last stage has handled it. */
  readonly arrived: SharedArrayBuffer;
  /** `strikesPerStage` pairs of words for each stage: messages until the strike, and its fate. */
  readonly strikes: SharedArrayBuffer;
}

/** Fate of a stage at a strike. Two of them kill the thread in a handler, one between two handlers. */
const fates = ['none', 'throw', 'exit', 'uncaught', 'exit-later'] as const;
type Fate = (typeof fates)[number];
/** Number of fates, from the first on, that leave the thread alive. */
const harmless = 2;
const strikesPerStage = 2;

function strike(fate: Fate): void {
  switch (fate) {
    case 'none':
      return;
    case 'throw':
      throw new Error('a strike');
    case 'exit':
      // oxlint-disable-next-line unicorn/no-process-exit -- it is what is tested
      return process.exit(3);
    case 'uncaught':
      process.nextTick(() => {
        throw new Error('a strike between two messages');
      });
      return;
    case 'exit-later':
      setImmediate(() => process.exit(4));
  }
}

export const stage = actor<StageArgs, StageArgs, StageProtocol, { next: StageProtocol }>({
  name: 'stage',
  init: (args) => ok(args),
  receive: {
    pass: async (args, n, { links }) => {
      const words = new Int32Array(args.strikes, args.at * strikesPerStage * 8, strikesPerStage * 2);
      for (let i = 0; i < words.length; i += 2)
        if (Atomics.sub(words, i, 1) === 1) strike(fates[words[i + 1] ?? 0] ?? 'none');
      if (args.at === args.stages - 1) Atomics.add(new Uint8Array(args.arrived), n, 1);
      else if (n % 2 === 0 || links.next.cast('pass', n).isErr())
        (await links.next.send('pass', n))._unsafeUnwrap();
      return next(args);
    },
  },
});

const entry = threadEntry('runtime/worker');

function specsOf(args: Omit<StageArgs, 'at'>, placement: Placement): readonly ChildSpec<StageProtocol>[] {
  const specs: ChildSpec<StageProtocol>[] = [];
  // The last one has nobody behind it: its link leads to itself and is not used.
  let to: Address<StageProtocol> = { id: `stage-${args.stages - 1}` };
  for (let at = args.stages - 1; at >= 0; at -= 1) {
    const options = { id: `stage-${at}`, args: { ...args, at }, links: { next: to } };
    const spec = child(stage, { ...options, placement });
    specs.unshift(spec);
    to = spec;
  }
  return specs;
}

/** At least one fate for each stage, at random messages. */
function strikesOf(roll: Dice, stages: number, messages: number, kinds: number): SharedArrayBuffer {
  const strikes = new SharedArrayBuffer(stages * strikesPerStage * 8);
  const words = new Int32Array(strikes);
  for (let i = 0; i < words.length; i += 2) {
    const isFirst = i % (strikesPerStage * 2) === 0;
    words[i] = 1 + roll(messages);
    words[i + 1] = isFirst ? 1 + roll(kinds - 1) : roll(kinds);
  }
  return strikes;
}

/** Fate of the messages of one run. */
export interface Account {
  readonly messages: number;
  readonly handled: number;
  /** Handled more than once. */
  readonly repeated: number;
  /** Not handled, and a dead letter. */
  readonly letters: number;
  /** Neither: the guarantee is broken. */
  readonly lost: number;
  readonly restarts: number;
}

/**
 * Sends `messages` through a new pipeline, with strikes from this seed, and waits until each is accounted for. An inline
 * stage meets no strike that would end this process.
 */
export async function playPipeline(
  seed: number,
  stages: number,
  messages: number,
  placement: Placement = { kind: 'thread', entry },
): Promise<Account> {
  const roll = dice(seed);
  const arrived = new SharedArrayBuffer(messages);
  const strikes = strikesOf(roll, stages, messages, placement.kind === 'inline' ? harmless : fates.length);
  const specs = specsOf({ stages, arrived, strikes }, placement);
  const started = await startSupervisor({
    name: 'root',
    children: specs,
    restartsMax: stages * strikesPerStage,
    restartDelayMaxMs: 10,
    limits: { deadLettersMax: messages },
    log: () => undefined,
  });
  const root = started._unsafeUnwrap();
  const letters: DeadLetter[] = [];
  let restarts = 0;
  root.onEvent((event) => {
    if (event.type === 'dead-letter') letters.push(event.letter);
    else if (event.type === 'restarted') restarts += 1;
  });
  const [first] = specs;
  if (first === undefined) throw new Error('a pipeline needs stages');
  const ref = root.ref(first);
  for (let n = 0; n < messages; n += 1)
    if (ref.cast('pass', n).isErr()) (await ref.send('pass', n))._unsafeUnwrap();
  const account = (): Account => accountOf(new Uint8Array(arrived), letters, restarts);
  // A loss for good shows as a pipeline that is at rest, with messages missing.
  const isOver = async (): Promise<boolean> => account().lost === 0 || (await isAtRest());
  let handledBefore = -1;
  const isAtRest = async (): Promise<boolean> => {
    const { actors, threads } = await root.stats();
    const handled = actors.reduce((sum, one) => sum + one.handled, 0);
    const isQuiet = actors.length === stages && threads.every(({ pending }) => pending === 0);
    const isSame = isQuiet && handled === handledBefore;
    handledBefore = isQuiet ? handled : -1;
    return isSame;
  };
  await until(isOver);
  await root.stop();
  return account();
}

function accountOf(arrived: Uint8Array, letters: readonly DeadLetter[], restarts: number): Account {
  const lettered = new Set(letters.map(({ body }) => body));
  const account = { messages: arrived.length, handled: 0, repeated: 0, letters: 0, lost: 0, restarts };
  arrived.forEach((times, n) => {
    if (times > 0) account.handled += 1;
    else if (lettered.has(n)) account.letters += 1;
    else account.lost += 1;
    if (times > 1) account.repeated += 1;
  });
  return account;
}
