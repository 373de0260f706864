/** The commands for the roles and menus of the five older programs, with their arguments and help. */
import { catalogue } from '../../text/catalogue.js';
import { Argument, Option, type Command } from 'commander';
import { unreachable } from '../../../exhaustive.js';
import { foreignDialectNames, type ForeignDialectName } from '../../../index.js';
import { arg } from '../options/common-options.js';
import { count } from '../options/values.js';
import { usage, type RunContext } from '../run.js';
import type { ExitCode } from '../screen/wording.js';

type Runs = (command: Command, body: (context: RunContext) => Promise<ExitCode>) => Promise<void>;
type Base = (command: Command) => Command;

/** Adds the commands of the older programs. */
export function addRoleCommands(program: Command, base: Base, runs: Runs): void {
  addHub(program, base, runs);
  for (const [name, does] of [
    ['announce', catalogue().help.announce],
    ['discover', catalogue().help.discover],
    ['respond', catalogue().help.respond],
  ] as const) {
    base(program.command(name))
      .description(does)
      .action((_options: object, command: Command) =>
        runs(command, async (context) => (await import('./cmp2204.js'))[name](context)),
      );
  }
  base(program.command('initiate'))
    .description(catalogue().help.initiate)
    .action((_options: object, command: Command) =>
      runs(command, (context) => menuOf(context, 'cmp2204', null)),
    );
  addConversations(program, base, runs);
  base(program.command('menu'))
    .description(catalogue().help.menu)
    .addArgument(new Argument('<dialect>').choices(foreignDialectNames))
    .option('--hub <host:port>', catalogue().help.menuHub)
    .action((dialect: ForeignDialectName, options: { hub?: string }, command: Command) =>
      runs(command, (context) => menuOf(context, dialect, options.hub ?? null)),
    );
}

function addHub(program: Command, base: Base, runs: Runs): void {
  const hub = base(program.command('hub'))
    .description(catalogue().help.hub)
    .addOption(new Option('--max-users <n>', catalogue().help.hubMaxUsers).argParser(arg(count)))
    .action((options: { maxUsers?: number }, command: Command) =>
      runs(command, async (context) =>
        (await import('./hub.js')).hub(context, { maxUsers: options.maxUsers ?? null }),
      ),
    );
  describePort(hub, catalogue().help.hubPort);
}

const beep = (): Option => new Option('--beep', catalogue().help.beep);

function addConversations(program: Command, base: Base, runs: Runs): void {
  const wait = base(program.command('wait'))
    .description(catalogue().help.wait)
    .addOption(beep())
    .action((options: { beep?: boolean }, command: Command) =>
      runs(command, async (context) => {
        const { port, ...node } = context.common.node;
        const { wait: role } = await import('./menus/cse310.js');
        const rest = { ...context, common: { ...context.common, node } };
        return role(rest, { port: port ?? null, isBeeping: options.beep === true });
      }),
    );
  describePort(wait, catalogue().help.waitPort);
  base(program.command('connect'))
    .description(catalogue().help.connect)
    .argument('[address]', catalogue().help.connectAddress)
    .addOption(beep())
    .action((address: string | undefined, options: { beep?: boolean }, command: Command) =>
      runs(command, async (context) => {
        const { connect } = await import('./menus/cse310.js');
        return connect(context, { address: address ?? null, isBeeping: options.beep === true });
      }),
    );
}

/** Describes `--port` as the port of the role. */
function describePort(command: Command, words: string): void {
  const option = command.options.find(({ long }) => long === '--port');
  if (option === undefined) return;
  option.description = words;
  option.helpGroup('Options:');
}

async function menuOf(
  context: RunContext,
  dialect: ForeignDialectName,
  hub: string | null,
): Promise<ExitCode> {
  if (hub !== null && dialect !== 'chatbuddy')
    return context.output.failure(usage('menu', catalogue().help.hubIsForChatbuddy(dialect)));
  switch (dialect) {
    case 'cmp2204':
      return (await import('./menus/cmp2204.js')).initiate(context);
    case 'chatbuddy':
      return (await import('./menus/chatbuddy.js')).chatbuddyMenu(context, hub);
    case 'synergy':
      return (await import('./menus/synergy.js')).synergyMenu(context);
    case 'cse310':
      return (await import('./menus/cse310.js')).cse310Menu(context);
    case 'netech':
      return (await import('./menus/netech.js')).netechMenu(context);
    default:
      return unreachable(dialect);
  }
}
