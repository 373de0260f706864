/**
 * The table of settings. One row gives an option, its variable in the environment, its key in the settings file, its
 * default and its help; flag goes before environment, settings file and default. A key is never renamed: it stands in
 * the files of users.
 */
import { err, ok, type Result } from 'neverthrow';
import * as v from 'valibot';
import type { ForeignDialectName, NodeOptions, PrivacyInfo } from '../../../index.js';
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
  anyOf,
  audience,
  listen,
  logLevel,
  logLevels,
  minutes,
  notifyBodies,
  notifyBodiesNames,
  notifyWayNames,
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
  /** Help of the option, which begins with a verb. */
  readonly does: string;
  /** Whether the settings file may hold it. */
  readonly isStored: boolean;
  /** Default in words, where the value is not readable. */
  readonly shown?: string;
  /** Older program that it is for: it has an effect only where that dialect is switched on. */
  readonly only?: ForeignDialectName;
}

type More = Partial<Pick<Setting, 'shown' | 'only' | 'variable'>>;

/** Returns the row of a setting of the node. The variable has the words of the flag. */
const atStart = <T>(
  flag: string,
  kind: Kind<T>,
  standard: T | null,
  does: string,
  more: More = {},
): Setting<T, 'start'> => ({
  flag,
  variable: variableOf(flag),
  kind,
  default: standard,
  when: 'start',
  does,
  isStored: true,
  ...more,
});

/** Returns the row of a setting of each command. */
const perCommand = <T>(
  flag: string,
  kind: Kind<T>,
  does: string,
  more: More = {},
): Setting<T, 'command'> => ({
  flag,
  variable: variableOf(flag),
  kind,
  default: null,
  when: 'command',
  does,
  isStored: false,
  ...more,
});

/** Returns the row of a choice that stands in the settings file or in the environment. */
const ofUser = <T>(
  variable: string,
  kind: Kind<T>,
  standard: T,
  does: string,
  shown?: string,
): Setting<T, 'user'> => ({
  flag: null,
  variable,
  kind,
  default: standard,
  when: 'user',
  does,
  isStored: true,
  ...(shown === undefined ? {} : { shown }),
});

/** Returns the row of a variable of cmp2204, which has neither option nor key. */
const toy = (variable: string, shown: string, does: string): Setting<string, 'start'> => ({
  flag: null,
  variable,
  kind: text,
  default: null,
  when: 'start',
  does,
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
const levelWords = logLevels.join(', ');

/** The rows by key of the settings file, in the order of the help. */
export const settings = {
  home: perCommand('--home <dir>', filePath, 'use this profile directory', {
    shown: "the platform's data directory",
  }),
  name: atStart('--name <name>', ownName, null, 'show this name to others', { shown: 'the OS user' }),
  bind: atStart('--bind <addr>', addresses, bind, 'listen on this address; repeatable', {
    shown: 'every IPv4 and IPv6 address',
  }),
  port: atStart('--port <n>', port, portDefault, 'listen on this TCP port, or on the next free one'),
  portStrict: atStart('--port-strict', flag, false, 'fail if the port is taken'),
  broadcast: atStart('--broadcast <addr>', anyOf(address), [], 'send beacons to this address; repeatable', {
    shown: 'every interface, and this machine',
  }),
  beaconPorts: atStart(
    '--beacon-port <n>',
    someOf(udpPort),
    beaconSocket.portsDefault,
    'send and hear beacons on this UDP port; repeatable',
  ),
  beaconIntervalSeconds: atStart(
    '--beacon-interval <seconds>',
    interval,
    beaconSeconds,
    'send a beacon this often',
  ),
  mdns: atStart('--mdns <on|off>', onOff, null, 'find nodes by multicast DNS (_parlance._tcp), too', {
    shown: 'on, unless --broadcast is given',
  }),
  maxConnections: atStart(
    '--max-connections <n>',
    connections,
    connectionsMax,
    'accept at most this many connections at once',
  ),
  filesDir: atStart('--files-dir <dir>', filePath, null, 'put received files into this directory', {
    shown: '`Parlance` in the folder for downloads',
  }),
  filesAccept: atStart(
    '--files-accept <peers>',
    filesAccept,
    'none',
    'accept files without a question: of none, of contacts, or of verified peers',
  ),
  filesBytesMax: atStart(
    '--files-max <bytes>',
    count,
    null,
    'ask about files with more bytes than this in any case',
    { shown: 'no limit' },
  ),
  readReceipts: atStart(
    '--read-receipts <peers>',
    audience,
    'verified',
    'tell these peers what you read, and see what they read: none, verified or contacts',
  ),
  typingNotices: atStart(
    '--typing-notices <peers>',
    audience,
    'verified',
    'tell these peers that you type, and see that they type: none, verified or contacts',
  ),
  compact: atStart('--compact', flag, false, 'take less memory: one thread for the whole network'),
  dialects: atStart(
    '--dialects <list>',
    dialects,
    [],
    'talk with these older programs: all, or names separated by commas',
    { shown: 'none' },
  ),
  listen: atStart(
    '--listen <dialect=port>',
    anyOf(listen),
    [],
    'serve one older program alone on this port; repeatable',
  ),
  greet: atStart(
    '--greet <ip:port>',
    anyOf(endpoint),
    [],
    'synergy: greet this peer at the start; repeatable',
    {
      only: 'synergy',
    },
  ),
  sendTimeoutMs: atStart(
    '--send-timeout <seconds>',
    timeout,
    sendMs,
    'synergy: give up a message after this time',
    { shown: String(sendMs / 1_000), only: 'synergy' },
  ),
  toyPrime: toy('P', '23', 'cmp2204: set the prime of the key exchange; counts together with Q'),
  toyGenerator: toy('Q', '5', 'cmp2204: set the generator of the key exchange; counts together with P'),
  secureOnly: atStart('--secure-only', flag, false, 'refuse every dialect but the native one'),
  json: perCommand('--json', flag, 'print results as NDJSON on stdout'),
  quiet: perCommand('--quiet', flag, 'print no remarks on stderr'),
  logLevel: atStart('--log-level <level>', logLevel, null, `log from this level on: ${levelWords}`, {
    shown: 'warn; error with --quiet',
  }),
  logFile: atStart('--log-file <file>', filePath, null, 'write the log to this file', { shown: 'stderr' }),
  awayAfterMinutes: ofUser(
    'PARLANCE_AWAY_AFTER',
    minutes,
    15,
    'show others that you are away after this many minutes without a key; 0: never',
  ),
  notify: ofUser(
    'PARLANCE_NOTIFY',
    notifyWays,
    [],
    `notify of messages by: ${notifyWayNames.join(', ')}, or none`,
    'none',
  ),
  notifyBodies: ofUser(
    'PARLANCE_NOTIFY_BODIES',
    notifyBodies,
    'contacts',
    `show the text in notifications about: ${notifyBodiesNames.join(', ')}`,
  ),
  color: perCommand('--no-color', text, 'print no colours', { variable: 'NO_COLOR' }),
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
  const detail = `${optionOf(stray)} is for ${stray.only}, which is not switched on: add --dialects ${stray.only}`;
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
