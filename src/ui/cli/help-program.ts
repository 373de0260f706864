/** The commands that explain the program: help, completions, and candidates for them. */
import { catalogue } from '../text/catalogue.js';
import { Argument, type Command } from 'commander';
import { manPage } from './help/man.js';
import { addSections, wholeHelp } from './help/sections.js';
import { scripts, shells, type Shell } from './help/shells.js';
import type { RunContext } from './run.js';
import type { ExitCode } from './screen/wording.js';

type Runs = (command: Command, body: (context: RunContext) => Promise<ExitCode>) => Promise<void>;

/** Arguments of `addHelpCommands`. */
export interface HelpOptions {
  readonly base: (command: Command) => Command;
  readonly runs: Runs;
  /** Width of the page. */
  readonly columns: () => number;
  /** Returns the failure of a word that names no command. */
  readonly unknown: (word: string) => string;
}

/** Adds the commands, and the sections behind the options of every command. */
export function addHelpCommands(program: Command, { base, runs, columns, unknown }: HelpOptions): void {
  base(program.command('completion'))
    .description(catalogue().help.completion)
    .addArgument(new Argument('<shell>', catalogue().help.shell).choices(shells))
    .action((shell: Shell, _options: object, command: Command) =>
      runs(command, async ({ output }) => {
        await output.result({ type: 'completion', shell, script: scripts[shell] }, scripts[shell].trimEnd());
        return 0;
      }),
    );
  base(program.command('complete', { hidden: true }))
    .description(catalogue().help.complete)
    .argument('[words...]')
    .action((words: string[], _options: object, command: Command) =>
      runs(command, async (context) =>
        (await import('./commands/complete.js')).complete(context, program, words),
      ),
    );
  base(program.command('help'))
    .description(catalogue().help.help)
    .argument('[command]')
    .option('--all', catalogue().help.helpAll)
    .option('--man', catalogue().help.helpMan)
    .action((word: string | undefined, options: { all?: boolean; man?: boolean }, self: Command) => {
      const named = word === undefined ? program : program.commands.find((each) => each.name() === word);
      if (named === undefined) return program.error(`error: ${unknown(word ?? '')}`);
      const target = options.all === true || options.man === true ? self : named;
      const text =
        options.man === true
          ? manPage(program, manDate)
          : options.all === true
            ? wholeHelp(program, columns())
            : named.helpInformation();
      return target.configureOutput().writeOut?.(text);
    });
  addSections(program, columns);
}

/** The day on which the page was changed last. */
const manDate = 'November 30, 2026';
