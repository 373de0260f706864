/** The shape of a catalogue: that of the English one. A translation with a missing or a surplus key does not compile. */
import type { english } from './en/english.js';

/** Lets other words stand where the English ones do; a list keeps its length. */
type Widened<T> = T extends string
  ? string
  : T extends (...given: never[]) => unknown
    ? T
    : { readonly [Key in keyof T]: Widened<T[Key]> };

/** All that the program says to people, by area. */
export type Catalogue = Widened<typeof english>;
