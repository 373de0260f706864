/**
 * A long run of a simulated network, from a seed. A failing run is shrunk to the steps that it needs: those that can be left
 * out while it still fails are left out.
 */
import fc from 'fast-check';
import { dice } from '../support/seeds.js';
import { steps, type WorldStep } from './steps.js';
import { World } from './world.js';

/** The arguments of a run; the same ones give the same run. */
export interface Run {
  readonly peers: number;
  /** Virtual hours. */
  readonly hours: number;
  readonly seed: number;
  /** Mean pause between two steps, ms. */
  readonly pauseMs: number;
  /** Nodes that hear each other's beacons. */
  readonly segment: number;
  /** Real keys, signatures and ciphers. */
  readonly isReal: boolean;
}

/** A step, and the pause behind it. */
interface Paced {
  readonly step: WorldStep;
  readonly pauseMs: number;
}

export interface Played {
  readonly world: World;
  /** The failed invariant; null: none. */
  readonly failure: Error | null;
}

export const hourMs = 3_600_000;
/** Virtual time after which everything works again and has to be delivered. */
const healEveryMs = 3_000_000;
/** Most time from then on until all is delivered. */
const settleMostMs = 15 * 60_000;
/** Steps are drawn in portions, each from a seed of its own. */
const portionSteps = 200;
/** Pause between two steps of a network of ten; a larger one has more of them. */
const peersPerStep = 10;

/** The steps of a run. */
export function stepsOf({ peers, hours, seed, pauseMs }: Run): readonly Paced[] {
  const throwDice = dice(seed);
  const all: Paced[] = [];
  const meanMs = Math.max(1, (pauseMs * peersPerStep) / Math.max(peersPerStep, peers));
  for (let atMs = 0, portion = 0; atMs < hours * hourMs; portion += 1)
    for (const step of fc.sample(steps, { numRuns: portionSteps, seed: seed + portion })) {
      const paceMs = throwDice(2 * meanMs);
      all.push({ step, pauseMs: paceMs });
      atMs += paceMs;
      if (atMs >= hours * hourMs) break;
    }
  return all;
}

/** Plays steps in a new world. */
export function play(run: Run, paced: readonly Paced[], told: (line: string) => void = () => {}): Played {
  const { peers, seed, segment, isReal } = run;
  const world = new World({ nodes: peers, seed, segment, isReal });
  try {
    let healAtMs = healEveryMs;
    for (const { step, pauseMs } of paced) {
      step.run(world);
      world.clock.advance(pauseMs);
      if (world.clock.nowMs < healAtMs) continue;
      settle(world);
      healAtMs = world.clock.nowMs + healEveryMs;
      told(`${(world.clock.nowMs / hourMs).toFixed(1)} h: ${world.ledger.delivered} delivered`);
    }
    settle(world);
    return { world, failure: null };
  } catch (error) {
    return { world, failure: error instanceof Error ? error : new Error(String(error)) };
  }
}

function settle(world: World): void {
  world.heal();
  world.settle(settleMostMs);
  world.checkBounds();
}

/**
 * Returns fewer steps with which the run still fails in the same way, found until `deadlineMs` (by `now`). Halves are left out
 * first, then ever smaller parts.
 */
export function shrink(
  run: Run,
  paced: readonly Paced[],
  kind: string,
  deadlineMs: number,
  now: () => number,
): readonly Paced[] {
  let kept = paced;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let at = 0; at < kept.length;) {
      if (now() > deadlineMs) return kept;
      const fewer = [...kept.slice(0, at), ...kept.slice(at + size)];
      const { failure } = play(run, fewer);
      if (failure !== null && kindOf(failure) === kind) kept = fewer;
      else at += size;
    }
  return kept;
}

/** The invariant that a failure names, such as `(I1)`; else its message. */
export const kindOf = ({ message }: Error): string => /\([IB]\d\)/.exec(message)?.[0] ?? message;
