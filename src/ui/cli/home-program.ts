/** The commands about the home and its node, with their arguments and help. */
import { catalogue } from '../text/catalogue.js';
import { Argument, type Command } from 'commander';
import { configVerbs, serviceVerbs, type ConfigVerb, type ServiceVerb } from './options/verbs.js';
import type { RunContext } from './run.js';
import type { ExitCode } from './screen/wording.js';

type Runs = (command: Command, body: (context: RunContext) => Promise<ExitCode>) => Promise<void>;

/** Adds the commands to the program. `base` adds the common options. */
export function addHomeCommands(program: Command, base: (command: Command) => Command, runs: Runs): void {
  base(program.command('config'))
    .description(catalogue().help.config)
    .addArgument(new Argument('[verb]', catalogue().help.configVerb).choices(configVerbs).default('get'))
    .argument('[key]', catalogue().help.configKey)
    .argument('[value...]', catalogue().help.configValue)
    .action(
      (verb: ConfigVerb, key: string | undefined, words: string[], _options: object, command: Command) =>
        runs(command, async (context) =>
          (await import('./commands/config.js')).config(context, { verb, key: key ?? null, words }),
        ),
    );
  base(program.command('service'))
    .description(catalogue().help.service)
    .addArgument(new Argument('[verb]', catalogue().help.serviceVerb).choices(serviceVerbs).default('status'))
    .option('--print', catalogue().help.servicePrint)
    .action((verb: ServiceVerb, options: { print?: boolean }, command: Command) =>
      runs(command, async (context) =>
        (await import('./commands/home/autostart.js')).service(context, verb, options.print === true),
      ),
    );
}
