/** The commands about the home and its node, with their arguments and help. */
import { Argument, type Command } from 'commander';
import { configVerbs, serviceVerbs, type ConfigVerb, type ServiceVerb } from './options/verbs.js';
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
  base(program.command('service'))
    .description('let systemd or launchd start the node of the home at each login')
    .addArgument(
      new Argument('[verb]', 'install and start it; stop and remove it; tell whether it runs')
        .choices(serviceVerbs)
        .default('status'),
    )
    .option('--print', 'print the file of the service, and change nothing')
    .action((verb: ServiceVerb, options: { print?: boolean }, command: Command) =>
      runs(command, async (context) =>
        (await import('./commands/home/autostart.js')).service(context, verb, options.print === true),
      ),
    );
}
