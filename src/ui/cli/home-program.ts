/** The commands about the home and its node, with their arguments and help. */
import { Argument, type Command } from 'commander';
import { configVerbs, type ConfigVerb } from './options/verbs.js';
import type { RunContext } from './run.js';
import type { ExitCode } from './screen/wording.js';

type Runs = (command: Command, body: (context: RunContext) => Promise<ExitCode>) => Promise<void>;

/** Adds the commands to the program. `base` adds the common options. */
export function addHomeCommands(program: Command, base: (command: Command) => Command, runs: Runs): void {
  base(program.command('config'))
    .description('show and change the settings of the home')
    .addArgument(
      new Argument('[verb]', 'show, change or remove a value; show or check the file; print its JSON Schema')
        .choices(configVerbs)
        .default('get'),
    )
    .argument('[key]', 'the key in settings.json; without it, get shows all')
    .argument('[value...]', 'the value; a list is separated by commas')
    .action(
      (verb: ConfigVerb, key: string | undefined, words: string[], _options: object, command: Command) =>
        runs(command, async (context) =>
          (await import('./commands/config.js')).config(context, { verb, key: key ?? null, words }),
        ),
    );
}
