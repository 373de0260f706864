/** German: numbers and points in time. */
import type { Catalogue } from '../shape.js';
import { number, day, longDay } from './forms.js';

/** German texts: numbers and points in time. */
export const formats: Catalogue['formats'] = {
  count: (value) => number(value),
  decimals: (value, digits) => number(value, digits),
  day: (at) => day(at),
  longDay: (at) => longDay(at),
};
