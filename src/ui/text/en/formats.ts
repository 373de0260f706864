/** English: numbers and points in time. */
const two = (value: number): string => String(value).padStart(2, '0');

/** English texts: numbers and points in time. */
export const formats = {
  count: (value: number) => String(value),
  decimals: (value: number, digits: number) => value.toFixed(digits),
  day: (at: Date) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`,
  longDay: (at: Date) => at.toDateString(),
};
