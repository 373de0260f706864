/**
 * Two nodes that talk while the workers of one of them fail on order: nothing may be lost, doubled or reordered. The
 * measure is the time after each fault until both directions carry new messages again.
 */
import type { TestContext } from 'node:test';
import type { NodeOptions } from '../../src/index.js';
import { eventually } from './deadline.js';
import { faultyWorkers, type Fault, type FaultyWorker } from './faulty/order.js';
import { assertArrived, startSceneNode, startFlow, untilAcquainted } from './scene-nodes.js';
import { usableNowMs } from './usable-time.js';
import { freeUdpPort } from './free-port.js';

/** In an order in which none is replaced together with the one before it. */
export const allWorkers: readonly FaultyWorker[] = [
  'files',
  'broadcast',
  'discovery',
  'session',
  'transport',
  'history',
];

export interface Round {
  readonly worker: FaultyWorker;
  readonly fault: Fault;
}

export interface Recovery extends Round {
  /** From the order to fail until the supervisor knew. */
  readonly noticedMs: number;
  /** From then until both directions carried new words. */
  readonly servingMs: number;
}

/** Between two faults, so that each meets a node at work. */
const quietMs = 150;

/** The actor whose crash the log shows: of a compact node all actors of the network end, the transport among them. */
const actorOf = (worker: FaultyWorker): string => (worker === 'network' ? 'transport' : worker);

export interface FaultScene {
  /** Plays the faults one after the other, while the two talk. */
  play(context: TestContext, rounds: readonly Round[]): Promise<readonly Recovery[]>;
  /** Ends the talk: all that was said is there, once and in order. */
  end(): Promise<void>;
}

/** Two nodes that talk. The workers of bob fail on order. `options`: further ones of bob. */
export async function startFaultScene(
  context: TestContext,
  options: Partial<NodeOptions> = {},
): Promise<FaultScene> {
  const beaconPorts = [await freeUdpPort()];
  const faulty = faultyWorkers();
  context.after(() => faulty.close());
  const alice = await startSceneNode(context, { name: 'alice', beaconPorts });
  const bob = await startSceneNode(context, { ...options, name: 'bob', beaconPorts }, faulty.entries);
  await untilAcquainted(alice, bob);
  const there = startFlow(alice, bob, 40);
  const back = startFlow(bob, alice, 20);
  context.after(() => Promise.all([there.stop(), back.stop()]));
  await eventually(() => bob.shown.length > 20 && alice.shown.length > 5, 10_000, 'they talk');

  async function play(of: TestContext, { worker, fault }: Round): Promise<Recovery> {
    await faulty.hears(worker);
    const ordered = usableNowMs();
    const crashes = bob.log.length;
    faulty.fail(worker, fault);
    await eventually(
      () =>
        bob.log
          .slice(crashes)
          .some(
            ({ event, fields }) =>
              event === 'actor-crashed' && String(fields['actor']).startsWith(actorOf(worker)),
          ),
      10_000,
      `${worker} failed by ${fault}`,
    );
    const crashedMs = bob.log.slice(crashes).find(({ event }) => event === 'actor-crashed')?.atMs ?? ordered;
    const [queuedThere, queuedBack] = [there.queued.length, back.queued.length];
    await eventually(
      () => bob.shown.length > queuedThere && alice.shown.length > queuedBack,
      10_000,
      `${worker} serves again after ${fault}`,
    );
    const nowMs = usableNowMs();
    of.diagnostic(
      `${worker} by ${fault}: noticed after ${(crashedMs - ordered).toFixed(0)} ms, serving again ${(nowMs - crashedMs).toFixed(0)} ms later`,
    );
    await new Promise((resolve) => setTimeout(resolve, quietMs));
    return { worker, fault, noticedMs: crashedMs - ordered, servingMs: nowMs - crashedMs };
  }

  return {
    async play(of, rounds) {
      const recoveries: Recovery[] = [];
      for (const round of rounds) recoveries.push(await play(of, round));
      return recoveries;
    },
    async end() {
      await Promise.all([there.stop(), back.stop()]);
      await assertArrived(there, bob, 'alice to bob');
      await assertArrived(back, alice, 'bob to alice');
    },
  };
}
