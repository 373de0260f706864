/** German: forms of words, numbers and points in time. */
import { datesOf, numbersOf, pluralsOf } from '../forms.js';

/** Chooses the form of a word that fits a number. */
export const plural = pluralsOf('de');
/** Writes a number: `1.500`. */
export const number = numbersOf('de');
/** Writes a day: `01.12.2026`. */
export const day = datesOf('de', { day: '2-digit', month: '2-digit', year: 'numeric' });
/** Writes a day that opens a part of a conversation: `Di., 1. Dez. 2026`. */
export const longDay = datesOf('de', { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
/** Writes a number with at most one digit behind the comma: `1,5`. */
export const decimal = (value: number): string => number(value, Number.isInteger(value) ? 0 : 1);
