/** How a bench reports: plain figures, printed by `run.ts`. */
export interface Measured {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** Nearest rank; 0 without values. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
