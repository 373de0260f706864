/** Points in time as people type them. */
import { catalogue } from '../../text/catalogue.js';
import { err, ok, type Result } from 'neverthrow';

const unitMs: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/**
 * Parses ISO 8601 (local time without a zone), `YYYY-MM-DD`, `HH:MM` (today), `2h` (ago; s, m, h, d, w), `now`, `today`
 * and `yesterday`. A day or a minute means its first moment, or its last one with `edge` `end`. Errors: a sentence.
 */
export function parseTime(word: string, nowMs: number, edge: 'start' | 'end'): Result<number, string> {
  const text = word.trim().toLowerCase();
  if (text === 'now') return ok(nowMs);
  if (text === 'today') return ok(dayOf(new Date(nowMs), edge));
  if (text === 'yesterday') {
    const today = new Date(nowMs);
    return ok(dayOf(new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1), edge));
  }
  const ago = /^(\d{1,9}(?:\.\d{1,3})?)\s?([smhdw])(?:\s?ago)?$/.exec(text);
  if (ago !== null) return ok(nowMs - Number(ago[1]) * (unitMs[ago[2] ?? ''] ?? 0));
  const clock = /^(\d{1,2}):(\d{2})$/.exec(text);
  if (clock !== null) return clockOf(Number(clock[1]), Number(clock[2]), nowMs, edge, word);
  const day = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (day !== null) return calendarDay(Number(day[1]), Number(day[2]), Number(day[3]), edge, word);
  const iso = /^\d{4}-\d{2}-\d{2}[t ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:z|[+-]\d{2}:?\d{2})?$/.test(text);
  const atMs = iso ? Date.parse(text.toUpperCase().replace(' ', 'T')) : Number.NaN;
  return Number.isNaN(atMs) ? err(problem(word)) : ok(atMs);
}

/**
 * Parses a time to come: `13:00` (today, or tomorrow where it is past), `2h` (from now; s, m, h, d, w), `tomorrow` (its
 * first moment), `YYYY-MM-DD` (its last moment) and ISO 8601. Errors: a sentence.
 */
export function parseFutureTime(word: string, nowMs: number): Result<number, string> {
  const text = word.trim().toLowerCase();
  const ahead = /^(?:in\s?)?(\d{1,9}(?:\.\d{1,3})?)\s?([smhdw])$/.exec(text);
  const today = new Date(nowMs);
  const tomorrowMs = new Date(today.getFullYear(), today.getMonth(), today.getDate() + 1).getTime();
  const found =
    ahead !== null
      ? ok(nowMs + Number(ahead[1]) * (unitMs[ahead[2] ?? ''] ?? 0))
      : text === 'tomorrow'
        ? ok(tomorrowMs)
        : /^\d{1,2}:\d{2}$/.test(text)
          ? parseTime(text, nowMs, 'start').map((atMs) => (atMs > nowMs ? atMs : nextDay(atMs)))
          : /^\d{4}-/.test(text)
            ? parseTime(text, nowMs, 'end')
            : err('');
  if (found.isErr()) return err(catalogue().values.notFutureTime(word));
  return found.value > nowMs ? found : err(catalogue().values.isPast(word));
}

/** Returns the same time of the next day, also where the clocks change. */
function nextDay(atMs: number): number {
  const at = new Date(atMs);
  at.setDate(at.getDate() + 1);
  return at.getTime();
}

const problem = (word: string): string => catalogue().values.notTime(word);

function dayOf(at: Date, edge: 'start' | 'end'): number {
  const first = new Date(at.getFullYear(), at.getMonth(), at.getDate());
  return edge === 'start'
    ? first.getTime()
    : new Date(at.getFullYear(), at.getMonth(), at.getDate() + 1).getTime() - 1;
}

function clockOf(
  hours: number,
  minutes: number,
  nowMs: number,
  edge: 'start' | 'end',
  word: string,
): Result<number, string> {
  if (hours > 23 || minutes > 59) return err(problem(word));
  const at = new Date(nowMs);
  at.setHours(hours, minutes, edge === 'start' ? 0 : 59, edge === 'start' ? 0 : 999);
  return ok(at.getTime());
}

function calendarDay(
  year: number,
  month: number,
  day: number,
  edge: 'start' | 'end',
  word: string,
): Result<number, string> {
  const at = new Date(year, month - 1, day);
  const isReal = at.getMonth() === month - 1 && at.getDate() === day;
  return isReal ? ok(dayOf(at, edge)) : err(problem(word));
}
