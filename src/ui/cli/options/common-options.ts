/** The settings as options, on the program and on each command alike. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { catalogue } from '../../text/catalogue.js';
import { cli } from '../limits.js';
import {
  defaultWords,
  effectOf,
  rows,
  settings,
  settingsOf,
  type NodeSettings,
  type Setting,
} from './settings.js';
import { flag, parseWord, type Kind, type ListKind } from './values.js';

/** The options of every command. */
export interface CommonOptions {
  readonly home: string | undefined;
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  /** Whether a terminal gets plain lines: for screen readers, and for terminals that cannot move the cursor. */
  readonly isPlain: boolean;
  /** `null`: the user did not choose; the terminal decides. */
  readonly isColored: boolean | null;
  readonly node: NodeSettings;
}

/** Adds the options of every command. */
export function addCommonOptions(command: Command): Command {
  for (const [key, row] of rows) {
    const option = row.flag === null ? null : optionFor(row.flag, key, row);
    if (option !== null) command.addOption(option.helpGroup(commonGroup()));
  }
  return command.configureHelp({
    groupItems: ownFirst,
    minWidthToWrap: cli.helpWrapColumnsMin,
    styleTitle: titleOf,
    styleDescriptionText: (text) => catalogue().usage.withExtras(text),
    // Every command has options; a word less leaves room for the explanation.
    subcommandTerm: (listed) => `${listed.name()} ${listed.usage().replace(/^\[options\] ?/, '')}`.trimEnd(),
  });
}

function optionFor(words: string, key: string, row: Setting): Option {
  const option = new Option(words, helpOf(key, row));
  if (!words.includes('<')) return option;
  if (isList(row.kind)) return option.argParser(each(row.kind.each));
  const parse = arg(row.kind);
  if (row.kind.isJoined !== true) return option.argParser(parse);
  return option.argParser<unknown>((word, before) => {
    const value = parse(word);
    return typeof before === 'string' && typeof value === 'string' ? `${before},${value}` : value;
  });
}

/** Returns a title of help in the language in use. */
function titleOf(title: string): string {
  const { usage, arguments: words, options, commands } = catalogue().pages.commander;
  const titles: Readonly<Record<string, string>> = {
    'Usage:': usage,
    'Arguments:': words,
    'Options:': options,
    'Commands:': commands,
  };
  return titles[title] ?? title;
}

/** Returns the help of an option: its effect and its default. */
export function helpOf(key: string, row: Setting): string {
  const { default: standard } = row;
  const values: readonly unknown[] = Array.isArray(standard) ? standard : [standard];
  const words = defaultWords(key, row) ?? values.filter((value) => isShown(value)).join(', ');
  const does = effectOf(key);
  return words === '' ? does : catalogue().settings.withDefault(does, words);
}

const isShown = (value: unknown): value is string | number =>
  typeof value === 'string' || typeof value === 'number';

const isList = (kind: Kind<unknown>): kind is ListKind<unknown> => 'each' in kind;

const commonGroup = (): string => catalogue().settings.commonOptions;

/** Puts the options of the command before the common options. */
function ownFirst<Item extends Command | Option>(
  _unsorted: Item[],
  visible: Item[],
  groupOf: (item: Item) => string,
): Map<string, Item[]> {
  const isCommon = (item: Item): boolean => groupOf(item) === commonGroup();
  const groups = new Map<string, Item[]>();
  for (const item of [...visible.filter((each) => !isCommon(each)), ...visible.filter(isCommon)])
    groups.set(groupOf(item), [...(groups.get(groupOf(item)) ?? []), item]);
  return groups;
}

/** Reads the options before and after the name of the command. The later ones win; repeatable ones add up. */
export function commonOptions(
  command: Command,
  env: Readonly<Record<string, string | undefined>>,
): CommonOptions {
  const chain = [command, ...ancestors(command)];
  const given = new Map<string, unknown>();
  for (const [name, value] of chain.toReversed().flatMap((each) => Object.entries<unknown>(each.opts())))
    given.set(name, addedUp(name, given.get(name), value));
  const valueOf = ({ flag: words }: Setting): unknown =>
    words === null ? undefined : given.get(new Option(words).attributeName());
  const isOn = (row: Setting): boolean => {
    const word = env[row.variable];
    return valueOf(row) === true || (word !== undefined && parseWord(flag, word).unwrapOr(false));
  };
  const home = valueOf(settings.home);
  const isPlain = isPlainAsked(chain, env);
  const isColorless = chain.some((each) => each.opts()['color'] === false) || (env['NO_COLOR'] ?? '') !== '';
  const isColorForced = (env['FORCE_COLOR'] ?? '') !== '';
  return {
    home: typeof home === 'string' ? home : undefined,
    isJson: isOn(settings.json),
    isQuiet: isOn(settings.quiet),
    isPlain,
    isColored: isColorless || isPlain ? false : isColorForced ? true : null,
    node: settingsOf(Object.fromEntries(rows.map(([key, row]) => [key, valueOf(row)]))),
  };
}

/** Returns the value of an option that stands before the name of the command, or not, and behind it. */
function addedUp(name: string, before: unknown, value: unknown): unknown {
  if (isArray(before) && isArray(value)) return [...before, ...value];
  const row = rows.find(
    ([, { flag: words }]) => words !== null && new Option(words).attributeName() === name,
  )?.[1];
  const isJoined = row !== undefined && !isList(row.kind) && row.kind.isJoined === true;
  return isJoined && typeof before === 'string' && typeof value === 'string' ? `${before},${value}` : value;
}

/** `--plain` is an option of the prompt alone: `send` has another one of that name. */
function isPlainAsked(chain: readonly Command[], env: Readonly<Record<string, string | undefined>>): boolean {
  const word = env['PARLANCE_PLAIN'] ?? '';
  const isSet = word !== '' && parseWord(flag, word).unwrapOr(true);
  return chain.at(-1)?.opts()['plain'] === true || isSet || env['TERM'] === 'dumb';
}

const isArray = (value: unknown): value is readonly unknown[] => Array.isArray(value);

/** Returns the parser of commander for a kind of value. */
export const arg =
  <T>(kind: Kind<T>) =>
  (word: string): T =>
    parseWord(kind, word).match(
      (value) => value,
      (detail) => {
        throw new InvalidArgumentError(detail);
      },
    );

/** Returns the parser of an option that may be given several times. */
const each =
  <T>(kind: Kind<T>) =>
  (word: string, before: readonly T[] | undefined): readonly T[] => [...(before ?? []), arg(kind)(word)];

function ancestors(command: Command): Command[] {
  return command.parent === null ? [] : [command.parent, ...ancestors(command.parent)];
}
