/**
 * The table of settings. One row gives an option, its variable in the environment, its key in the settings file, its
 * default and its help; flag goes before environment, settings file and default. A key is never renamed: it stands in
 * the files of users.
 */
import { err, ok, type Result } from 'neverthrow';
import * as v from 'valibot';
import type { ForeignDialectName, NodeOptions, PrivacyInfo } from '../../../index.js';
import { catalogue } from '../../text/catalogue.js';
import type { CliError } from '../errors.js';
import { beaconSocket, foreign as foreignLimits, node as nodeLimits } from '../../../node/limits.js';
import {
  address,
  addresses,
  connections,
  dialects,
  endpoint,
  filePath,
  flag,
  interval,
  language,
  anyOf,
  audience,
  listen,
  logLevel,
  minutes,
  notifyBodies,
  notifyWays,
  onOff,
  someOf,
  ownName,
  parseWord,
  port,
  text,
  timeout,
  udpPort,
  type Kind,
  filesAccept,
  count,
} from './values.js';

type UsageError = Extract<CliError, { readonly code: 'command/usage' }>;
type Env = Readonly<Record<string, string | undefined>>;
type When = 'command' | 'start' | 'user';

/** One row of the table. `when`: whether it counts for each command, at the start of a node, or for its user. */
export interface Setting<T = unknown, W extends When = When> {
  /** Option as the help shows it; `null`: there is no option. */
  readonly flag: string | null;
  readonly variable: string;
  readonly kind: Kind<T>;
  /** Default; `null`: no fixed value, see `shown`. */
  readonly default: T | null;
  /**
   * Time of its effect. `command`: each command reads it. `start`: a node reads it at its start and keeps it. `user`:
   * it has no option; prompts and nodes read it at their start.
   */
  readonly when: W;
  /** Whether the settings file may hold it. */
  readonly isStored: boolean;
  /** Default to show in place of the value; the catalogue has those in words. */
  readonly shown?: string;
  /** Older program that it is for: it has an effect only where that dialect is switched on. */
  readonly only?: ForeignDialectName;
}

type More = Partial<Pick<Setting, 'shown' | 'only' | 'variable' | 'isStored'>>;

/** Returns the row of a setting of the node. The variable has the words of the flag. */
const atStart = <T>(
  flag: string,
  kind: Kind<T>,
  standard: T | null,
  more: More = {},
): Setting<T, 'start'> => ({
  flag,
  variable: variableOf(flag),
  kind,
  default: standard,
  when: 'start',
  isStored: true,
  ...more,
});

/** Returns the row of a setting of each command. */
const perCommand = <T>(flag: string, kind: Kind<T>, more: More = {}): Setting<T, 'command'> => ({
  flag,
  variable: variableOf(flag),
  kind,
  default: null,
  when: 'command',
  isStored: false,
  ...more,
});

/** Returns the row of a choice that stands in the settings file or in the environment. */
const ofUser = <T>(variable: string, kind: Kind<T>, standard: T): Setting<T, 'user'> => ({
  flag: null,
  variable,
  kind,
  default: standard,
  when: 'user',
  isStored: true,
});

/** Returns the row of a variable of cmp2204, which has neither option nor key. */
const toy = (variable: string, shown: string): Setting<string, 'start'> => ({
  flag: null,
  variable,
  kind: text,
  default: null,
  when: 'start',
  isStored: false,
  shown,
  only: 'cmp2204',
});

/** Returns `PARLANCE_BEACON_PORT` for `--beacon-port <n>`. */
const variableOf = (flag: string): string =>
  `PARLANCE_${optionOf({ flag }).slice(2).replaceAll('-', '_').toUpperCase()}`;

/** Returns `--port` for `--port <n>`; empty where there is no option. */
export function optionOf({ flag }: Pick<Setting, 'flag'>): string {
  return flag?.split(' ')[0] ?? '';
}

const { bind, port: portDefault, connectionsMax, beaconIntervalMs } = nodeLimits;
const beaconSeconds = beaconIntervalMs / 1_000;
const sendMs = foreignLimits.sendDeadlineMs;

/** The rows by key of the settings file, in the order of the help. The catalogue has the help of each. */
export const settings = {
  home: perCommand('--home <dir>', filePath),
  name: atStart('--name <name>', ownName, null),
  bind: atStart('--bind <addr>', addresses, bind),
  port: atStart('--port <n>', port, portDefault),
  portStrict: atStart('--port-strict', flag, false),
  broadcast: atStart('--broadcast <addr>', anyOf(address), []),
  beaconPorts: atStart('--beacon-port <n>', someOf(udpPort), beaconSocket.portsDefault),
  beaconIntervalSeconds: atStart('--beacon-interval <seconds>', interval, beaconSeconds),
  mdns: atStart('--mdns <on|off>', onOff, null),
  maxConnections: atStart('--max-connections <n>', connections, connectionsMax),
  filesDir: atStart('--files-dir <dir>', filePath, null),
  filesAccept: atStart('--files-accept <peers>', filesAccept, 'none'),
  filesBytesMax: atStart('--files-max <bytes>', count, null),
  readReceipts: atStart('--read-receipts <peers>', audience, 'verified'),
  typingNotices: atStart('--typing-notices <peers>', audience, 'verified'),
  compact: atStart('--compact', flag, false),
  dialects: atStart('--dialects <list>', dialects, []),
  listen: atStart('--listen <dialect=port>', anyOf(listen), []),
  greet: atStart('--greet <ip:port>', anyOf(endpoint), [], { only: 'synergy' }),
  sendTimeoutMs: atStart('--send-timeout <seconds>', timeout, sendMs, {
    shown: String(sendMs / 1_000),
    only: 'synergy',
  }),
  toyPrime: toy('P', '23'),
  toyGenerator: toy('Q', '5'),
  secureOnly: atStart('--secure-only', flag, false),
  json: perCommand('--json', flag),
  quiet: perCommand('--quiet', flag),
  logLevel: atStart('--log-level <level>', logLevel, null),
  logFile: atStart('--log-file <file>', filePath, null),
  awayAfterMinutes: ofUser('PARLANCE_AWAY_AFTER', minutes, 15),
  notify: ofUser('PARLANCE_NOTIFY', notifyWays, []),
  notifyBodies: ofUser('PARLANCE_NOTIFY_BODIES', notifyBodies, 'contacts'),
  lang: perCommand('--lang <language>', language, { isStored: true }),
  color: perCommand('--no-color', text, { variable: 'NO_COLOR' }),
};

type Table = typeof settings;
type ValueOf<Row> = Row extends Setting<infer T> ? T : never;

/** The user's choices for the start of a node. Absent and `undefined` keys are not chosen. */
export type NodeSettings = {
  readonly [Key in keyof Table as Table[Key]['when'] extends 'start' ? Key : never]?:
    ValueOf<Table[Key]> | undefined;
};

/** The choices of the user, with defaults filled in. */
export type UserSettings = {
  readonly [Key in keyof Table as Table[Key]['when'] extends 'user' ? Key : never]: ValueOf<Table[Key]>;
};

/** The rows of the table with their keys. */
export const rows: readonly (readonly [string, Setting])[] = Object.entries(settings);

/** Returns the effect of a setting in words. */
export function effectOf(key: string): string {
  const does: Readonly<Record<keyof Table, string>> = catalogue().settings.does;
  return new Map(Object.entries(does)).get(key) ?? '';
}

/** Returns the default of a setting in words; `undefined`: the value says it. */
export const defaultWords = (key: string, { shown }: Setting): string | undefined =>
  shown ?? new Map(Object.entries(catalogue().settings.shown)).get(key);
/** The rows that count at the start of a node. */
export const startRows = rows.filter(([, { when }]) => when === 'start');
/** The rows that the settings file may hold. */
export const storedRows = rows.filter(([, { isStored }]) => isStored);
const userRows = rows.filter(([, { when }]) => when === 'user');

/** Returns the choices of the user: those of the environment, of `stored` or the defaults. */
export function userSettingsOf(stored: object, env: Env): UserSettings {
  const kept = new Map<string, unknown>(Object.entries(stored));
  const found = userRows.map(([key, { kind, variable, default: standard }]) => {
    const word = env[variable];
    const given = word === undefined ? kept.get(key) : parseWord(kind, word).unwrapOr(undefined);
    return [key, v.is(kind.schema, given) ? given : standard];
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each value fits the schema of its own row
  return Object.fromEntries(found) as UserSettings;
}

/** Collects the settings of a node for which `find` returns a value that their row accepts. */
function collect(find: (row: Setting, key: string) => unknown): NodeSettings {
  const found = startRows.flatMap(([key, row]) => {
    const value = find(row, key);
    return v.is(row.kind.schema, value) ? [[key, value]] : [];
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each value fits the schema of its own row
  return Object.fromEntries(found) as NodeSettings;
}

/** Returns the settings among `values`. Unknown keys and values that their row refuses are left out. */
export function settingsOf(values: object): NodeSettings {
  const given = new Map<string, unknown>(Object.entries(values));
  return collect((_row, key) => given.get(key));
}

/** Reads the environment. Errors: a sentence that names the variable. */
export function settingsOfEnv(env: Env): Result<NodeSettings, string> {
  const problems: string[] = [];
  const found = collect(({ variable, kind }) => {
    const word = env[variable];
    if (word === undefined) return undefined;
    return parseWord(kind, word)
      .mapErr((detail) => problems.push(`${variable}: ${detail}`))
      .unwrapOr(undefined);
  });
  for (const [, { variable, kind }] of userRows) {
    const word = env[variable];
    if (word !== undefined) parseWord(kind, word).mapErr((detail) => problems.push(`${variable}: ${detail}`));
  }
  const [first] = problems;
  return first === undefined ? ok(found) : err(first);
}

/** Merges layers key by key. Earlier layers win. */
export const layered = (...layers: readonly NodeSettings[]): NodeSettings =>
  settingsOf(Object.assign({}, ...layers.toReversed().map((layer) => defined(layer))));

const defined = (layer: object): object =>
  Object.fromEntries(Object.entries(layer).filter(([, value]) => value !== undefined));

/** Leaves out the settings of older programs that are not in `spoken`. */
export const relevant = (chosen: NodeSettings, spoken: readonly ForeignDialectName[]): NodeSettings => {
  const given = new Map<string, unknown>(Object.entries(chosen));
  return collect(({ only }, key) =>
    only === undefined || spoken.includes(only) ? given.get(key) : undefined,
  );
};

/** Returns wrong usage for a flag of an older program that is not switched on; `null`: no such flag is given. */
export function strayFlag(
  flags: NodeSettings,
  { dialects: spoken = [] }: Pick<NodeSettings, 'dialects'>,
): UsageError | null {
  const given = Object.keys(settingsOf(flags));
  const heeded = Object.keys(relevant(flags, spoken));
  const stray = startRows.find(([key]) => given.includes(key) && !heeded.includes(key))?.[1];
  if (stray === undefined) return null;
  const detail = catalogue().values.strayFlag(optionOf(stray), stray.only ?? '');
  return { code: 'command/usage', detail, command: '' };
}

/** Returns the group of the key exchange of cmp2204. Prime and generator count only together. */
export const toyGroupOf = ({ toyPrime: p, toyGenerator: q }: NodeSettings): NodeOptions['toyGroup'] =>
  p === undefined || q === undefined ? undefined : { p, q };

/** Returns a privacy as settings. */
export const settingsOfPrivacy = ({ receipts, typing }: PrivacyInfo): NodeSettings => ({
  readReceipts: receipts,
  typingNotices: typing,
});

/** Returns the options of a node. Settings that are not chosen are left to its defaults. */
export function nodeOptions(home: string, chosen: NodeSettings): NodeOptions {
  // An environment may hold P and Q for other reasons: they count only where cmp2204 is switched on.
  const heeded = relevant(chosen, chosen.dialects ?? []);
  const {
    beaconIntervalSeconds,
    logLevel: _level,
    logFile: _file,
    toyPrime: _p,
    toyGenerator: _q,
    ...rest
  } = heeded;
  const toyGroup = toyGroupOf(heeded);
  const beaconIntervalMs =
    beaconIntervalSeconds === undefined ? undefined : Math.round(beaconIntervalSeconds * 1_000);
  return { home, ...defined({ ...rest, toyGroup, beaconIntervalMs }) };
}
