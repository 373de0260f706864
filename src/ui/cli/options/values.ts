/**
 * The kinds of value of options, variables and the settings file: how a word is read, which values are accepted, and
 * the sentence that refuses the others. Pure.
 */
import { catalogue } from '../../text/catalogue.js';
import { err, ok, type Result } from 'neverthrow';
import * as v from 'valibot';
import {
  foreignDialectNames,
  isIpAddress,
  parseEndpoint,
  parseOwnName,
  type ForeignDialectName,
} from '../../../index.js';
import { languageOf, languages, type Language } from '../../text/languages.js';
import { cli } from '../limits.js';

/** A kind of value, as a word on the command line and as JSON. */
export interface Kind<T> {
  readonly schema: v.GenericSchema<T>;
  /** Reads a word as a value, which `schema` then accepts or refuses. */
  readonly fromWord: (word: string) => unknown;
  /** Writes a value as a word that `fromWord` reads. Default: its text. */
  readonly toWord?: (value: unknown) => string;
  /** Returns the reason why `given`, a word or a JSON value, is refused. */
  readonly refusal: (given: unknown) => string;
  /** Whether an option that is given several times joins its words with commas. If not, the last one counts. */
  readonly isJoined?: true;
}

/** A list: commas in a variable, an option that is given several times, an array in the settings file. */
export interface ListKind<T> extends Kind<readonly T[]> {
  readonly each: Kind<T>;
}

/** Parses a word of the command line or the environment. Errors: a sentence. */
export const parseWord = <T>(kind: Kind<T>, word: string): Result<T, string> => {
  const value = kind.fromWord(word);
  return v.is(kind.schema, value) ? ok(value) : err(kind.refusal(word));
};

/** Reads a JSON value. Errors: a sentence. */
export const readValue = <T>(kind: Kind<T>, value: unknown): Result<T, string> =>
  v.is(kind.schema, value) ? ok(value) : err(kind.refusal(value));

const shown = (given: unknown): string =>
  typeof given === 'string' ? `"${given}"` : JSON.stringify(given) || String(given);

/** Returns a refusal that names the accepted values. */
const rule =
  (words: () => string) =>
  (given: unknown): string =>
    catalogue().values.notThis(words(), shown(given));

const numberOf = (word: string): unknown => (/^\d{1,16}(?:\.\d{1,6})?$/.test(word) ? Number(word) : word);

const wholeWithin = (min: number, max: number, words: () => string): Kind<number> => ({
  schema: v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max)),
  fromWord: (word) => (/^\d{1,16}$/.test(word) ? Number(word) : word),
  refusal: rule(words),
});

/** A TCP port; 0: any free one. */
export const port = wholeWithin(0, 65_535, () => catalogue().values.port);
/** A UDP port. */
export const udpPort = wholeWithin(1, 65_535, () => catalogue().values.udpPort);
/** A whole number from 1 on. */
export const count = wholeWithin(1, Number.MAX_SAFE_INTEGER, () => catalogue().values.count);
/** A number of connections at one time. */
export const connections = wholeWithin(1, cli.maxConnectionsMax, () =>
  catalogue().values.connections(cli.maxConnectionsMax),
);

/** An interval in seconds. */
export const interval: Kind<number> = {
  schema: v.pipe(
    v.number(),
    v.minValue(cli.beaconIntervalSecondsMin),
    v.maxValue(cli.beaconIntervalSecondsMax),
  ),
  fromWord: numberOf,
  refusal: rule(() =>
    catalogue().values.interval(cli.beaconIntervalSecondsMin, cli.beaconIntervalSecondsMax),
  ),
};

/** A timeout: the word is in seconds, the value in ms. */
export const timeout: Kind<number> = {
  schema: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(cli.timeoutMsMax)),
  fromWord: (word) => {
    const seconds = numberOf(word);
    return typeof seconds === 'number' ? Math.round(seconds * 1_000) : word;
  },
  toWord: (value) => String(Number(value) / 1_000),
  refusal: (given) =>
    typeof given === 'number'
      ? rule(() => catalogue().values.timeoutMs(cli.timeoutMsMax))(given)
      : rule(() => catalogue().values.timeout(cli.timeoutMsMax / 1_000))(given),
};

/** A number of minutes, at most a day. */
export const minutes = wholeWithin(0, cli.minutesMax, () => catalogue().values.minutes(cli.minutesMax));

/** A switch. */
export const flag: Kind<boolean> = {
  schema: v.boolean(),
  fromWord: (word) => {
    const lower = word.toLowerCase();
    if (['1', 'true', 'yes', 'on'].includes(lower)) return true;
    return ['0', 'false', 'no', 'off', ''].includes(lower) ? false : word;
  },
  refusal: rule(() => catalogue().values.flag),
};

/** Any text. */
export const text: Kind<string> = {
  schema: v.string(),
  fromWord: (word) => word,
  refusal: rule(() => catalogue().values.text),
};

/** A path of a file. */
export const filePath: Kind<string> = {
  schema: v.pipe(v.string(), v.nonEmpty()),
  fromWord: (word) => word,
  refusal: rule(() => catalogue().values.path),
};

/** The own name as it was typed; the node cleans it. A name that is too long is refused, not cut. */
export const ownName: Kind<string> = {
  schema: v.pipe(
    v.string(),
    v.check((name) => parseOwnName(name).isOk()),
  ),
  fromWord: (word) => word,
  refusal: (given) =>
    typeof given === 'string'
      ? parseOwnName(given).match(
          () => '',
          ({ detail }) => detail,
        )
      : rule(() => catalogue().values.name)(given),
};

/** An IP address or a host name. */
export const address: Kind<string> = {
  schema: v.pipe(v.string(), v.check(isIpAddress)),
  fromWord: (word) => (word === 'localhost' ? '127.0.0.1' : word),
  refusal: rule(() => catalogue().values.address),
};

/** One or more addresses, separated by commas. */
export const addresses: Kind<string> = {
  schema: v.pipe(
    v.string(),
    v.check((word) => partsOf(word).every((part) => isIpAddress(part))),
  ),
  fromWord: (word) =>
    partsOf(word)
      .map((part) => address.fromWord(part))
      .join(','),
  refusal: rule(() => catalogue().values.address),
  isJoined: true,
};

const isListen = (word: string): boolean => {
  const [name = '', digits = '', ...rest] = word.split('=');
  return isDialect(name) && rest.length === 0 && parseWord(port, digits).isOk();
};
const isDialect = (word: string): word is ForeignDialectName =>
  foreignDialectNames.some((known) => known === word);

/** `DIALECT=PORT`; port 0 means any free port. */
export const listen: Kind<string> = {
  schema: v.pipe(v.string(), v.check(isListen)),
  fromWord: (word) => word,
  refusal: rule(() => catalogue().values.listen(foreignDialectNames.join(', '))),
};

/** `IP:PORT` with a dotted quad, as the older programs know addresses. */
export const endpoint: Kind<string> = {
  schema: v.pipe(
    v.string(),
    v.check((word) => parseEndpoint(word) !== null),
  ),
  fromWord: (word) => word,
  refusal: rule(() => catalogue().values.endpoint),
};

/** The levels of the log, least important first. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
/** One level of the log. */
export type LogLevel = (typeof logLevels)[number];

/** A level of the log. */
export const logLevel: Kind<LogLevel> = {
  schema: v.picklist(logLevels),
  fromWord: (word) => word,
  refusal: rule(() => catalogue().values.logLevel(logLevels.join(', '))),
};

/** The ways to notify the user. */
export const notifyWayNames = ['bell', 'osc9', 'osc777', 'desktop'] as const;
/** One way to notify the user. */
export type NotifyWay = (typeof notifyWayNames)[number];

/** `none`, or ways to notify the user separated by commas. */
export const notifyWays: Kind<readonly NotifyWay[]> = {
  schema: v.pipe(v.array(v.picklist(notifyWayNames)), v.readonly()),
  fromWord: (word) => (word === 'none' || word === '' ? [] : [...new Set(namesOf(word))]),
  refusal: rule(() => catalogue().values.notifyWays(notifyWayNames.join(', '))),
};

/** The peers whose texts a notification may show. */
export const notifyBodiesNames = ['none', 'contacts', 'all'] as const;
/** The peers whose texts a notification may show. */
export const notifyBodies: Kind<(typeof notifyBodiesNames)[number]> = {
  schema: v.picklist(notifyBodiesNames),
  fromWord: (word) => word,
  refusal: rule(() => catalogue().values.notifyBodies(notifyBodiesNames.join(', '))),
};

/** Bytes a second, with a unit of decimal thousands: `500k`, `10M`. */
export const byteRate: Kind<number> = {
  schema: v.pipe(v.number(), v.safeInteger(), v.minValue(1_000)),
  fromWord(word) {
    const [, digits = '', unit = ''] = /^(\d{1,12})([kKmMgG]?)$/u.exec(word) ?? [];
    return digits === '' ? word : Number(digits) * 1_000 ** ['', 'k', 'm', 'g'].indexOf(unit.toLowerCase());
  },
  refusal: rule(() => catalogue().values.rate),
};

/** The peers that learn something of this user. */
export const audience: Kind<'none' | 'verified' | 'contacts'> = {
  schema: v.picklist(['none', 'verified', 'contacts']),
  fromWord: (word) => word,
  refusal: rule(() => catalogue().values.audience),
};

/** The peers whose files are accepted without a question. */
export const filesAccept: Kind<'none' | 'contacts' | 'verified'> = {
  schema: v.picklist(['none', 'contacts', 'verified']),
  fromWord: (word) => word,
  refusal: rule(() => catalogue().values.filesAccept),
};

/** The language of the program. */
export const language: Kind<Language> = {
  schema: v.picklist(languages),
  fromWord: (word) => languageOf(word) ?? word,
  refusal: rule(() => catalogue().values.language(languages.join(', '))),
};

/** `on` or `off`. */
export const onOff: Kind<boolean> = {
  schema: v.boolean(),
  fromWord: (word) => (word === 'on' ? true : word === 'off' ? false : word),
  toWord: (value) => (value === true ? 'on' : 'off'),
  refusal: rule(() => catalogue().values.onOff),
};

/** `all`, `none`, or names separated by commas. */
export const dialects: Kind<readonly ForeignDialectName[]> = {
  schema: v.pipe(v.array(v.picklist(foreignDialectNames)), v.readonly()),
  fromWord: (word) => {
    if (word === 'all') return [...foreignDialectNames];
    return word === 'none' || word === '' ? [] : [...new Set(namesOf(word))];
  },
  refusal: (given) => {
    const names: readonly unknown[] =
      typeof given === 'string' ? namesOf(given) : Array.isArray(given) ? given : [given];
    const unknown = names.find((name) => typeof name !== 'string' || !isDialect(name));
    return catalogue().values.notDialect(shown(unknown), foreignDialectNames.join(', '));
  },
};

const namesOf = (word: string): string[] => partsOf(word).map((name) => name.toLowerCase());

/** A list, which may be empty in the settings file. */
export const anyOf = <T>(each: Kind<T>): ListKind<T> => listOf(each, 0);
/** A list with at least one entry. */
export const someOf = <T>(each: Kind<T>): ListKind<T> => listOf(each, 1);

const partsOf = (word: string): string[] => word.split(',').map((part) => part.trim());

function listOf<T>(each: Kind<T>, entriesMin: number): ListKind<T> {
  return {
    each,
    schema: v.pipe(v.array(each.schema), v.minLength(entriesMin), v.readonly()),
    fromWord: (word) => partsOf(word).map((part) => each.fromWord(part)),
    refusal: (given) => {
      if (typeof given === 'string')
        return each.refusal(partsOf(given).find((part) => parseWord(each, part).isErr()));
      if (!Array.isArray(given) || given.length < entriesMin)
        return rule(() => catalogue().values.list)(given);
      return each.refusal(given.find((entry) => !v.is(each.schema, entry)));
    },
  };
}
