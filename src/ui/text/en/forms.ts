/** English: forms of words. Numbers and points in time stand as scripts have known them since version 1.0. */
import { pluralsOf } from '../forms.js';

/** Chooses the form of a word that fits a number. */
export const plural = pluralsOf('en');
