/** The commands for the roles and menus of the five older programs, with their arguments and help. */
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
    ['announce', 'cmp2204: announce the own name every 8 s, until a signal'],
    ['discover', 'cmp2204: list peers that announce themselves, here and in online_peers.txt of the home'],
    ['respond', 'cmp2204: print incoming messages, here and in chat_history.txt of the home'],
  ] as const) {
    base(program.command(name))
      .description(does)
      .action((_options: object, command: Command) =>
        runs(command, async (context) => (await import('./cmp2204.js'))[name](context)),
      );
  }
  base(program.command('initiate'))
    .description('cmp2204: open the menu with Users, Chat, History and Exit')
    .action((_options: object, command: Command) =>
      runs(command, (context) => menuOf(context, 'cmp2204', null)),
    );
  addConversations(program, base, runs);
  base(program.command('menu'))
    .description('open the menu of an older program')
    .addArgument(new Argument('<dialect>').choices(foreignDialectNames))
    .option('--hub <host:port>', 'chatbuddy: ask this hub for the users that are online')
    .action((dialect: ForeignDialectName, options: { hub?: string }, command: Command) =>
      runs(command, (context) => menuOf(context, dialect, options.hub ?? null)),
    );
}

function addHub(program: Command, base: Base, runs: Runs): void {
  const hub = base(program.command('hub'))
    .description('chatbuddy: run the directory server (TCP 8080), until a signal')
    .addOption(new Option('--max-users <n>', 'accept at most N users (default 100)').argParser(arg(count)))
    .action((options: { maxUsers?: number }, command: Command) =>
      runs(command, async (context) =>
        (await import('./hub.js')).hub(context, { maxUsers: options.maxUsers ?? null }),
      ),
    );
  describePort(hub, 'listen on this TCP port (default 8080)');
}

const beep = (): Option => new Option('--beep', 'beep at each message');

function addConversations(program: Command, base: Base, runs: Runs): void {
  const wait = base(program.command('wait'))
    .description('cse310: wait for a peer that connects; then every line is a message')
    .addOption(beep())
    .action((options: { beep?: boolean }, command: Command) =>
      runs(command, async (context) => {
        const { port, ...node } = context.common.node;
        const { wait: role } = await import('./menus/cse310.js');
        const rest = { ...context, common: { ...context.common, node } };
        return role(rest, { port: port ?? null, isBeeping: options.beep === true });
      }),
    );
  describePort(wait, 'wait on this TCP port (default 65500)');
  base(program.command('connect'))
    .description('cse310: connect to a peer that waits; then every line is a message')
    .argument('[address]', 'ADDR or ADDR:PORT; without it the program asks')
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
    return context.output.failure(usage('menu', `--hub is for chatbuddy, and ${dialect} has no hub`));
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
