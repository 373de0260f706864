/** The man page, from the commands and tables that help shows. Its form is mdoc. */
import type { Command } from 'commander';
import { catalogue } from '../../text/catalogue.js';
import { allVariables, shownCommands } from './sections.js';

/** Returns `parlance.1`. `date`: the day of the version, as `November 30, 2026`. */
export function manPage(program: Command, date: string): string {
  const { examples, exitCodes, files, peerForms } = catalogue().pages;
  return [
    `.Dd ${date}`,
    '.Dt PARLANCE 1',
    '.Os',
    '.Sh NAME',
    '.Nm parlance',
    '.Nd chat for the people on one network',
    '.Sh SYNOPSIS',
    '.Nm parlance',
    '.Op Ar options',
    '.Op Ar command',
    '.Sh DESCRIPTION',
    ...paragraph(program.description()),
    '.Pp',
    'The commands are:',
    '.Bl -tag -width Ds',
    ...shownCommands(program).flatMap((command) => commandItem(command)),
    '.El',
    '.Ss Options of every command',
    ...optionList(program),
    '.Ss Forms of PEER',
    ...list(peerForms),
    '.Sh ENVIRONMENT',
    ...list(allVariables()),
    '.Sh FILES',
    'The files of a home, the directory of',
    '.Fl \\-home :',
    ...list(files),
    '.Sh EXIT STATUS',
    ...list(exitCodes),
    '.Sh EXAMPLES',
    '.Bl -tag -width Ds',
    ...Object.values(examples).flatMap((each) =>
      each.flatMap(([line, does]) => [`.It ${argument(line)}`, ...paragraph(does)]),
    ),
    '.El',
    '',
  ]
    .filter((row, index, all) => row !== '' || index === all.length - 1)
    .join('\n');
}

function commandItem(command: Command): readonly string[] {
  const usage = command.usage().replace(/^\[options\] ?/, '');
  const own = command.options.filter(({ helpGroupHeading }) => helpGroupHeading === undefined);
  return [
    `.It Cm ${argument(`${command.name()} ${usage}`.trim())}`,
    ...paragraph(command.description()),
    ...(own.length === 0 ? [] : ['.Bl -tag -width Ds', ...own.flatMap(optionItem), '.El']),
  ];
}

const optionList = (program: Command): readonly string[] => [
  '.Bl -tag -width Ds',
  ...program.options.flatMap(optionItem),
  '.El',
];

const optionItem = ({ flags, description }: { readonly flags: string; readonly description: string }) => [
  `.It ${argument(flags)}`,
  ...paragraph(description),
];

const list = (entries: readonly (readonly [string, string])[]): readonly string[] => [
  '.Bl -tag -width Ds',
  ...entries.flatMap(([word, meaning]) => [`.It ${argument(word)}`, ...paragraph(meaning)]),
  '.El',
];

/** Escapes text, and breaks it into lines: each sentence begins one. */
function paragraph(text: string): readonly string[] {
  const rows: string[] = [];
  for (const word of text.split(/\s+/u).filter((each) => each !== '')) {
    const row = rows.at(-1);
    const isNew = row === undefined || /[.?!]$/u.test(row) || row.length + 1 + word.length > lineCharsMax;
    if (isNew) rows.push(word);
    else rows[rows.length - 1] = `${row} ${word}`;
  }
  return rows.map((row) => (/^[.']/u.test(row) ? `\\&${escaped(row)}` : escaped(row)));
}

/** Characters of a line before its signs are escaped. */
const lineCharsMax = 68;

/** Escapes text as one argument of a macro. */
const argument = (text: string): string => `"${escaped(text).replaceAll('"', '\\(dq')}"`;

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll("'", '\\(aq').replaceAll('`', '\\(ga');
