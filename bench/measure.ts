/** How a bench reports: figures with their rounds, references and goals, printed by `run.ts`. */
export interface Measured {
  readonly what: string;
  /** Median of the rounds. */
  readonly value: number;
  readonly unit: string;
  /** Every round, where there are several. */
  readonly rounds?: readonly number[];
  /** The figure beside which this one is judged, from the same run. */
  readonly reference?: { readonly what: string; readonly value: number };
  /** The goal, such as `≤ 450 ms`. */
  readonly goal?: string;
}

/** Makes a figure of its rounds. */
export const figure = (
  what: string,
  unit: string,
  rounds: readonly number[],
  judged: Pick<Measured, 'reference' | 'goal'> = {},
): Measured => ({ what, value: median(rounds), unit, rounds, ...judged });

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** Nearest rank; 0 without values. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
