/**
 * Work on a manifest of up to a million entries, in slices: its caller decides whether other work comes between two of
 * them. Pure.
 */

/** Work that pauses after each slice, and returns its result at the end. */
export type Slices<R> = Generator<void, R, void>;

/** Entries of one slice: a few milliseconds. */
export const sliceEntries = 512;

/** Does all slices at once. */
export function atOnce<R>(slices: Slices<R>): R {
  for (;;) {
    const step = slices.next();
    if (step.done === true) return step.value;
  }
}
