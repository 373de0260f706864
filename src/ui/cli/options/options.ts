/**
 * The options of a node, wherever they come from: parsers from words (flags and environment), and the order
 * flag > environment > settings > default.
 */
import { err, ok, type Result } from 'neverthrow';
import { cli } from '../limits.js';
import {
  isIpAddress,
  parseEndpoint,
  parseOwnName,
  type LegacyDialectName,
  type NodeOptions,
  type ParlanceError,
} from '../../../index.js';

type UsageError = Extract<ParlanceError, { readonly code: 'command/usage' }>;

/** Options that may stand in the settings file as well. */
export interface NodeSettings {
  readonly name?: string | undefined;
  readonly bind?: string | undefined;
  readonly port?: number | undefined;
  readonly portStrict?: boolean | undefined;
  readonly broadcast?: readonly string[] | undefined;
  readonly beaconPorts?: readonly number[] | undefined;
  readonly beaconIntervalSeconds?: number | undefined;
  readonly maxConnections?: number | undefined;
  readonly dialects?: readonly LegacyDialectName[] | undefined;
  readonly secureOnly?: boolean | undefined;
  /** `DIALECT=PORT` each. */
  readonly listen?: readonly string[] | undefined;
  /** `IP:PORT` each. */
  readonly greet?: readonly string[] | undefined;
  readonly sendTimeoutMs?: number | undefined;
  readonly toyGroup?: { readonly p: string; readonly q: string } | undefined;
  readonly logLevel?: LogLevel | undefined;
  readonly logFile?: string | undefined;
}

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export const dialectNames: readonly LegacyDialectName[] = [
  'cmp2204',
  'chatbuddy',
  'synergy',
  'cse310',
  'netech',
];

/** A word that is no value of its option: what is wrong with it. */
export type Parse<T> = (word: string) => Result<T, string>;

export const parsePort: Parse<number> = (word) =>
  wholeWithin(word, 0, 65_535, 'a port is a number from 0 to 65535');
export const parseBeaconPort: Parse<number> = (word) =>
  wholeWithin(word, 1, 65_535, 'a UDP port is a number from 1 to 65535');
export const parseConnections: Parse<number> = (word) =>
  wholeWithin(word, 1, cli.maxConnectionsMax, `connections are a number from 1 to ${cli.maxConnectionsMax}`);
export const parseCount: Parse<number> = (word) =>
  wholeWithin(word, 1, Number.MAX_SAFE_INTEGER, 'a count is a whole number above 0');
export const parseInterval: Parse<number> = (word) =>
  within(
    word,
    0.1,
    cli.beaconIntervalSecondsMax,
    `an interval is 0.1 to ${cli.beaconIntervalSecondsMax} seconds`,
  );
/** Seconds to ms. */
export const parseTimeout: Parse<number> = (word) =>
  within(word, 0, cli.timeoutMsMax / 1_000, `a timeout is 0 to ${cli.timeoutMsMax / 1_000} seconds`).map(
    (seconds) => Math.round(seconds * 1_000),
  );

export const parseAddress: Parse<string> = (word) => {
  if (word === 'localhost') return ok('127.0.0.1');
  return isIpAddress(word) ? ok(word) : err(`"${word}" is no IP address`);
};

/** `DIALECT=PORT`; port 0: any free one. */
export const parseListen: Parse<string> = (word) => {
  const [name = '', digits = '', ...rest] = word.split('=');
  const isKnown = dialectNames.some((known) => known === name);
  return isKnown && rest.length === 0 && parsePort(digits).isOk()
    ? ok(word)
    : err(`"${word}" is no DIALECT=PORT; there are ${dialectNames.join(', ')}`);
};

/** `IP:PORT` with a dotted quad, as the older programs know addresses. */
export const parseGreet: Parse<string> = (word) =>
  parseEndpoint(word) === null ? err(`"${word}" is no IP:PORT`) : ok(word);

export const parseLogLevel: Parse<LogLevel> = (word) => {
  const level = logLevels.find((each) => each === word);
  return level === undefined ? err(`a log level is one of ${logLevels.join(', ')}`) : ok(level);
};

/** `all`, `none`, or names with commas between. */
export const parseDialects: Parse<readonly LegacyDialectName[]> = (word) => {
  if (word === 'all') return ok(dialectNames);
  if (word === 'none' || word === '') return ok([]);
  const found = new Set<LegacyDialectName>();
  for (const each of word.split(',')) {
    const name = dialectNames.find((known) => known === each.trim().toLowerCase());
    if (name === undefined)
      return err(`"${each.trim()}" is no dialect; there are ${dialectNames.join(', ')}`);
    found.add(name);
  }
  return ok([...found]);
};

export const parseBoolean: Parse<boolean> = (word) => {
  if (['1', 'true', 'yes', 'on'].includes(word.toLowerCase())) return ok(true);
  if (['0', 'false', 'no', 'off', ''].includes(word.toLowerCase())) return ok(false);
  return err(`"${word}" is neither yes nor no`);
};

export const parseList =
  <T>(parse: Parse<T>): Parse<readonly T[]> =>
  (word) => {
    const list: T[] = [];
    for (const each of word.split(',')) {
      const value = parse(each.trim());
      if (value.isErr()) return err(value.error);
      list.push(value.value);
    }
    return ok(list);
  };

/** As it was given: the node cleans it. Longer than names may be it is refused, not cut. */
export const parseName: Parse<string> = (word) =>
  parseOwnName(word)
    .map(() => word)
    .mapErr((error) => error.detail);

const parseWord: Parse<string> = (word) => ok(word);

type Env = Readonly<Record<string, string | undefined>>;

/** The environment's part. Errors: a sentence that names the variable. */
export function settingsOfEnv(env: Env): Result<NodeSettings, string> {
  let problem: string | null = null;
  const read = <T>(name: string, parse: Parse<T>): T | undefined => {
    const word = env[name];
    if (word === undefined || problem !== null) return undefined;
    return parse(word).match(
      (value) => value,
      (detail) => {
        problem = `${name}: ${detail}`;
        return undefined;
      },
    );
  };
  const settings: NodeSettings = {
    name: read('PARLANCE_NAME', parseName),
    bind: read('PARLANCE_BIND', parseAddress),
    port: read('PARLANCE_PORT', parsePort),
    portStrict: read('PARLANCE_PORT_STRICT', parseBoolean),
    broadcast: read('PARLANCE_BROADCAST', parseList(parseAddress)),
    beaconPorts: read('PARLANCE_BEACON_PORT', parseList(parseBeaconPort)),
    beaconIntervalSeconds: read('PARLANCE_BEACON_INTERVAL', parseInterval),
    maxConnections: read('PARLANCE_MAX_CONNECTIONS', parseConnections),
    dialects: read('PARLANCE_DIALECTS', parseDialects),
    secureOnly: read('PARLANCE_SECURE_ONLY', parseBoolean),
    listen: read('PARLANCE_LISTEN', parseList(parseListen)),
    greet: read('PARLANCE_GREET', parseList(parseGreet)),
    sendTimeoutMs: read('PARLANCE_SEND_TIMEOUT', parseTimeout),
    toyGroup: toyGroupOf(env),
    logLevel: read('PARLANCE_LOG_LEVEL', parseLogLevel),
    logFile: read('PARLANCE_LOG_FILE', parseWord),
  };
  return problem === null ? ok(settings) : err(problem);
}

/** `P` and `Q` are what the users of the older programs set; one without the other says nothing. */
function toyGroupOf({ P: p, Q: q }: Env): NodeSettings['toyGroup'] {
  return p === undefined || q === undefined ? undefined : { p, q };
}

/** Flags of synergy alone where it is not spoken, as wrong usage; `null`: there are none. */
export function strayFlag(flags: NodeSettings, { dialects = [] }: NodeSettings): UsageError | null {
  const flag =
    flags.greet !== undefined ? '--greet' : flags.sendTimeoutMs !== undefined ? '--send-timeout' : null;
  if (flag === null || dialects.includes('synergy')) return null;
  const detail = `${flag} is for synergy, which is not spoken here: add --dialects synergy`;
  return { code: 'command/usage', detail, command: '' };
}

/** Earlier ones win, field by field. */
export function layered(...layers: readonly NodeSettings[]): NodeSettings {
  const merged: Record<string, unknown> = {};
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer)) {
      if (value !== undefined) merged[name] ??= value;
    }
  }
  return merged;
}

/** What the node is started with; what nobody chose is left to the node's defaults. */
export function nodeOptions(home: string, settings: NodeSettings): NodeOptions {
  const { beaconIntervalSeconds, logLevel: _level, logFile: _file, toyGroup: group, ...rest } = settings;
  // Names as short as P and Q may stand in an environment for other reasons: they count where they are of use.
  const toyGroup = rest.dialects?.includes('cmp2204') === true ? group : undefined;
  const beaconIntervalMs =
    beaconIntervalSeconds === undefined ? undefined : Math.round(beaconIntervalSeconds * 1_000);
  const given = Object.entries({ ...rest, toyGroup, beaconIntervalMs }).filter(
    ([, value]) => value !== undefined,
  );
  return { home, ...Object.fromEntries(given) };
}

function wholeWithin(word: string, min: number, max: number, rule: string): Result<number, string> {
  if (!/^\d{1,16}$/.test(word)) return err(`${rule}, not "${word}"`);
  return within(word, min, max, rule);
}

function within(word: string, min: number, max: number, rule: string): Result<number, string> {
  const value = /^\d{1,16}(?:\.\d{1,6})?$/.test(word) ? Number(word) : Number.NaN;
  return value >= min && value <= max ? ok(value) : err(`${rule}, not "${word}"`);
}
