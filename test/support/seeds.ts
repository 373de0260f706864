/**
 * Where the random inputs of tests come from: one seed for each run, printed when a test fails and played again with
 * `PARLANCE_TEST_SEED=N npm test`; and the seeds that failed once, kept in test/seeds.txt and played in every run.
 * Case N12.
 */
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import fc from 'fast-check';

export const seedVariable = 'PARLANCE_TEST_SEED';
/** Bound of the seeds that fast-check takes unchanged. */
const seedMax = 2 ** 31;

/** `text`: the value of the variable; without one a seed is drawn. Throws on any other text. */
export function seedOf(text: string | undefined): number {
  if (text === undefined || text === '') return randomInt(1, seedMax);
  const seed = Number(text);
  if (!Number.isSafeInteger(seed) || seed < 0 || seed >= seedMax)
    throw new Error(`${seedVariable}=${text}: give a whole number from 0 to ${seedMax - 1}`);
  return seed;
}

export interface KeptSeed {
  readonly seed: number;
  readonly title: string;
}

/** Lines `SEED TITLE OF THE TEST`; those that begin with `#` are comments. */
export function parseSeeds(text: string): readonly KeptSeed[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, seed, title] = /^(\d+) (.+)$/u.exec(line) ?? [];
      if (seed === undefined || title === undefined) throw new Error(`test/seeds.txt: not a seed: ${line}`);
      return { seed: seedOf(seed), title };
    });
}

/** Where failed seeds are kept. dist/test/support → the project's folder → its sources. */
export const seedsFile = join(import.meta.dirname, '../../../test/seeds.txt');
const kept = parseSeeds(readFileSync(seedsFile, 'utf8'));

/** The seed of this run: the same for all files that the test runner starts. */
export const runSeed = seedOf(process.env[seedVariable]);

type Titled = Pick<TestContext, 'name' | 'diagnostic'>;

/** Plays a random test with each seed that failed in it before, then with the seed of this run. */
export async function withSeeds(t: Titled, play: (seed: number) => void | Promise<void>): Promise<void> {
  for (const seed of seedsOf(t))
    try {
      begin(seed);
      await play(seed);
    } catch (error) {
      tell(t, seed);
      throw error;
    }
}

/** Checks a property with each seed that failed in it before, then with the seed of this run. */
export function holds<Inputs>(
  t: Titled,
  property: fc.IProperty<Inputs>,
  parameters: Omit<fc.Parameters<Inputs>, 'seed'> = {},
): void {
  for (const seed of seedsOf(t))
    try {
      begin(seed);
      fc.assert(property, { ...parameters, seed });
    } catch (error) {
      tell(t, seed);
      throw error;
    }
}

/** Like `holds`, for a property that takes its time. */
export const holdsAsync = <Inputs>(
  t: Titled,
  property: fc.IAsyncProperty<Inputs>,
  parameters: Omit<fc.Parameters<Inputs>, 'seed'> = {},
): Promise<void> => withSeeds(t, (seed) => fc.assert(property, { ...parameters, seed }));

/** Those that failed before come first. */
export const seedsOf = ({ name }: Pick<Titled, 'name'>, failed = kept): readonly number[] => [
  ...failed.filter(({ title }) => title === name).map(({ seed }) => seed),
  runSeed,
];

function tell(t: Titled, seed: number): void {
  t.diagnostic(`failed with seed ${seed}: play it again with ${seedVariable}=${seed}`);
  t.diagnostic(`keep it in test/seeds.txt: ${seed} ${t.name}`);
}

/** Whole numbers from 0 up to, not including, `below`. */
export type Dice = (below: number) => number;

/** The same throws for the same seed (the generator "mulberry32"). */
export function dice(seed: number): Dice {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

let drawing = dice(runSeed);

function begin(seed: number): void {
  drawing = dice(seed);
}

/** Any bytes, of the seed that is played: for keys, nonces and ids of tests. */
export const anyBytes = (bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, () => drawing(256));
