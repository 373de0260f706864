/** Candidates for the word under the cursor of a shell. Pure. */
import type { Argument, Command, Option } from 'commander';
import { effectOf, storedRows } from '../options/settings.js';
import { shownCommands } from './sections.js';

/** A word that fits, and its meaning. */
export interface Candidate {
  readonly word: string;
  readonly meaning: string;
}

/** The candidates that the commands know, and whether names of peers fit, too. */
export interface Candidates {
  readonly list: readonly Candidate[];
  readonly takesPeers: boolean;
}

const nothing: Candidates = { list: [], takesPeers: false };

/** Returns the candidates. `words`: the typed words after the name of the program; the last one is being typed. */
export function candidatesFor(program: Command, words: readonly string[]): Candidates {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const { command, positionals, pending } = walk(program, before);
  if (pending !== null) return begunBy(current, valuesOf(pending));
  if (current.startsWith('-') && !before.includes('--'))
    return begunBy(current, { list: optionsOf(command), takesPeers: false });
  if (command === program) {
    const list = shownCommands(program).map((each) => ({ word: each.name(), meaning: each.description() }));
    return positionals === 0 ? begunBy(current, { list, takesPeers: false }) : nothing;
  }
  const all = command.registeredArguments;
  const argument = all[positionals] ?? (all.at(-1)?.variadic === true ? all.at(-1) : undefined);
  if (argument === undefined) return nothing;
  if (command.name() === 'help')
    return begunBy(current, {
      list: shownCommands(program).map((each) => ({ word: each.name(), meaning: each.description() })),
      takesPeers: false,
    });
  return begunBy(current, valuesOf(argument));
}

interface Walk {
  readonly command: Command;
  /** Number of arguments before the word under the cursor. */
  readonly positionals: number;
  /** The option whose value is typed; null: none. */
  readonly pending: Option | null;
}

function walk(program: Command, words: readonly string[]): Walk {
  let command = program;
  let positionals = 0;
  let pending: Option | null = null;
  for (const word of words) {
    if (pending !== null) {
      pending = null;
      continue;
    }
    if (word.startsWith('-') && word !== '-') {
      const option = command.options.find(({ long, short }) => word === long || word === short);
      pending = option?.required === true ? option : null;
      continue;
    }
    const named = command === program ? program.commands.find((each) => each.name() === word) : undefined;
    if (named === undefined) positionals += 1;
    else command = named;
  }
  return { command, positionals, pending };
}

function optionsOf(command: Command): readonly Candidate[] {
  const options = command.createHelp().visibleOptions(command);
  return options.flatMap(({ long, description }) =>
    long === undefined || long === null ? [] : [{ word: long, meaning: description }],
  );
}

function valuesOf(taker: Option | Argument): Candidates {
  const name = 'flags' in taker ? (/<([^>]+)>/.exec(taker.flags)?.[1] ?? '') : taker.name();
  if (name === 'key')
    return { list: storedRows.map(([word]) => ({ word, meaning: effectOf(word) })), takesPeers: false };
  const list = (taker.argChoices ?? []).map((word) => ({ word, meaning: '' }));
  return { list, takesPeers: name === 'peer' };
}

/** Keeps the candidates that begin with what is typed. Peers are filtered by the caller. */
const begunBy = (typed: string, { list, takesPeers }: Candidates): Candidates => ({
  list: list.filter(({ word }) => word.startsWith(typed)),
  takesPeers,
});
