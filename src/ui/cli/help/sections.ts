/** The sections of help behind the options, and all help in one text. */
import { Help, type Command, type Option } from 'commander';
import { catalogue } from '../../text/catalogue.js';
import { cli } from '../limits.js';
import { helpOf } from '../options/common-options.js';
import { rows } from '../options/settings.js';
import { entryRows, remarkRows } from '../prompt/layout.js';

/** Adds the sections to the help of each command. `columns`: width of the page. */
export function addSections(program: Command, columns: () => number): void {
  for (const command of program.commands)
    command.configureHelp({
      ...command.configureHelp(),
      // One text, so that help is one line of JSON.
      formatHelp: (shown, helper) =>
        `${Help.prototype.formatHelp.call(helper, shown, helper).trimEnd()}\n\n${sectionsOf(shown, columns()).join('\n')}\n`,
    });
}

/** A word, such as a command line, and its meaning. */
type Entry = readonly [string, string];

/** Returns the examples of a command. */
export const examplesOf = (name: string): readonly Entry[] =>
  new Map<string, readonly Entry[]>(Object.entries(catalogue().pages.examples)).get(name) ?? [];

const isOwn = ({ helpGroupHeading }: Option): boolean => helpGroupHeading === undefined;

/** Returns the help of a command without the sections, and without the options that each command has. */
function optionsHelp(command: Command): string {
  const helper = command.createHelp();
  const visible = helper.visibleOptions.bind(helper);
  if (command.parent !== null) helper.visibleOptions = (of) => visible(of).filter(isOwn);
  helper.prepareContext({
    helpWidth: command.configureOutput().getOutHelpWidth?.() ?? cli.helpColumns,
    outputHasColors: false,
  });
  return Help.prototype.formatHelp.call(helper, command, helper).trimEnd();
}

/** Returns the sections of one command. */
function sectionsOf(command: Command, columns: number): readonly string[] {
  const { aboutVariables, exitCodes, peerForms, titles } = catalogue().pages;
  const takesPeer = command.registeredArguments.some((argument) => argument.name() === 'peer');
  return [
    ...exampleRows(examplesOf(command.name()), columns),
    ...(takesPeer ? section(titles.peer, peerForms, columns) : []),
    ...section(titles.exitCodes, exitCodes, columns),
    titles.environmentAndFiles,
    ...indented(aboutVariables, columns),
  ];
}

/** Returns the help of the program and of every command, then the common sections with variables and files. */
export function wholeHelp(program: Command, columns: number): string {
  const { exitCodes, files, peerForms, titles } = catalogue().pages;
  const pages = [program, ...shownCommands(program)].map((command) => optionsHelp(command));
  const common = [
    ...section(titles.peer, peerForms, columns),
    ...section(titles.exitCodes, exitCodes, columns),
    ...section(titles.environment, allVariables(), columns),
    ...section(titles.files, files, columns),
  ];
  const own = shownCommands(program).flatMap((command) =>
    examplesOf(command.name()).map((example) => example),
  );
  return `${pages.join('\n\n')}\n\n${[...exampleRows(own, columns), ...common].join('\n')}\n`;
}

/** Returns the commands that help lists. */
export const shownCommands = (program: Command): readonly Command[] =>
  program.createHelp().visibleCommands(program);

/** Returns every variable with its effect. */
export const allVariables = (): readonly (readonly [string, string])[] => [
  ...rows.map(([key, row]) => [row.variable, helpOf(key, row)] as const),
  ...catalogue().pages.variables,
];

function exampleRows(list: readonly Entry[], columns: number): readonly string[] {
  if (list.length === 0) return [];
  // A command line stands whole on its row, so that it can be copied.
  return [
    catalogue().pages.titles.examples,
    ...list.flatMap(([line, does]) => [`  ${line}`, ...indented(does, columns, columns < 60 ? 4 : 24)]),
    '',
  ];
}

function section(
  title: string,
  entries: readonly (readonly [string, string])[],
  columns: number,
): readonly string[] {
  const list = entries.flatMap(([word, meaning]) => entryRows(word, meaning, columns - 2, (text) => text));
  return [title, ...list.map((row) => `  ${row}`), ''];
}

const indented = (text: string, columns: number, cells = 2): readonly string[] =>
  remarkRows(text, columns - cells).map((row) => `${' '.repeat(cells)}${row}`);
