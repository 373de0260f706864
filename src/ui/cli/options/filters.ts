/** Filters in a search: `lunch from:me has:link before:2026-05-01`. All other words are searched for. */
import { catalogue } from '../../text/catalogue.js';
import { err, ok, type Result } from 'neverthrow';
import type { HistoryOptions } from '../../../index.js';
import { parseTime } from './time.js';

/** The part of a request that a search gives. */
export type SearchOptions = Pick<
  HistoryOptions,
  'peer' | 'search' | 'direction' | 'sinceMs' | 'untilMs' | 'only'
>;

/** A word of a search that may be a filter; quoted words never are. */
const wordShape = /"[^"]*"?|\S+/gu;
const filterShape = /^(from|in|has|is|edited|before|after):(.*)$/iu;

/** Reads a search. Errors: a sentence that names the filter. */
export function readSearch(search: string, nowMs: number): Result<SearchOptions, string> {
  let found: SearchOptions = {};
  const words: string[] = [];
  for (const word of search.match(wordShape) ?? []) {
    const [, name = '', value = ''] = filterShape.exec(word) ?? [];
    const filter = name === '' ? null : filterOf(name.toLowerCase(), value, nowMs);
    if (filter === null) words.push(word);
    else if (filter.isErr()) return err(filter.error);
    else {
      const only = [found.only, filter.value.only].filter((each) => each !== undefined).join(',');
      found = { ...found, ...filter.value, ...(only === '' ? {} : { only }) };
    }
  }
  return ok(words.length === 0 ? found : { ...found, search: words.join(' ') });
}

function filterOf(name: string, value: string, nowMs: number): Result<SearchOptions, string> | null {
  switch (name) {
    case 'from':
      if (value === '') return err(catalogue().values.afterFrom);
      return ok(value.toLowerCase() === 'me' ? { direction: 'out' } : { direction: 'in', peer: value });
    case 'in':
      return value === '' ? err(catalogue().values.afterIn) : ok({ peer: value });
    case 'has':
      return onlyOf('has', value, { file: 'file', link: 'link', reaction: 'reaction' });
    case 'is':
      return onlyOf('is', value, { unread: 'unread', edited: 'edited' });
    case 'edited':
      return value === '' ? ok({ only: 'edited' }) : null;
    case 'before':
      return parseTime(value, nowMs, 'start').map((untilMs) => ({ untilMs: untilMs - 1 }));
    case 'after':
      return parseTime(value, nowMs, 'end').map((sinceMs) => ({ sinceMs: sinceMs + 1 }));
    default:
      return null;
  }
}

function onlyOf(
  name: string,
  value: string,
  known: Readonly<Record<string, string>>,
): Result<SearchOptions, string> {
  const only = new Map(Object.entries(known)).get(value.toLowerCase());
  return only === undefined
    ? err(catalogue().values.afterFilter(name, Object.keys(known).join(', ')))
    : ok({ only });
}
