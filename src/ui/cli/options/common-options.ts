/** The options that every command has, on the program and on each command alike. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { cli } from '../limits.js';
import {
  parseAddress,
  parseBeaconPort,
  parseConnections,
  parseDialects,
  parseGreet,
  parseInterval,
  parseListen,
  parseLogLevel,
  parseName,
  parsePort,
  parseTimeout,
  parseBoolean,
  type NodeSettings,
  type Parse,
} from './options.js';

export interface CommonOptions {
  readonly home: string | undefined;
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  /** `null`: nobody said; the terminal decides. */
  readonly isColored: boolean | null;
  readonly node: NodeSettings;
}

type Raw = Readonly<Record<string, unknown>>;

export function addCommonOptions(command: Command): Command {
  const options: readonly Option[] = [
    new Option('--home <dir>', 'profile directory (PARLANCE_HOME)'),
    new Option('--name <name>', 'name shown to others').argParser(arg(parseName)),
    new Option('--bind <addr>', 'address to listen on (default 0.0.0.0)').argParser(arg(parseAddress)),
    new Option('--port <n>', 'TCP port; the next free one if taken (default 6001)').argParser(arg(parsePort)),
    new Option('--port-strict', 'fail if the port is taken'),
    new Option('--broadcast <addr>', 'where beacons go; repeatable').argParser(each(parseAddress)),
    new Option('--beacon-port <n>', 'UDP port of beacons; repeatable (default 6000, 6001)').argParser(
      each(parseBeaconPort),
    ),
    new Option('--beacon-interval <seconds>', 'time between beacons (default 8)').argParser(
      arg(parseInterval),
    ),
    new Option('--max-connections <n>', 'accepted connections at once (default 5)').argParser(
      arg(parseConnections),
    ),
    new Option('--dialects <list>', 'older programs to talk with: all, or names with commas').argParser(
      arg(parseDialects),
    ),
    new Option('--listen <dialect=port>', 'port of one older program alone; repeatable').argParser(
      each(parseListen),
    ),
    new Option('--greet <ip:port>', 'synergy: greeted at start; repeatable').argParser(each(parseGreet)),
    new Option(
      '--send-timeout <seconds>',
      'synergy: a message is given up after this (default 20)',
    ).argParser(arg(parseTimeout)),
    new Option('--secure-only', 'refuse every dialect but the native one'),
    new Option('--json', 'results as NDJSON on stdout'),
    new Option('--quiet', 'no remarks on stderr'),
    new Option('--log-level <level>', 'trace, debug, info, warn, error, silent').argParser(
      arg(parseLogLevel),
    ),
    new Option('--log-file <file>', 'log there instead of stderr'),
    new Option('--no-color', 'no colours (NO_COLOR)'),
  ];
  for (const option of options) command.addOption(option.helpGroup(commonGroup));
  return command.configureHelp({ groupItems: ownFirst, minWidthToWrap: cli.helpWrapColumnsMin });
}

const commonGroup = 'Options of every command:';

/** What a command has of its own, before what every command has. */
function ownFirst<Item extends Command | Option>(
  _unsorted: Item[],
  visible: Item[],
  groupOf: (item: Item) => string,
): Map<string, Item[]> {
  const isCommon = (item: Item): boolean => groupOf(item) === commonGroup;
  const groups = new Map<string, Item[]>();
  for (const item of [...visible.filter((each) => !isCommon(each)), ...visible.filter(isCommon)])
    groups.set(groupOf(item), [...(groups.get(groupOf(item)) ?? []), item]);
  return groups;
}

/** What was given before the command's name or after it; after wins. */
export function commonOptions(
  command: Command,
  env: Readonly<Record<string, string | undefined>>,
): CommonOptions {
  const chain = [command, ...ancestors(command)];
  const raw: Raw = Object.assign({}, ...chain.toReversed().map((each) => each.opts()));
  const isPlain = chain.some((each) => each.opts()['color'] === false) || (env['NO_COLOR'] ?? '') !== '';
  const isColorForced = (env['FORCE_COLOR'] ?? '') !== '';
  return {
    home: text(raw, 'home'),
    isJson: raw['json'] === true || isOn(env['PARLANCE_JSON']),
    isQuiet: raw['quiet'] === true || isOn(env['PARLANCE_QUIET']),
    isColored: isPlain ? false : isColorForced ? true : null,
    // Every value came out of the parser of its option, which `addCommonOptions` names.
    node: {
      name: text(raw, 'name'),
      bind: text(raw, 'bind'),
      port: number(raw, 'port'),
      portStrict: raw['portStrict'] === true ? true : undefined,
      broadcast: list(raw, 'broadcast', isText),
      beaconPorts: list(raw, 'beaconPort', isNumber),
      beaconIntervalSeconds: number(raw, 'beaconInterval'),
      maxConnections: number(raw, 'maxConnections'),
      dialects:
        raw['dialects'] === undefined
          ? undefined
          : parseDialects(list(raw, 'dialects', isText)?.join(',') ?? '').unwrapOr([]),
      secureOnly: raw['secureOnly'] === true ? true : undefined,
      listen: list(raw, 'listen', isText),
      greet: list(raw, 'greet', isText),
      sendTimeoutMs: number(raw, 'sendTimeout'),
      logLevel: parseLogLevel(text(raw, 'logLevel') ?? '').unwrapOr(undefined),
      logFile: text(raw, 'logFile'),
    },
  };
}

/** A parser as commander wants it. */
export const arg =
  <T>(parse: Parse<T>) =>
  (word: string): T =>
    parse(word).match(
      (value) => value,
      (detail) => {
        throw new InvalidArgumentError(detail);
      },
    );

/** The same for an option that may come several times. */
const each =
  <T>(parse: Parse<T>) =>
  (word: string, before: readonly T[] | undefined): readonly T[] => [...(before ?? []), arg(parse)(word)];

function ancestors(command: Command): Command[] {
  return command.parent === null ? [] : [command.parent, ...ancestors(command.parent)];
}

const isOn = (word: string | undefined): boolean => word !== undefined && parseBoolean(word).unwrapOr(false);
const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number';

const text = (raw: Raw, name: string): string | undefined => (isText(raw[name]) ? raw[name] : undefined);
const number = (raw: Raw, name: string): number | undefined => (isNumber(raw[name]) ? raw[name] : undefined);

function list<T>(raw: Raw, name: string, is: (value: unknown) => value is T): readonly T[] | undefined {
  const value = raw[name];
  return Array.isArray(value) ? value.filter((each) => is(each)) : undefined;
}
