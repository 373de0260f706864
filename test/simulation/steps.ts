/** Steps of a simulated network, as fast-check draws them: the doings of users, and faults. */
import fc from 'fast-check';
import type { World } from './world.js';

export interface WorldStep {
  readonly name: string;
  readonly run: (world: World) => void;
  readonly [fc.toStringMethod]: () => string;
}

const step = (name: string, run: (world: World) => void): WorldStep => ({
  name,
  run,
  // A failing history is shown by the names of its steps.
  [fc.toStringMethod]: () => name,
});

/** Chooses a node; see `World.node`. */
const who = fc.nat(9_999);
const days = 86_400_000;

const withOne = (name: string, run: (world: World, one: number) => void): fc.Arbitrary<WorldStep> =>
  who.map((one) => step(`${name} ${one}`, (world) => run(world, one)));

const withTwo = (
  name: string,
  run: (world: World, one: number, other: number) => void,
): fc.Arbitrary<WorldStep> =>
  fc
    .tuple(who, who)
    .map(([one, other]) => step(`${name} ${one} ${other}`, (world) => run(world, one, other)));

const counted = (
  name: string,
  counts: fc.Arbitrary<number>,
  run: (world: World, one: number, count: number) => void,
): fc.Arbitrary<WorldStep> =>
  fc
    .tuple(who, counts)
    .map(([one, count]) => step(`${name} ${one} ${count}`, (world) => run(world, one, count)));

const doings: readonly { readonly weight: number; readonly arbitrary: fc.Arbitrary<WorldStep> }[] = [
  {
    weight: 14,
    arbitrary: fc
      .tuple(who, who, fc.integer({ min: 1, max: 12 }))
      .map(([from, to, count]) =>
        step(`send ${from} ${to} ${count}`, (world) => world.send(world.node(from), world.node(to), count)),
      ),
  },
  {
    weight: 2,
    arbitrary: withTwo('send to address', (world, from, to) =>
      world.send(world.node(from), world.node(to), 1, true),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(who, who, fc.boolean()).map(([one, other, blocked]) =>
      step(`block ${one} ${other} ${blocked}`, (world) => {
        if (world.node(one) === world.node(other)) return;
        world.node(one).ask('block', { peer: world.node(other).peerId, blocked }, () => {});
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: withOne('rename', (world, one) =>
      world.node(one).ask('rename', { name: `name ${world.clock.taken}` }, () => {}),
    ),
  },
  {
    weight: 1,
    arbitrary: withTwo('disconnect', (world, one, other) =>
      world.node(one).ask('disconnect', { peer: world.node(other).peerId }, () => {}),
    ),
  },
  { weight: 8, arbitrary: withOne('start', (world, one) => world.node(one).start()) },
  { weight: 1, arbitrary: withOne('stop', (world, one) => world.node(one).stop()) },
];

const faults: readonly { readonly weight: number; readonly arbitrary: fc.Arbitrary<WorldStep> }[] = [
  { weight: 2, arbitrary: withOne('kill', (world, one) => world.node(one).crash(true)) },
  { weight: 1, arbitrary: withOne('power off', (world, one) => world.node(one).crash(false)) },
  { weight: 2, arbitrary: withOne('crash core', (world, one) => world.node(one).run?.crashCore()) },
  {
    weight: 2,
    arbitrary: counted('crash history', fc.nat(400), (world, one, count) =>
      world.node(one).run?.crashHistory(count % 2 === 0, count),
    ),
  },
  {
    weight: 2,
    arbitrary: counted('crash session', fc.nat(9), (world, one, at) => world.node(one).run?.crashSession(at)),
  },
  {
    weight: 2,
    arbitrary: counted('want slot', fc.nat(9), (world, one, at) => world.node(one).run?.wantSlot(at)),
  },
  {
    weight: 1,
    arbitrary: counted('lose answers', fc.integer({ min: 1, max: 3 }), (world, one, count) => {
      world.node(one).faults.answersToLose = count;
    }),
  },
  {
    weight: 2,
    arbitrary: counted('fail commits', fc.integer({ min: 1, max: 3 }), (world, one, count) => {
      world.node(one).faults.commitsToFail = count;
    }),
  },
  {
    weight: 2,
    arbitrary: counted('disk full', fc.nat(1), (world, one, full) => {
      world.node(one).faults.isFull = full === 1;
    }),
  },
  {
    weight: 2,
    arbitrary: counted('slow disk', fc.constantFrom(8, 200, 2_000), (world, one, mostMs) => {
      world.node(one).faults.syncMostMs = mostMs;
    }),
  },
  {
    weight: 2,
    arbitrary: counted('lose receipts', fc.constantFrom(0, 50, 100), (world, one, percent) => {
      world.node(one).faults.receiptLossPercent = percent;
    }),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(who, who, fc.boolean())
      .map(([one, other, keepsTail]) =>
        step(`cut ${one} ${other} ${keepsTail ? 'late' : 'at once'}`, (world) =>
          world.network.cut(world.node(one).host, world.node(other).host, keepsTail),
        ),
      ),
  },
  {
    weight: 1,
    arbitrary: withTwo('silence', (world, one, other) =>
      world.network.silence(world.node(one).host, world.node(other).host),
    ),
  },
  {
    weight: 1,
    arbitrary: withTwo('block one way', (world, one, other) =>
      world.network.block(world.node(one).host, world.node(other).host),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(1_400, 1_100, Infinity).map((bytes) =>
      step(`packets of at most ${bytes} bytes`, (world) => {
        world.network.parcelBytesMax = bytes;
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: counted('replay beacons', fc.nat(30), (world, _one, count) => world.hostile.replay(count)),
  },
  {
    weight: 1,
    arbitrary: counted('forge beacons', fc.nat(30), (world, _one, count) => world.hostile.forge(count)),
  },
  {
    weight: 1,
    arbitrary: counted('flood', fc.nat(60), (world, one, count) =>
      world.hostile.flood(world.node(one).host, count),
    ),
  },
  {
    weight: 1,
    arbitrary: withOne('take over', (world, one) => world.hostile.takeOver(world.node(one).host)),
  },
  {
    weight: 1,
    arbitrary: withTwo('divert', (world, one, other) =>
      world.network.divert(world.node(one).host, world.node(other).host),
    ),
  },
  { weight: 2, arbitrary: fc.constant(step('mend network', (world) => world.network.mend())) },
  { weight: 1, arbitrary: withOne('move', (world, one) => world.move(world.node(one))) },
  {
    weight: 1,
    arbitrary: counted(
      'clock jump',
      fc.constantFrom(2 * days, -days, -27 * 365 * days, 0),
      (world, one, ms) => {
        world.node(one).wallOffsetMs = ms;
      },
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(3, 3, 80, 900), fc.constantFrom(0, 30, 90), fc.constantFrom(0, 30))
      .map(([latencyMs, lossPercent, doublePercent]) =>
        step(`latency ${latencyMs} beacons lost ${lossPercent} doubled ${doublePercent}`, (world) => {
          world.network.latencyMostMs = latencyMs;
          world.beaconLossPercent = lossPercent;
          world.beaconDoublePercent = doublePercent;
        }),
      ),
  },
];

const waits: readonly { readonly weight: number; readonly arbitrary: fc.Arbitrary<WorldStep> }[] = [
  { weight: 16, arbitrary: fc.nat(30) },
  { weight: 4, arbitrary: fc.nat(3_000) },
  { weight: 1, arbitrary: fc.nat(60_000) },
].map(({ weight, arbitrary }) => ({
  weight,
  arbitrary: arbitrary.map((ms) => step(`wait ${ms}`, (world) => world.clock.advance(ms))),
}));

export const steps: fc.Arbitrary<WorldStep> = fc.oneof(...doings, ...faults, ...waits);

const timers: readonly { readonly weight: number; readonly arbitrary: fc.Arbitrary<WorldStep> }[] = [
  {
    weight: 12,
    arbitrary: counted('timer', fc.constantFrom(0, 5, 5, 30, 600), (world, one, seconds) =>
      world.setTimer(world.node(one), world.node(one + 1), seconds),
    ),
  },
];

/** These steps, and timers. Apart from them, so that the histories of older seeds stay what they were. */
export const stepsWithTimers: fc.Arbitrary<WorldStep> = fc.oneof(...doings, ...faults, ...waits, ...timers);
