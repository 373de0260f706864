/** English: forms of words. Numbers and points in time stand as scripts have known them since version 1.0. */
import { numbersOf, pluralsOf } from '../forms.js';

/** Chooses the form of a word that fits a number. */
export const plural = pluralsOf('en');
/** Writes a number: `1,500`. */
export const number = numbersOf('en');
