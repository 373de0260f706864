/**
 * Explores what can happen: runs a scenario under many orders of its messages, with crashes at points of their own, each
 * from a seed. A failure names its seed, and the seed brings the same failure again. Time is virtual: hours of timers,
 * deadlines and back-off pass at once.
 */
import { randomInt } from 'node:crypto';
import type { Directory } from '../tree/directory.js';
import type { Supervisor, SupervisorSpec, SystemOptions } from '../tree/spec.js';
import { startSystem } from '../tree/supervisor.js';
import { diceOf, SimulatedLoop } from './simulated-loop.js';

const runsDefault = 200;
const stepsMax = 1_000_000;
/** Share of the steps before which a crash comes, while crashes are left. */
const crashChance = 1 / 20;
const seedMax = 2 ** 32;

/** The simulated surroundings of a scenario. */
export interface World {
  readonly seed: number;
  /** Virtual, ms since the beginning. */
  now(): number;
  /** 0 (inclusive) to 1 (exclusive), from the seed. */
  random(): number;
  /** Starts a tree whose actors all run in this thread, strictly. It is stopped at the end of the run. Throws on errors. */
  start(spec: SupervisorSpec & Omit<SystemOptions, 'timers' | 'inline'>): Promise<Supervisor>;
  /** Waits for virtual time. */
  sleep(ms: number): Promise<void>;
  /** Waits until every message that is under way has been handled, without letting time pass. */
  idle(): Promise<void>;
}

/** Options of an exploration. */
export interface ExploreOptions {
  /** Orders to try. Default: 200. */
  readonly runs?: number;
  /** Tries the order of this seed alone: that of a failure. */
  readonly seed?: number;
  /** Crashes in one run, each of an actor and at a moment that the seed chooses. Default: none. */
  readonly crashes?: number;
}

/** A scenario failed under the order of a seed. */
export class ScheduleFailure extends Error {
  readonly seed: number;

  constructor(seed: number, run: number, options: ExploreOptions, cause: unknown) {
    const again = { ...(options.crashes === undefined ? {} : { crashes: options.crashes }), seed };
    super(
      `seed ${seed}, run ${run}: ${cause instanceof Error ? cause.message : String(cause)}\n` +
        `the same order again: explore(scenario, ${JSON.stringify(again)})`,
      { cause },
    );
    this.name = 'ScheduleFailure';
    this.seed = seed;
  }
}

/**
 * Resolves with the number of runs when the scenario holds in all of them. Rejects with a `ScheduleFailure` at the first
 * one in which it throws, or waits for what cannot happen any more. A scenario waits for nothing but its world and its
 * actors, and neither do they: no files, no sockets, no timers of Node.
 */
export async function explore(
  scenario: (world: World) => Promise<void>,
  options: ExploreOptions = {},
): Promise<number> {
  const first = options.seed ?? randomInt(seedMax);
  const runs = options.seed === undefined ? (options.runs ?? runsDefault) : 1;
  for (let run = 1; run <= runs; run += 1) {
    // Each run has a seed of its own, which alone brings it again.
    const seed = (first + run - 1) % seedMax;
    try {
      await new Run(seed, options.crashes ?? 0).play(scenario);
    } catch (error) {
      throw new ScheduleFailure(seed, run, options, error);
    }
  }
  return runs;
}

class Run implements World {
  readonly seed: number;
  readonly random: () => number;
  readonly #loop: SimulatedLoop;
  readonly #systems: { readonly root: Supervisor; readonly directory: Directory }[] = [];
  #crashesLeft: number;

  constructor(seed: number, crashes: number) {
    this.seed = seed;
    this.random = diceOf(seed);
    this.#loop = new SimulatedLoop(this.random);
    this.#crashesLeft = crashes;
  }

  now(): number {
    return this.#loop.now();
  }

  async start(spec: SupervisorSpec & SystemOptions): Promise<Supervisor> {
    const { timers } = this.#loop;
    const quiet = { log: () => undefined };
    const started = await startSystem({ ...quiet, ...spec, inline: 'strict', timers }, this.#loop);
    if (started.isErr()) throw new Error(`the tree did not start: ${JSON.stringify(started.error)}`);
    this.#systems.push(started.value);
    return started.value.root;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#loop.timer(ms, resolve));
  }

  idle(): Promise<void> {
    return this.#loop.idle();
  }

  async play(scenario: (world: World) => Promise<void>): Promise<void> {
    await this.#drive(scenario(this));
    this.#crashesLeft = 0;
    await this.#drive(Promise.all(this.#systems.map(({ root }) => root.stop())));
  }

  /** One thing after the other until `work` settles. */
  async #drive(work: Promise<unknown>): Promise<void> {
    const outcome: { error?: unknown; isOver: boolean } = { isOver: false };
    work.then(
      () => {
        outcome.isOver = true;
      },
      (error: unknown) => {
        outcome.error = error;
        outcome.isOver = true;
      },
    );
    for (let steps = 0; ; steps += 1) {
      // Promises of the scenario and of handlers settle before the next thing happens.
      await new Promise((resolve) => setImmediate(resolve));
      if (outcome.isOver) break;
      if (steps >= stepsMax) throw new Error(`no end after ${stepsMax} steps`);
      this.#maybeCrash();
      if (!this.#loop.step()) throw new Error('the scenario waits, and nothing is left that could happen');
    }
    if ('error' in outcome) throw outcome.error;
  }

  #maybeCrash(): void {
    if (this.#crashesLeft === 0 || this.random() >= crashChance) return;
    const alive = this.#systems.flatMap(({ directory }) =>
      directory.inlineIds().map((id) => ({ directory, id })),
    );
    const victim = alive[Math.floor(this.random() * alive.length)];
    if (victim === undefined) return;
    this.#crashesLeft -= 1;
    victim.directory.crash(victim.id, `a crash of seed ${this.seed}`);
  }
}
